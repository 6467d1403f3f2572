// Arithmetic on known tensors, element by element, and sums and products along axes. Whole numbers may hold unknown sizes.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Folding;

/// <summary>Computes arithmetic on known tensors.</summary>
internal static class KnownArithmetic
{
    private static readonly Dictionary<string, (Func<double, double, double> Numbers, Func<Size, Size, Size> Integers)> s_binary = new(StringComparer.Ordinal)
    {
        ["Add"] = ((a, b) => a + b, (a, b) => a + b),
        ["Sub"] = ((a, b) => a - b, (a, b) => a - b),
        ["Mul"] = ((a, b) => a * b, (a, b) => a * b),
        ["Div"] = ((a, b) => a / b, (a, b) => a.DividedBy(b) ?? throw new NotKnownException($"the quotient of '{a}' and '{b}'")),
        ["Pow"] = (Math.Pow, (_, _) => throw new NotKnownException("a power of whole numbers")),
        ["Min"] = (Math.Min, (a, b) => Ordered(a, b) <= 0 ? a : b),
        ["Max"] = (Math.Max, (a, b) => Ordered(a, b) >= 0 ? a : b),
        ["Mod"] = ((a, b) => a % b, (a, b) => a.IsNumber && b.IsNumber && b != 0
            ? new Size(((a.Constant % b.Constant) + b.Constant) % b.Constant) : throw new NotKnownException($"the remainder of '{a}' and '{b}'")),
        ["And"] = ((a, b) => a * b, (a, b) => a * b),
    };

    private static readonly Dictionary<string, (Func<double, double, bool> Numbers, Func<Size, Size, bool> Integers)> s_comparison = new(StringComparer.Ordinal)
    {
        ["Equal"] = ((a, b) => a == b, (a, b) => a == b || (Ordered(a, b) == 0)),
        ["Greater"] = ((a, b) => a > b, (a, b) => Ordered(a, b) > 0),
        ["GreaterOrEqual"] = ((a, b) => a >= b, (a, b) => Ordered(a, b) >= 0),
        ["Less"] = ((a, b) => a < b, (a, b) => Ordered(a, b) < 0),
        ["LessOrEqual"] = ((a, b) => a <= b, (a, b) => Ordered(a, b) <= 0),
    };

    private static readonly Dictionary<string, Func<double, double>> s_unary = new(StringComparer.Ordinal)
    {
        ["Neg"] = value => -value,
        ["Sqrt"] = Math.Sqrt,
        ["Reciprocal"] = value => 1 / value,
        ["Exp"] = Math.Exp,
        ["Log"] = Math.Log,
        ["Abs"] = Math.Abs,
        ["Floor"] = Math.Floor,
        ["Ceil"] = Math.Ceiling,
        ["Tanh"] = Math.Tanh,
        ["Sigmoid"] = value => 1 / (1 + Math.Exp(-value)),
    };

    /// <summary>Computes a node.</summary>
    /// <returns>Null when the operator is none of these.</returns>
    public static KnownTensor? TryRun(Operation operation)
    {
        string name = operation.Node.Operator;
        if (s_binary.TryGetValue(name, out var binary)) return Binary(operation, binary.Numbers, binary.Integers);
        if (s_comparison.TryGetValue(name, out var comparison)) return Compare(operation, comparison.Numbers, comparison.Integers);
        if (s_unary.TryGetValue(name, out Func<double, double>? unary)) return Unary(operation, unary);
        return name switch
        {
            "Cast" => Cast(operation),
            "Where" => Where(operation),
            "Not" => Not(operation),
            "ReduceProd" => Reduce(operation, (a, b) => a * b, (a, b) => a * b),
            "ReduceSum" => Reduce(operation, (a, b) => a + b, (a, b) => a + b),
            _ => null,
        };
    }

    private static int Ordered(Size left, Size right) =>
        left.CompareTo(right) ?? throw new NotKnownException($"a comparison of the sizes '{left}' and '{right}'");

    private static KnownTensor Binary(Operation operation, Func<double, double, double> numbers, Func<Size, Size, Size> integers)
    {
        KnownTensor result = KnownOperators.First(operation);
        for (int n = 1; n < operation.Inputs.Count; n++)
        {
            KnownTensor[] pair = Broadcasting.Align(operation, result, operation.Known(n, "operand"));
            if (pair[0].IsInteger != pair[1].IsInteger) throw operation.Node.Refuse("its operands are of different types", Remedy.Export);
            result = pair[0].IsInteger
                ? pair[0].WithElements(null, [.. pair[0].Integers!.Zip(pair[1].Integers!, integers)])
                : pair[0].WithElements([.. pair[0].Numbers!.Zip(pair[1].Numbers!, (a, b) => (float)numbers(a, b))], null);
        }
        return result;
    }

