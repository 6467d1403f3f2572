// A tensor whose elements are known while the graph is read: numbers, or whole numbers made of sizes. An axis along which all
// elements are equal is stored once, whatever its size. So zeros, and a learned state spread over a batch of unknown size, need
// no memory and no known batch.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Import.Symbols;

/// <summary>A tensor of known elements.</summary>
internal sealed class KnownTensor : GraphValue
{
    // Bounds what a small file can make the reader allocate: an embedding of the largest size has as many elements.
    private const int MaxElements = 1 << 26;

    // Whole numbers are sizes and indices, and each takes more memory.
    private const int MaxIntegers = 1 << 20;

    private KnownTensor(IReadOnlyList<Size> shape, IReadOnlyList<int> stored, float[]? numbers, Size[]? integers)
    {
        Shape = shape;
        Stored = stored;
        Numbers = numbers;
        Integers = integers;
    }

    /// <summary>Sizes, outermost first.</summary>
    public IReadOnlyList<Size> Shape { get; }

    /// <summary>Stored elements along each axis: its size, or 1 where all along it are equal.</summary>
    public IReadOnlyList<int> Stored { get; }

    /// <summary>Stored numbers, row-major; null for whole numbers.</summary>
    public float[]? Numbers { get; }

    /// <summary>Stored whole numbers, row-major, 0 and 1 for truth values; null for numbers.</summary>
    public Size[]? Integers { get; }

    /// <summary>True when the elements are whole numbers.</summary>
    public bool IsInteger => Integers != null;

    /// <summary>Number of stored elements.</summary>
    public int StoredCount => Numbers?.Length ?? Integers!.Length;

    /// <summary>True when all elements are 0.</summary>
    public bool IsZero => Numbers != null ? Numbers.All(number => number == 0) : Integers!.All(number => number == 0);

    /// <summary>The shape as a message writes it.</summary>
    public string ShapeText => "[" + string.Join(", ", Shape) + "]";

    /// <summary>Returns a tensor of numbers.</summary>
    public static KnownTensor OfNumbers(float[] numbers, params int[] shape) => new([.. shape.Select(size => new Size(size))], shape, numbers, null);

    /// <summary>Returns a vector of whole numbers.</summary>
    public static KnownTensor OfIntegers(params Size[] integers) => new([integers.Length], [integers.Length], null, integers);

    /// <summary>Returns a single whole number without an axis.</summary>
    public static KnownTensor OfInteger(Size integer) => new([], [], null, [integer]);

    /// <summary>Returns a tensor of whole numbers.</summary>
    public static KnownTensor OfIntegers(Size[] integers, params int[] shape) => new([.. shape.Select(size => new Size(size))], shape, null, integers);

    /// <summary>Returns a tensor whose elements are all the one of another.</summary>
    public static KnownTensor Filled(KnownTensor one, IReadOnlyList<Size> shape) =>
        new(shape, [.. shape.Select(_ => 1)], one.Numbers?[..1], one.Integers?[..1]);

    /// <summary>Returns the elements of a vector or of a single whole number, in order.</summary>
    public Size[] AllIntegers() => Whole().Integers ?? throw new InvalidOperationException("the tensor holds no whole numbers");

    /// <summary>Returns all elements as numbers, row-major.</summary>
    /// <exception cref="NotKnownException">A size is not known.</exception>
    public float[] AllNumbers() => Whole().Numbers ?? throw new InvalidOperationException("the tensor holds whole numbers");

    /// <summary>Returns the sizes as plain numbers.</summary>
    /// <exception cref="NotKnownException">A size is not known.</exception>
    public int[] PlainShape() => [.. Shape.Select(size => Plain(size))];

    /// <summary>Returns the tensor with every element stored.</summary>
    public KnownTensor Whole() => WithStored(PlainShape());

    /// <summary>Returns the tensor with more of its elements stored.</summary>
    /// <param name="stored">Elements along each axis: those that are stored now, or the axis's size.</param>
    public KnownTensor WithStored(IReadOnlyList<int> stored) =>
        stored.SequenceEqual(Stored) ? this : View(Shape, stored, Steps(), 0);

    /// <summary>Returns the tensor with every axis stored once along which all elements are equal.</summary>
    public KnownTensor Compact()
    {
        KnownTensor result = this;
        for (int axis = 0; axis < Shape.Count; axis++)
        {
            if (result.Stored[axis] < 2) continue;
            int[] stored = [.. result.Stored], steps = result.Steps();
            stored[axis] = 1;
            KnownTensor first = result.View(Shape, stored, steps, 0);
            KnownTensor spread = first.WithStored(result.Stored);
            bool isEqual = result.Numbers != null ? spread.Numbers!.SequenceEqual(result.Numbers) : spread.Integers!.SequenceEqual(result.Integers!);
            if (isEqual) result = first;
        }
        return result;
    }

