// Operators that are linear in the features: Gemm, MatMul, arithmetic with constants, BatchNormalization, sums. Each becomes part
// of the map; nothing is computed at run time that the layers before and after cannot take in.

using System;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Runs linear operators.</summary>
internal static class LinearOperators
{
    /// <summary>Runs a Gemm.</summary>
    public static DataValue Gemm(Operation operation)
    {
        double alpha = operation.Node.Float("alpha", 1), beta = operation.Node.Float("beta", 1);
        bool isLeft = operation[0] is DataValue;
        DataValue value = operation.Data(isLeft ? 0 : 1);
        if (value.Axes.Count != 2) throw operation.Node.Refuse($"it takes a matrix, but gets {value.AxesText}", Remedy.Listed);
        if (operation.Node.Integer(isLeft ? "transA" : "transB", 0) != 0) throw operation.Node.Refuse($"it transposes {value.AxesText}", Remedy.Listed);
        Weights weights = Matrix(operation, isLeft ? 1 : 0, isTransposed: (operation.Node.Integer(isLeft ? "transB" : "transA", 0) != 0) == isLeft, alpha);
        DataValue product = Contract(operation, value, isLeft ? 1 : 0, weights);
        return operation[2] == null ? product : Scaled(operation, product, null, (operation.Known(2, "bias"), beta));
    }

    /// <summary>Runs a MatMul.</summary>
    public static DataValue MatMul(Operation operation)
    {
        if (operation[0] is DataValue && operation[1] is DataValue) return ProductOperators.Matrices(operation);
        bool isLeft = operation[0] is DataValue;
        DataValue value = operation.Data(isLeft ? 0 : 1);
        if (value.Axes.Count < (isLeft ? 1 : 2)) throw operation.Node.Refuse($"it multiplies {value.AxesText} from the left", Remedy.Listed);
        return Contract(operation, value, value.Axes.Count - (isLeft ? 1 : 2), Matrix(operation, isLeft ? 1 : 0, isTransposed: !isLeft, 1));
    }

    /// <summary>Runs Add, Sub, Mul, Div, Neg and Sum.</summary>
    public static DataValue Arithmetic(Operation operation)
    {
        string name = operation.Node.Operator;
        if (name == "Neg") return Rescaled(operation.Data(0), _ => -1, _ => 0);
        if (operation.Inputs.Count != 2) throw operation.Node.Refuse("it has not two operands", Remedy.Export);
        if (operation[0] is DataValue left && operation[1] is DataValue right)
            return name switch
            {
                "Mul" => ProductOperators.Product(operation, left, right),
                "Div" => ProductOperators.Quotient(operation, left, right),
                _ => ProductOperators.Sum(operation, left, right, name == "Sub" ? -1 : 1),
            };
        bool isLeft = operation[0] is DataValue;
        DataValue value = operation.Data(isLeft ? 0 : 1);
        KnownTensor constant = operation.Known(isLeft ? 1 : 0, "operand");
        return name switch
        {
            "Add" or "Sum" => Scaled(operation, value, null, (constant, 1)),
            "Sub" when isLeft => Scaled(operation, value, null, (constant, -1)),
            "Sub" => Scaled(operation, Rescaled(value, _ => -1, _ => 0), null, (constant, 1)),
            "Mul" => Scaled(operation, value, (constant, 1), null),
            "Div" when isLeft => Scaled(operation, value, (constant, -1), null),
            _ => Scaled(operation, FunctionOperators.Apply(operation, value, "Reciprocal"), (constant, 1), null),
        };
    }

    /// <summary>Runs a BatchNormalization with the means and variances of the training.</summary>
    public static DataValue BatchNormalization(Operation operation)
    {
        DataValue value = operation.Data(0);
        // Before operator set 14 the means and variances among its outputs said so.
        bool isTraining = operation.Node.Integer("training_mode", 0) != 0 || operation.Node.Outputs.Skip(1).Any(output => output.Length > 0);
        if (isTraining) throw operation.Node.Refuse("it is in training mode", Remedy.Evaluation);
        if (value.Axes.Count < 2 || !value.Axes[1].IsFeatures) throw operation.Node.Refuse(
            $"it normalises axis 1 of {value.AxesText}, which are no features", Remedy.Listed);
        double epsilon = operation.Node.Float("epsilon", 1e-5f);
        int count = value.Axes[1].FeatureCount, step = value.RowSteps()[1];
        float[][] numbers = [.. Enumerable.Range(1, 4).Select(n => Numbers(operation, n, count))];
        double Scale(int row)
        {
            int channel = row / step % count;
            return numbers[0][channel] / Math.Sqrt(numbers[3][channel] + epsilon);
        }
        for (int channel = 0; channel < count; channel++)
            if (!(numbers[3][channel] + epsilon > 0)) throw operation.Node.Refuse("it divides by the root of a variance that is not above 0", Remedy.Export);
        return Rescaled(value, Scale, row => numbers[1][row / step % count] - numbers[2][row / step % count] * Scale(row));
    }

