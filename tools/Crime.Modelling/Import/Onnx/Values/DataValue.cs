// A value that depends on the input of the network: not its numbers, but which axis means what, and which linear map of which
// signals its features are.

using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Values;

/// <summary>Meaning of an axis, or of a part of one.</summary>
internal enum AtomKind
{
    /// <summary>Sequences side by side.</summary>
    Batch,

    /// <summary>Timesteps.</summary>
    Time,

    /// <summary>Features, hidden units, directions or classes.</summary>
    Feature,
}

/// <summary>A part of an axis with one meaning.</summary>
/// <param name="Kind">The meaning.</param>
/// <param name="Size">The size; a plain number above 1 for features.</param>
internal readonly record struct Atom(AtomKind Kind, Size Size);

/// <summary>An axis: usually one atom, several after a Reshape has joined axes, none for an axis of size 1 without a meaning.</summary>
/// <param name="Atoms">The parts, the slowest first.</param>
internal sealed record Axis(IReadOnlyList<Atom> Atoms)
{
    /// <summary>An axis of size 1 without a meaning.</summary>
    public static Axis One { get; } = new([]);

    /// <summary>The sequences.</summary>
    public static Axis Batch(Size size) => new([new Atom(AtomKind.Batch, size)]);

    /// <summary>The timesteps.</summary>
    public static Axis Time(Size size) => new([new Atom(AtomKind.Time, size)]);

    /// <summary>Features.</summary>
    public static Axis Features(int count) => count == 1 ? One : new([new Atom(AtomKind.Feature, count)]);

    /// <summary>The size of the axis.</summary>
    public Size Size => Size.Product(Atoms.Select(atom => atom.Size));

    /// <summary>True when the axis holds features only, or nothing.</summary>
    public bool IsFeatures => Atoms.All(atom => atom.Kind == AtomKind.Feature);

    /// <summary>Number of features along the axis.</summary>
    public int FeatureCount => Atoms.Where(atom => atom.Kind == AtomKind.Feature).Aggregate(1, (count, atom) => count * (int)atom.Size.Constant);

    /// <summary>True when the axis has one meaning, the given one.</summary>
    public bool Is(AtomKind kind) => Atoms.Count == 1 && Atoms[0].Kind == kind;

    /// <summary>True when two axes mean the same.</summary>
    public bool Equals(Axis? other) => other != null && Atoms.SequenceEqual(other.Atoms);

    /// <inheritdoc/>
    public override int GetHashCode() => Atoms.Count;

    /// <summary>Returns the axis as a message writes it.</summary>
    public override string ToString() => Atoms.Count == 0 ? "1" : string.Join("*", Atoms.Select(atom => atom.Kind.ToString().ToLowerInvariant()));
}

/// <summary>A value that depends on the input of the network.</summary>
/// <param name="axes">Its axes. The features of all of them together, row-major, are the rows of the map.</param>
/// <param name="content">The meaning of the features.</param>
internal sealed class DataValue(IReadOnlyList<Axis> axes, Combination content) : GraphValue
{
    /// <summary>The axes.</summary>
    public IReadOnlyList<Axis> Axes => axes;

    /// <summary>The meaning of the features.</summary>
    public Combination Content => content;

    /// <summary>True when a Cast has cut off what lies behind the point: only token numbers may be cut.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The sizes.</summary>
    public Size[] Shape => [.. axes.Select(axis => axis.Size)];

    /// <summary>True when there is a vector for each timestep.</summary>
    public bool HasTime => axes.Any(axis => axis.Atoms.Any(atom => atom.Kind == AtomKind.Time));

    /// <summary>The axes as a message writes them: "[batch, time, feature]".</summary>
    public string AxesText => "[" + string.Join(", ", axes) + "]";

    /// <summary>Returns the same features with other axes.</summary>
    public DataValue With(IReadOnlyList<Axis> others) => new(others, content) { IsTruncated = IsTruncated };

    /// <summary>Returns other axes and another map of the same signals.</summary>
    public DataValue With(IReadOnlyList<Axis> others, LinearMap map) => new(others, content.With(map)) { IsTruncated = IsTruncated };

    /// <summary>Returns the axes with one replaced.</summary>
    public Axis[] Replaced(int place, params Axis[] by) => [.. axes.Take(place), .. by, .. axes.Skip(place + 1)];

    /// <summary>Returns the distance of neighbouring features along each axis among the rows.</summary>
    public int[] RowSteps()
    {
        var steps = new int[axes.Count];
        int step = 1;
        for (int axis = axes.Count - 1; axis >= 0; axis--)
        {
            steps[axis] = step;
            step *= axes[axis].FeatureCount;
        }
        return steps;
    }
}

/// <summary>The class that ArgMax has picked: only axes of size 1 may come and go after it.</summary>
/// <param name="of">The values of the classes.</param>
/// <param name="axes">Their axes.</param>
internal sealed class DecisionValue(Combination of, IReadOnlyList<Axis> axes) : GraphValue
{
    /// <summary>The axes of the values.</summary>
    public IReadOnlyList<Axis> Axes => axes;

    /// <summary>The values of the classes.</summary>
    public Combination Of => of;
}

/// <summary>The lengths of the sequences.</summary>
internal sealed class LengthsValue(Size batch) : GraphValue
{
    /// <summary>Number of sequences.</summary>
    public Size Batch => batch;
}

/// <summary>An order of the sequences of a batch. For a sequence on its own it changes nothing.</summary>
internal sealed class OrderValue(Size batch) : GraphValue
{
    /// <summary>Number of sequences.</summary>
    public Size Batch => batch;
}

/// <summary>An input of the graph that is no sequence.</summary>
internal sealed class ForeignValue(string name) : GraphValue
{
    /// <summary>The name of the input.</summary>
    public string Name => name;
}