    /// <summary>Returns the distance of neighbours along each axis among the stored elements; 0 where all are equal.</summary>
    public int[] Steps()
    {
        var steps = new int[Stored.Count];
        int step = 1;
        for (int axis = Stored.Count - 1; axis >= 0; axis--)
        {
            steps[axis] = Stored[axis] == 1 ? 0 : step;
            step *= Stored[axis];
        }
        return steps;
    }

    /// <summary>Returns the elements at regular distances.</summary>
    /// <param name="shape">Sizes of the result.</param>
    /// <param name="stored">Stored elements along each axis of the result.</param>
    /// <param name="steps">Distance of neighbours along each axis, among the stored elements of this tensor.</param>
    /// <param name="start">Place of the first element.</param>
    public KnownTensor View(IReadOnlyList<Size> shape, IReadOnlyList<int> stored, IReadOnlyList<int> steps, int start)
    {
        int count = Count(stored);
        var from = new int[count];
        var index = new int[stored.Count];
        int place = start;
        for (int n = 0; n < count; n++)
        {
            from[n] = place;
            for (int axis = stored.Count - 1; axis >= 0; axis--)
            {
                place += steps[axis];
                if (++index[axis] < stored[axis]) break;
                place -= steps[axis] * stored[axis];
                index[axis] = 0;
            }
        }
        return Picked(shape, stored, from);
    }

    /// <summary>Returns stored elements by their places.</summary>
    public KnownTensor Picked(IReadOnlyList<Size> shape, IReadOnlyList<int> stored, int[] from)
    {
        if (Integers != null && from.Length > MaxIntegers) throw new NotKnownException($"a constant of more than {MaxIntegers} whole numbers");
        return new KnownTensor(
            shape, stored,
            Numbers == null ? null : Array.ConvertAll(from, place => Numbers[place]),
            Integers == null ? null : Array.ConvertAll(from, place => Integers[place]));
    }

    /// <summary>Returns the same elements under another shape.</summary>
    public KnownTensor WithShape(IReadOnlyList<Size> shape, IReadOnlyList<int> stored) => new(shape, stored, Numbers, Integers);

    /// <summary>Returns other elements under the same shape.</summary>
    public KnownTensor WithElements(float[]? numbers, Size[]? integers) => new(Shape, Stored, numbers, integers);

    /// <summary>Returns one tensor of several along an axis.</summary>
    /// <param name="parts">The parts; alike but for the axis.</param>
    /// <param name="axis">The axis.</param>
    public static KnownTensor Joined(IReadOnlyList<KnownTensor> parts, int axis)
    {
        KnownTensor first = parts[0];
        var stored = new int[first.Shape.Count];
        for (int a = 0; a < stored.Length; a++) stored[a] = a == axis ? 0 : parts.Max(part => part.Stored[a]);
        KnownTensor[] whole = [.. parts.Select(part =>
        {
            int[] wanted = [.. stored];
            wanted[axis] = Plain(part.Shape[axis]);
            return part.WithStored(wanted);
        })];
        stored[axis] = whole.Aggregate(0, (sum, part) => checked(sum + part.Stored[axis]));
        int outer = Count(stored.Take(axis)), inner = Count(stored.Skip(axis + 1));
        Count(stored);
        var numbers = new List<float>();
        var integers = new List<Size>();
        for (int o = 0; o < outer; o++)
            foreach (KnownTensor part in whole)
            {
                int length = part.Stored[axis] * inner;
                if (part.Numbers != null) numbers.AddRange(part.Numbers.AsSpan(o * length, length));
                else integers.AddRange(part.Integers!.AsSpan(o * length, length));
            }
        Size[] shape = [.. first.Shape];
        shape[axis] = stored[axis];
        return new KnownTensor(shape, stored, first.IsInteger ? null : [.. numbers], first.IsInteger ? [.. integers] : null);
    }

    /// <summary>Returns the number of stored elements.</summary>
    /// <exception cref="NotKnownException">There are too many.</exception>
    public static int Count(IEnumerable<int> stored)
    {
        long count = 1;
        foreach (int size in stored)
        {
            count *= size;
            if (count > MaxElements) throw new NotKnownException($"a constant of more than {MaxElements} elements");
        }
        return (int)count;
    }

    /// <summary>Returns a size as a plain number.</summary>
    /// <exception cref="NotKnownException">It is not known, or no size of an array.</exception>
    public static int Plain(Size size)
    {
        if (!size.IsNumber) throw new NotKnownException($"the size '{size}' has to be known here");
        if (size.Constant is < 0 or > MaxElements) throw new NotKnownException($"a size of {size}");
        return (int)size.Constant;
    }
}