    /// <summary>Runs a LayerNormalization over the features.</summary>
    public static DataValue LayerNormalization(Operation operation)
    {
        DataValue value = operation.Data(0);
        int place = operation.AxisAt(operation.Node.Integer("axis", -1), value.Axes.Count);
        Axis[] axes = [.. value.Axes.Skip(place)];
        int count = axes.Aggregate(1, (product, axis) => product * axis.FeatureCount);
        if (axes.Any(axis => !axis.IsFeatures) || count != value.Content.Map.Rows.Count)
            throw operation.Node.Refuse($"it normalises axis {place} of {value.AxesText}; the features of a timestep or of a sequence are known", Remedy.Listed);
        float epsilon = operation.Node.Float("epsilon", 1e-5f);
        if (!(epsilon >= 0) || !float.IsFinite(epsilon)) throw operation.Node.Refuse("its epsilon is no number from 0 up", Remedy.Export);
        if (value.IsTruncated) throw operation.Node.Refuse("it computes with token numbers", Remedy.Listed);
        DataValue normalised = new(value.Axes, Combination.Of(new NormalisedSignal(epsilon, value.Content) { Node = operation.Node }));
        DataValue scaled = Scaled(operation, normalised, (operation.Known(1, "scale"), 1), null);
        return operation[2] == null ? scaled : Scaled(operation, scaled, null, (operation.Known(2, "bias"), 1));
    }

    /// <summary>Runs ReduceSum and ReduceMean along features. Along time ReduceSum, ReduceMean and ReduceMax are pooling.</summary>
    public static DataValue Reduce(Operation operation)
    {
        DataValue value = operation.Data(0);
        bool keeps = operation.Node.Integer("keepdims", 1) != 0;
        int rank = value.Axes.Count;
        int[] axes = operation.Integers(1, "axes") is { Length: > 0 } given
            ? [.. given.Select(axis => operation.AxisAt(axis, rank)).Distinct().OrderDescending()]
            : throw operation.Node.Refuse($"it sums up all of {value.AxesText}", Remedy.Listed);
        string name = operation.Node.Operator;
        foreach (int place in axes)
        {
            Axis axis = value.Axes[place];
            Axis[] left = keeps ? value.Replaced(place, Axis.One) : value.Replaced(place);
            if (axis.Is(AtomKind.Time))
            {
                PoolKind kind = name switch { "ReduceMean" => PoolKind.Mean, "ReduceMax" => PoolKind.Max, _ => PoolKind.Sum };
                value = new DataValue(left, Combination.Of(new PoolSignal(kind, value.Content) { Node = operation.Node }));
                continue;
            }
            if (!axis.IsFeatures || (name == "ReduceMax" && axis.FeatureCount > 1))
                throw operation.Node.Refuse(
                    $"it goes along axis {place} of {value.AxesText}; sums and means of features, and the mean or maximum over time, are known", Remedy.Listed);
            int count = axis.FeatureCount, inner = value.RowSteps()[place], outer = value.Content.Map.Rows.Count / (count * inner);
            double factor = name == "ReduceMean" ? 1.0 / count : 1;
            value = value.With(left, value.Content.Map.Combined(
                from o in Enumerable.Range(0, outer)
                from i in Enumerable.Range(0, inner)
                select Enumerable.Range(0, count).Select(n => ((o * count + n) * inner + i, factor)).ToArray()));
        }
        return value;
    }

    /// <summary>A matrix as [outputs][inputs].</summary>
    private sealed record Weights(int Outputs, int Inputs, Func<int, int, double> At);

    private static Weights Matrix(Operation operation, int input, bool isTransposed, double factor)
    {
        KnownTensor tensor = operation.Known(input, "matrix");
        int[] shape = tensor.PlainShape();
        while (shape.Length > 2 && shape[0] == 1) shape = shape[1..];
        if (shape.Length != 2 || tensor.IsInteger) throw operation.Node.Refuse(
            $"its matrix '{operation.Node.Inputs[input]}' has shape {tensor.ShapeText}", Remedy.Listed);
        float[] numbers = Finite(operation, input, tensor);
        int columns = shape[1];
        return isTransposed
            ? new Weights(shape[0], columns, (output, k) => factor * numbers[output * columns + k])
            : new Weights(columns, shape[0], (output, k) => factor * numbers[k * columns + output]);
    }

