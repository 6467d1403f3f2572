// Float weights to fixed point. Per gate row the largest power-of-two scale under which the row's sum can never leave
// 32 bits: on an interpreter narrow weights buy no speed, so the weights take all the width that the accumulator allows.
// Narrow weights (8, 6, 4 bits) only save storage: they are whole multiples of a step that the row itself decides.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling.Boards;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Quantisation;

/// <summary>Chooses formats and rounds weights.</summary>
public static class Quantiser
{
    /// <summary>A row whose largest weight keeps fewer bits than this (or than the stored weights have) is refused.</summary>
    public const int MinWeightBits = 6;

    /// <summary>Weights stored in full.</summary>
    public const int FullWeightBits = 16;

    /// <summary>Fraction bits of the inputs that a calibration asks for; the same for boards that only offload.</summary>
    public static int InputFractionBits(TrainedModel model, Calibration calibration) =>
        QFormat.FractionBitsFor(model.Input == InputKind.Tokens ? model.Embedding.Max(MathF.Abs) : calibration.MaxInput);

    /// <summary>Quantises a model.</summary>
    /// <param name="model">A model that fits boards.</param>
    /// <param name="calibration">Ranges of inputs and cell states.</param>
    /// <param name="weightBits">Bits in which weights are stored: 16, 8, 6 or 4.</param>
    /// <param name="cellWidth">Width of the cell states.</param>
    /// <exception cref="UserInputException">A row cannot keep enough bits.</exception>
    public static QuantisedModel Quantise(
        TrainedModel model, Calibration calibration, int weightBits = FullWeightBits, CellWidth cellWidth = CellWidth.Auto)
    {
        CellFormat FormatOf(RecurrentLayer layer, int index) => CellFormat.Choose(layer.Shape, calibration.MaxCell(index), cellWidth);

        int inputBits = InputFractionBits(model, calibration);
        DenseTail tail = DenseTail.TryFind(model) ?? throw new ArgumentException($"boards cannot compute '{model.Name}'", nameof(model));
        IReadOnlyList<QuantisedConvolution> front = QuantiseFront(BoardFront.TryFind(model.Graph)!.Layers, inputBits, calibration);
        int firstBits = front.Select(layer => layer.Map).LastOrDefault(map => map != null)?.FractionBits ?? inputBits;
        IReadOnlyList<QuantisedDense> dense = QuantiseDense(tail.Layers);
        int seenBits = dense.Count == 0 ? ModelFormat.HiddenFractionBits : dense[^1].FractionBits, logitBits = ChooseLogitBits(model, seenBits);
        int outputBits = model.Decoder == null ? 0 : QFormat.FractionBitsFor(model.Decoder.Embedding.Max(MathF.Abs));
        return new QuantisedModel
        {
            Decoder = model.Decoder == null ? null : QuantiseLayer(
                model.Decoder.Cell, model.Layers.Count, outputBits, FormatOf(model.Decoder.Cell, EndCell(model)), weightBits),
            OutputFractionBits = outputBits,
            OutputEmbedding = model.Decoder == null ? [] : [.. model.Decoder.Embedding.Select(value => QFormat.FromFloat(value, outputBits))],
            WeightBits = weightBits,
            InputFractionBits = inputBits,
            LogitFractionBits = logitBits,
            Layers = model.Layers.Select((layer, index) => QuantiseLayer(
                layer, index, index == 0 ? firstBits : ModelFormat.HiddenFractionBits,
                FormatOf(layer, index == model.Layers.Count - 1 ? EndCell(model) : index), weightBits)).ToArray(),
            Front = front,
            Pooling = tail.Pooling,
            DenseLayers = dense,
            HeadBias = model.HeadBias.Select(value => (int)Round(value, logitBits)).ToArray(),
            HeadWeights = model.HeadWeights.Select(value => (short)Round(value, logitBits - seenBits)).ToArray(),
            Embedding = model.Embedding.Select(value => QFormat.FromFloat(value, inputBits)).ToArray(),
            Calibration = calibration,
        };
    }

    /// <summary>
    /// Quantises fully connected layers. Hidden states lie within 1, so the weights bound every result: a format that holds the bound never cuts off,
    /// whatever the input.
    /// </summary>
    private static QuantisedDense[] QuantiseDense(IReadOnlyList<Dense> layers)
    {
        var result = new List<QuantisedDense>();
        int inputBits = ModelFormat.HiddenFractionBits;
        double largestInput = 1;
        foreach (Dense layer in layers)
        {
            result.Add(QuantiseDense(layer, inputBits, ref largestInput, null, 0, $"fully connected layer {result.Count}"));
            inputBits = result[^1].FractionBits;
        }
        return [.. result];
    }

    /// <summary>The index of the last layer; beyond it where a decoder goes on from its cell state: both have one format then.</summary>
    private static int EndCell(TrainedModel model) => model.Layers.Count - 1 + (model.Decoder == null ? 0 : 1);