    private static KnownTensor Compare(Operation operation, Func<double, double, bool> numbers, Func<Size, Size, bool> integers)
    {
        KnownTensor[] pair = Broadcasting.Align(operation, KnownOperators.First(operation), operation.Known(1, "operand"));
        if (pair[0].IsInteger != pair[1].IsInteger) throw operation.Node.Refuse("its operands are of different types", Remedy.Export);
        IEnumerable<bool> results = pair[0].IsInteger
            ? pair[0].Integers!.Zip(pair[1].Integers!, integers)
            : pair[0].Numbers!.Zip(pair[1].Numbers!, (a, b) => numbers(a, b));
        return pair[0].WithElements(null, [.. results.Select(result => new Size(result ? 1 : 0))]);
    }

    private static KnownTensor Unary(Operation operation, Func<double, double> function)
    {
        KnownTensor value = KnownOperators.First(operation);
        if (value.Numbers != null) return value.WithElements(Array.ConvertAll(value.Numbers, number => (float)function(number)), null);
        return operation.Node.Operator switch
        {
            "Neg" => value.WithElements(null, Array.ConvertAll(value.Integers!, size => size * -1)),
            "Floor" or "Ceil" => value,
            _ => throw new NotKnownException("a function of whole numbers"),
        };
    }

    private static KnownTensor Cast(Operation operation)
    {
        KnownTensor value = KnownOperators.First(operation);
        long type = operation.Node.Integer("to", ElementType.Float);
        if (type == ElementType.Bool)
            return value.WithElements(null, value.Numbers != null
                ? Array.ConvertAll(value.Numbers, number => new Size(number != 0 ? 1 : 0))
                : Array.ConvertAll(value.Integers!, size => new Size(Ordered(size, 0) != 0 ? 1 : 0)));
        if (type is ElementType.Int32 or ElementType.Int64)
            return value.Numbers == null ? value : value.WithElements(null, Array.ConvertAll(value.Numbers, number => new Size(checked((long)number))));
        if (!ElementType.IsReal(type)) throw new NotKnownException($"a constant of ONNX element type {type}");
        return value.Integers == null
            ? value
            : value.WithElements(Array.ConvertAll(value.Integers, size =>
                size.IsNumber ? (float)size.Constant : throw new NotKnownException($"the size '{size}' as a number")), null);
    }

    private static KnownTensor Not(Operation operation)
    {
        KnownTensor value = KnownOperators.First(operation);
        return value.Integers == null
            ? throw operation.Node.Refuse("its input is no truth value", Remedy.Export)
            : value.WithElements(null, Array.ConvertAll(value.Integers, size => 1 - size));
    }

    private static KnownTensor Where(Operation operation)
    {
        KnownTensor[] all = Broadcasting.Align(operation, KnownOperators.First(operation), operation.Known(1, "X"), operation.Known(2, "Y"));
        if (!all[0].IsInteger || all[1].IsInteger != all[2].IsInteger) throw operation.Node.Refuse("its operands are of different types", Remedy.Export);
        Size[] condition = all[0].Integers!;
        return all[1].IsInteger
            ? all[1].WithElements(null, [.. condition.Select((choice, n) => choice != 0 ? all[1].Integers![n] : all[2].Integers![n])])
            : all[1].WithElements([.. condition.Select((choice, n) => choice != 0 ? all[1].Numbers![n] : all[2].Numbers![n])], null);
    }

    private static KnownTensor Reduce(Operation operation, Func<double, double, double> numbers, Func<Size, Size, Size> integers)
    {
        KnownTensor value = KnownOperators.First(operation).Whole();
        int rank = value.Shape.Count;
        bool keeps = operation.Node.Integer("keepdims", 1) != 0;
        HashSet<int> axes = operation.Integers(1, "axes") is { Length: > 0 } given
            ? [.. given.Select(axis => operation.AxisAt(axis, rank))]
            : operation.Node.Integer("noop_with_empty_axes", 0) != 0 ? [] : [.. Enumerable.Range(0, rank)];
        int[] sizes = value.PlainShape(), kept = [.. sizes.Select((size, a) => axes.Contains(a) ? 1 : size)];
        int count = KnownTensor.Count(kept), inner = value.StoredCount;
        bool isProduct = operation.Node.Operator == "ReduceProd";
        var sums = new double[count];
        var totals = new Size[count];
        Array.Fill(sums, isProduct ? 1 : 0);
        Array.Fill(totals, isProduct ? 1 : 0);
        for (int n = 0; n < inner; n++)
        {
            int at = 0, rest = n, step = 1;
            for (int a = rank - 1; a >= 0; rest /= sizes[a], step *= kept[a], a--)
                if (!axes.Contains(a)) at += rest % sizes[a] * step;
            if (value.Numbers != null) sums[at] = numbers(sums[at], value.Numbers[n]);
            else totals[at] = integers(totals[at], value.Integers![n]);
        }
        int[] shape = keeps ? kept : [.. kept.Where((_, a) => !axes.Contains(a))];
        return value.Numbers != null
            ? KnownTensor.OfNumbers(Array.ConvertAll(sums, sum => (float)sum), shape)
            : KnownTensor.OfIntegers(totals, shape);
    }
}