    /// <summary>Multiplies the features of one axis by a matrix.</summary>
    private static DataValue Contract(Operation operation, DataValue value, int place, Weights weights)
    {
        Axis axis = value.Axes[place];
        if (!axis.IsFeatures)
            throw operation.Node.Refuse($"it takes axis {place} of {value.AxesText} as features", Remedy.OneSequence);
        if (axis.FeatureCount != weights.Inputs)
            throw operation.Node.Refuse($"it takes {weights.Inputs} numbers, but gets {axis.FeatureCount} of {value.AxesText}", Remedy.Export);
        if (value.IsTruncated) throw operation.Node.Refuse("it multiplies token numbers", Remedy.Listed);
        int count = weights.Inputs, inner = value.RowSteps()[place], outer = value.Content.Map.Rows.Count / (count * inner);
        LinearMap map = value.Content.Map.Combined(
            from o in Enumerable.Range(0, outer)
            from output in Enumerable.Range(0, weights.Outputs)
            from i in Enumerable.Range(0, inner)
            select Enumerable.Range(0, count).Select(k => ((o * count + k) * inner + i, weights.At(output, k))).ToArray());
        return value.With(value.Replaced(place, Axis.Features(weights.Outputs)), map);
    }

    /// <summary>Multiplies or divides by a constant, or adds one, spread over the axes by ONNX's rule.</summary>
    private static DataValue Scaled(
        Operation operation, DataValue value, (KnownTensor Tensor, int Power)? scale, (KnownTensor Tensor, double Factor)? shift)
    {
        KnownTensor constant = scale?.Tensor ?? shift!.Value.Tensor;
        if (constant.IsInteger || value.IsTruncated) throw operation.Node.Refuse("it computes with whole numbers", Remedy.Listed);
        if (constant.Numbers!.Any(number => !float.IsFinite(number))) throw operation.Node.Refuse("its constant holds NaN or infinity", Remedy.Export);
        int rank = Math.Max(value.Axes.Count, constant.Shape.Count);
        Axis[] axes = [.. Enumerable.Repeat(Axis.One, rank - value.Axes.Count), .. value.Axes];
        int[] steps = constant.Steps(), along = new int[rank];
        for (int n = 1; n <= constant.Shape.Count; n++)
        {
            Axis axis = axes[^n];
            if (constant.Shape[^n] == 1 || constant.Stored[^n] == 1)
            {
                if (constant.Shape[^n] == 1 || constant.Shape[^n] == axis.Size) continue;
                throw operation.Node.Refuse($"its constant of shape {constant.ShapeText} does not fit {value.AxesText}", Remedy.Export);
            }
            if (!axis.IsFeatures || axis.Size != constant.Shape[^n])
                throw operation.Node.Refuse(
                    $"its constant of shape {constant.ShapeText} does not fit {value.AxesText}: it may differ between features only", Remedy.OneSequence);
            along[^n] = steps[^n];
        }
        int[] places = [.. MoveOperators.Places([.. axes.Select(axis => axis.FeatureCount)], along, 0)];
        float[] numbers = constant.Numbers!;
        if (scale?.Power == -1 && numbers.Any(number => number == 0)) throw operation.Node.Refuse("it divides by 0", Remedy.Export);
        return scale != null
            ? Rescaled(value.With(axes), row => scale.Value.Power == 1 ? numbers[places[row]] : 1.0 / numbers[places[row]], _ => 0)
            : Rescaled(value.With(axes), _ => 1, row => numbers[places[row]] * shift!.Value.Factor);
    }

    private static DataValue Rescaled(DataValue value, Func<int, double> scale, Func<int, double> shift) =>
        value.With(value.Axes, value.Content.Map.Scaled(scale, shift));

    /// <summary>Returns a vector of known numbers.</summary>
    public static float[] Numbers(Operation operation, int input, int count)
    {
        KnownTensor tensor = operation.Known(input, "parameter");
        if (tensor.IsInteger || tensor.Shape.Count != 1 || tensor.Shape[0] != count)
            throw operation.Node.Refuse($"'{operation.Node.Inputs[input]}' has shape {tensor.ShapeText}; [{count}] was expected", Remedy.Export);
        return Finite(operation, input, tensor);
    }

    /// <summary>Returns the numbers of a known tensor, which have to be finite.</summary>
    public static float[] Finite(Operation operation, int input, KnownTensor tensor)
    {
        float[] numbers = tensor.AllNumbers();
        return numbers.All(float.IsFinite) ? numbers : throw operation.Node.Refuse($"'{operation.Node.Inputs[input]}' holds NaN or infinity", Remedy.Export);
    }
}