    /// <summary>
    /// Quantises the convolutions. Their formats hold what calibration data reach, with a margin. Without data they hold what the weights make of the
    /// largest inputs, which cuts nothing off and may leave bits unused.
    /// </summary>
    private static QuantisedConvolution[] QuantiseFront(IReadOnlyList<Convolution> layers, int inputBits, Calibration calibration)
    {
        var result = new List<QuantisedConvolution>();
        double largestInput = Formats.RangeOf(inputBits);
        foreach (Convolution layer in layers)
        {
            float? seen = calibration.SeenValue(layer.Operation);
            QuantisedDense? map = layer.Map == null
                ? null
                : QuantiseDense(layer.Map, inputBits, ref largestInput, seen * Calibration.ValueMargin, 1, $"convolution {result.Count}");
            result.Add(new QuantisedConvolution { Window = layer.Window, Map = map, Seen = seen });
            inputBits = map?.FractionBits ?? inputBits;
        }
        return [.. result];
    }

    /// <summary>Quantises a fully connected layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputBits">Fraction bits of its inputs.</param>
    /// <param name="largest">Largest magnitude of an input; becomes that of a result.</param>
    /// <param name="seen">Largest magnitude of a result that the format has to hold; null for any that the inputs make possible.</param>
    /// <param name="leastShift">Fraction bits that a sum has beyond its result, at least.</param>
    /// <param name="where">Name of the layer, for an error message.</param>
    private static QuantisedDense QuantiseDense(Dense layer, int inputBits, ref double largest, double? seen, int leastShift, string where)
    {
        RowSum[] sums = [.. layer.Bias.Select((bias, row) => new RowSum([new RowPart(layer.Weights.AsSpan(row * layer.Inputs, layer.Inputs), inputBits)], bias))];
        bool isTanh = layer.Function == DenseFunction.Tanh;
        int sumBits = ChooseRowBits(sums, isTanh ? ModelFormat.MinRowFractionBits : leastShift, FullWeightBits, where, out _);
        double largestInput = largest, bound = Enumerable.Range(0, layer.Outputs).Max(row => Math.Abs(layer.Bias[row])
            + largestInput * layer.Weights.Skip(row * layer.Inputs).Take(layer.Inputs).Sum(weight => Math.Abs((double)weight)));
        int bits = isTanh ? ModelFormat.HiddenFractionBits : Math.Min(sumBits - leastShift, QFormat.FractionBitsFor((float)Math.Min(bound, seen ?? bound)));
        largest = isTanh ? 1 : Math.Min(bound, Formats.RangeOf(bits));
        return new QuantisedDense
        {
            OutputCount = layer.Outputs,
            Function = layer.Function,
            SumFractionBits = sumBits,
            FractionBits = bits,
            Bias = [.. layer.Bias.Select(value => (int)Round(value, sumBits))],
            Weights = [.. layer.Weights.Select(value => (short)Round(value, sumBits - inputBits))],
        };
    }

