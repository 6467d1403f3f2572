// Operators over neighbouring timesteps: convolutions and pooling with a window. A convolution is a window and a linear map of it.

using System.Collections.Generic;
using Crime.Gateway.Inference.Graphs;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Runs operators over windows of timesteps. Their input is [batch, channel, time].</summary>
internal static class WindowOperators
{
    /// <summary>Runs a convolution over time.</summary>
    public static DataValue Conv(Operation operation)
    {
        OnnxNode node = operation.Node;
        KnownTensor tensor = operation.Known(1, "weights");
        int[] shape = tensor.PlainShape();
        if (shape.Length != 3 || tensor.IsInteger) throw node.Refuse($"its weights have shape {tensor.ShapeText}; convolutions over time have 3 axes", Remedy.Listed);
        DataValue value = Input(operation, out Axis time);
        int outputs = shape[0], perGroup = shape[1], groups = KnownTensor.Plain(node.Integer("group", 1)), channels = value.Axes[1].FeatureCount;
        if (groups < 1 || outputs % groups != 0 || perGroup * (long)groups != channels)
            throw node.Refuse($"it takes {perGroup} channels in each of {groups} groups, but gets {channels}", Remedy.Export);
        WindowShape window = WindowOf(operation, shape[2]);
        float[] weights = LinearOperators.Finite(operation, 1, tensor);
        float[]? bias = operation[2] == null ? null : LinearOperators.Numbers(operation, 2, outputs);
        Combination filtered = TimeWindows.Convolution(
            window, value.Content, outputs, groups, (output, k, place) => weights[(output * perGroup + k) * window.Size + place], bias, node);
        return new DataValue([value.Axes[0], Axis.Features(outputs), TimeAfter(time, window)], filtered);
    }

    /// <summary>Runs MaxPool over time.</summary>
    public static IReadOnlyList<GraphValue> MaxPool(Operation operation)
    {
        DataValue value = Input(operation, out Axis time);
        WindowShape window = WindowOf(operation, PoolSize(operation));
        var largest = new WindowMaxSignal(window, value.Content) { Node = operation.Node };
        return [new DataValue([value.Axes[0], value.Axes[1], TimeAfter(time, window)], Combination.Of(largest))];
    }

    /// <summary>Runs AveragePool over time.</summary>
    public static DataValue AveragePool(Operation operation)
    {
        DataValue value = Input(operation, out Axis time);
        WindowShape window = WindowOf(operation, PoolSize(operation));
        if (window.Before + window.After > 0 && operation.Node.Integer("count_include_pad", 0) == 0)
            throw operation.Node.Refuse("it divides by another number at the ends of the sequence", "export it with count_include_pad = 1, or without padding");
        return new DataValue([value.Axes[0], value.Axes[1], TimeAfter(time, window)], TimeWindows.Mean(window, value.Content, operation.Node));
    }

    /// <summary>Runs GlobalAveragePool and GlobalMaxPool over time.</summary>
    public static DataValue Global(Operation operation)
    {
        DataValue value = Input(operation, out _);
        PoolKind kind = operation.Node.Operator == "GlobalMaxPool" ? PoolKind.Max : PoolKind.Mean;
        return new DataValue([value.Axes[0], value.Axes[1], Axis.One], Combination.Of(new PoolSignal(kind, value.Content) { Node = operation.Node }));
    }

    private static DataValue Input(Operation operation, out Axis time)
    {
        DataValue value = operation.Data(0);
        if (value.IsTruncated) throw operation.Node.Refuse("it computes with token numbers", Remedy.Listed);
        time = value.Axes[^1];
        bool isInOrder = value.Axes.Count == 3 && (value.Axes[0].Is(AtomKind.Batch) || value.Axes[0].Atoms.Count == 0)
            && value.Axes[1].IsFeatures && time.Is(AtomKind.Time) && value.Axes[1].FeatureCount == value.Content.Map.Rows.Count;
        return isInOrder ? value : throw new AxisOrderException(operation.Node.Refuse(
            $"its input has the axes {value.AxesText}; it asks for [batch, channel, time]", Remedy.OneSequence));
    }

    private static int PoolSize(Operation operation) => operation.Integers(-1, "kernel_shape") is [var size]
        ? KnownTensor.Plain(size)
        : throw operation.Node.Refuse("its kernel_shape is not one number", Remedy.Export);

    private static WindowShape WindowOf(Operation operation, int size)
    {
        OnnxNode node = operation.Node;
        int One(string name) => operation.Integers(-1, name) switch
        {
            null or [] => 1,
            [var given] => KnownTensor.Plain(given),
            _ => throw node.Refuse($"its {name} are not one number", Remedy.Export),
        };
        if (operation.Integers(-1, "kernel_shape") is { } said && (said.Length != 1 || said[0] != size))
            throw node.Refuse("its kernel_shape is not that of its weights", Remedy.Export);
        if (node.Integer("ceil_mode", 0) != 0) throw node.Refuse("ceil_mode is not known", "export it with ceil_mode = 0");
        int stride = One("strides"), dilation = One("dilations");
        if (size < 1 || stride < 1 || dilation < 1) throw node.Refuse("its window has no timesteps", Remedy.Export);
        int reach = checked((size - 1) * dilation);
        (int before, int after) = (node.Text("auto_pad", "NOTSET"), operation.Integers(-1, "pads")) switch
        {
            ("NOTSET" or "", null or []) or ("VALID", _) => (0, 0),
            ("NOTSET" or "", [var left, var right]) => (KnownTensor.Plain(left), KnownTensor.Plain(right)),
            ("SAME_UPPER", _) when stride == 1 => (reach / 2, reach - reach / 2),
            ("SAME_LOWER", _) when stride == 1 => (reach - reach / 2, reach / 2),
            var (padding, _) => throw node.Refuse($"its padding ({padding}) depends on the length", "export it with pads as numbers"),
        };
        if (before < 0 || after < 0 || before > reach || after > reach)
            throw node.Refuse($"it pads {before} and {after} timesteps around a window of {size}", Remedy.Listed);
        return new WindowShape(size, stride, dilation, before, after);
    }

    private static Axis TimeAfter(Axis time, WindowShape window)
    {
        Size length = time.Size;
        if (window.KeepsLength) return time;
        if (length.IsNumber) return Axis.Time(window.LengthOf(KnownTensor.Plain(length)));
        // The same window over the same length gives the same length, whatever it is.
        return Axis.Time(window.Stride == 1
            ? length - ((window.Size - 1) * (long)window.Dilation - window.Before - window.After)
            : Size.Unknown($"window({length}, {window.Size}, {window.Stride}, {window.Dilation}, {window.Before}, {window.After})".Replace('*', '.')));
    }
}