    private static QuantisedLayer QuantiseLayer(RecurrentLayer layer, int index, int inputBits, CellFormat cell, int weightBits)
    {
        LayerShape shape = layer.Shape;
        DirectionWeights source = layer.Directions[0];
        int inputs = shape.InputCount, hidden = shape.HiddenCount, rows = shape.RowCount, columns = shape.ColumnCount;
        var codes = new short[rows * columns];
        var steps = new int[2 * rows];
        var bias = new int[shape.FixedBiasCount];
        var rowBits = new int[rows];
        var effective = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            bool isCandidate = shape.Kind == CellKind.Gru && row >= 2 * hidden;
            string gate = shape.Kind == CellKind.Gru ? "rzn" : "ifgo";
            string where = $"gate row {row} ({gate[row / hidden]} of unit {row % hidden}"
                + (index == 0 ? ")" : $", layer {index})");
            var onInputs = new RowPart(source.InputWeights.AsSpan(row * inputs, inputs), inputBits);
            var onHidden = new RowPart(source.RecurrentWeights.AsSpan(row * hidden, hidden), ModelFormat.HiddenFractionBits);
            double inputBias = source.InputBias[row], recurrentBias = source.RecurrentBias[row];
            int minBits = isCandidate ? ModelFormat.MinCandidateRowFractionBits : ModelFormat.MinRowFractionBits;
            // The candidate's two sums are apart: each has the accumulator to itself, in one common format.
            RowSum[] sums = isCandidate
                ? [new RowSum([onInputs], inputBias), new RowSum([onHidden], recurrentBias)]
                : [new RowSum([onInputs, onHidden], inputBias + recurrentBias)];
            rowBits[row] = ChooseRowBits(sums, minBits, weightBits, where, out effective[row]);
            bias[row] = (int)Round(sums[0].Bias, rowBits[row]);
            if (isCandidate) bias[hidden + row] = (int)Round(recurrentBias, rowBits[row]);
            steps[2 * row] = onInputs.Quantise(rowBits[row], weightBits, codes.AsSpan(row * columns, inputs));
            steps[2 * row + 1] = onHidden.Quantise(rowBits[row], weightBits, codes.AsSpan(row * columns + inputs, hidden));
        }
        return new QuantisedLayer
        {
            Shape = shape,
            CellFractionBits = cell.FractionBits,
            IsWideCell = cell.IsWide,
            RowFractionBits = rowBits,
            RowWeightBits = effective.Select(bits => Math.Min(bits, weightBits)).ToArray(),
            Bias = bias,
            Codes = codes,
            Steps = steps,
        };
    }

    /// <summary>One scale for all logits, because they are compared with each other. <see cref="ValueHead"/> makes the rows of values alike before.</summary>
    private static int ChooseLogitBits(TrainedModel model, int seenBits)
    {
        int width = model.HeadInputCount, logitBits = ModelFormat.MaxRowFractionBits;
        for (int k = 0; k < model.OutputCount; k++)
        {
            string name = model.Answer == AnswerKind.Anomaly ? $"the prediction of input {k}" : $"the logit of class '{model.ClassNames[k]}'";
            var part = new RowPart(model.HeadWeights.AsSpan(k * width, width), seenBits);
            logitBits = Math.Min(
                logitBits,
                ChooseRowBits([new RowSum([part], model.HeadBias[k])], 0, FullWeightBits, name, out _));
        }
        return logitBits;
    }

    /// <summary>The most fraction bits with which every sum keeps the bound sum |w| * 32768 + |b| below 2^31 and its weights 16 bits.</summary>
    private static int ChooseRowBits(RowSum[] sums, int minBits, int weightBits, string where, out int effectiveBits)
    {
        for (int bits = ModelFormat.MaxRowFractionBits; bits >= minBits; bits--)
        {
            if (!sums.All(sum => sum.Fits(bits, weightBits))) continue;
            double largest = sums.Max(sum => sum.Parts.Max(part => part.Largest(bits)));
            effectiveBits = largest == 0 ? 0 : (int)Math.Floor(Math.Log2(largest)) + 2;
            if (sums.Any(sum => sum.Parts.Any(part => part.HasWeights)) && effectiveBits < MinWeightBits)
                throw new UserInputException($"{where} would keep {effectiveBits} bits, fewer than {MinWeightBits}: "
                    + "its weights or bias are too large for the input range (scale the inputs down or retrain with weight decay)");
            return bits;
        }
        throw new UserInputException($"{where} does not fit 32 bits in any scale: its weights or bias are too large");
    }

    private static double Round(double value, int fractionBits) => Math.Floor(Math.ScaleB(value, fractionBits) + 0.5);

    /// <summary>What one accumulator sums up.</summary>
    private sealed record RowSum(RowPart[] Parts, double Bias)
    {
        public bool Fits(int bits, int weightBits) =>
            Parts.All(part => part.Largest(bits) <= Fixed.Int16Max && part.StepFits(bits, weightBits))
            && Parts.Sum(part => part.Sum(bits, weightBits)) * 32768.0 + Math.Abs(Round(Bias, bits)) < 2147483648.0;
    }

    /// <summary>The weights of a row on operands of one format.</summary>
    private sealed class RowPart(ReadOnlySpan<float> weights, int operandBits)
    {
        private readonly float[] _weights = weights.ToArray();
        private double? _realStep;

        public bool HasWeights => _weights.Any(weight => weight != 0);

        public double Largest(int rowBits) => _weights.Length == 0 ? 0 : _weights.Max(weight => Math.Abs(Round(weight, rowBits - operandBits)));

        /// <summary>Whether every code times the step is a 16-bit number.</summary>
        public bool StepFits(int rowBits, int weightBits) => Step(rowBits, weightBits) << (weightBits - 1) <= -Fixed.Int16Min;

        /// <summary>Sum of the magnitudes as they will be stored.</summary>
        public long Sum(int rowBits, int weightBits)
        {
            var codes = new short[_weights.Length];
            long step = Quantise(rowBits, weightBits, codes), sum = 0;
            foreach (short code in codes) sum += Math.Abs(code * step);
            return sum;
        }

        /// <summary>Rounds the weights to codes of a step.</summary>
        /// <returns>The step.</returns>
        public int Quantise(int rowBits, int weightBits, Span<short> codes)
        {
            double scale = Math.ScaleB(1, rowBits - operandBits);
            int step = Step(rowBits, weightBits), largestCode = WeightSteps.LargestCode(weightBits);
            for (int k = 0; k < codes.Length; k++) codes[k] = (short)WeightSteps.Code(_weights[k] * scale / step, largestCode);
            return step;
        }

        private int Step(int rowBits, int weightBits)
        {
            if (weightBits == FullWeightBits) return 1;
            _realStep ??= WeightSteps.Choose(_weights, weightBits);
            return (int)Math.Max(1, Round(_realStep.Value, rowBits - operandBits));
        }
    }
}
