// Float weights to fixed point. Per gate row the largest power-of-two scale under which the row's sum can never leave
// 32 bits: on an interpreter narrow weights buy no speed, so the weights take all the width that the accumulator allows.

using System;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Modelling.Quantisation;

/// <summary>Fixed-point weights of a model, and what was chosen on the way.</summary>
public sealed class QuantisedModel
{
    /// <summary>Fraction bits of the inputs.</summary>
    public required int InputFractionBits { get; init; }

    /// <summary>Fraction bits of the cell state.</summary>
    public required int CellFractionBits { get; init; }

    /// <summary>Fraction bits of the logits.</summary>
    public required int LogitFractionBits { get; init; }

    /// <summary>Fraction bits of each gate row, [4 hidden].</summary>
    public required int[] RowFractionBits { get; init; }

    /// <summary>Effective bits of each gate row, [4 hidden]: of its largest weight, sign included.</summary>
    public required int[] RowWeightBits { get; init; }

    /// <summary>[4 hidden]</summary>
    public required int[] Bias { get; init; }

    /// <summary>[4 hidden][inputs, then hidden]</summary>
    public required short[] Weights { get; init; }

    /// <summary>[classes]</summary>
    public required int[] HeadBias { get; init; }

    /// <summary>[classes][hidden]</summary>
    public required short[] HeadWeights { get; init; }

    /// <summary>[vocabulary][inputs]</summary>
    public required short[] Embedding { get; init; }

    /// <summary>Where the ranges came from.</summary>
    public required Calibration Calibration { get; init; }
}

/// <summary>Chooses formats and rounds weights.</summary>
public static class Quantiser
{
    /// <summary>A row whose largest weight keeps fewer bits than this is refused.</summary>
    public const int MinWeightBits = 6;

    private const int HiddenFractionBits = 15;

    /// <summary>Quantises a model.</summary>
    /// <exception cref="UserInputException">A row cannot keep <see cref="MinWeightBits"/> bits.</exception>
    public static QuantisedModel Quantise(TrainedModel model, Calibration calibration)
    {
        int inputs = model.InputCount, hidden = model.HiddenCount, rows = ModelFormat.LstmGates * hidden, columns = inputs + hidden;
        float maxInput = model.Input == InputKind.Tokens ? model.Embedding.Max(MathF.Abs) : calibration.MaxInput;
        int inputBits = QFormat.FractionBitsFor(maxInput);
        int cellBits = Math.Max(QFormat.FractionBitsFor(calibration.MaxCell * Calibration.CellMargin), ModelFormat.MinCellFractionBits);

        // Fraction bits of what each column is multiplied with.
        int[] operandBits = Enumerable.Range(0, columns).Select(column => column < inputs ? inputBits : HiddenFractionBits).ToArray();
        var weights = new short[rows * columns];
        var bias = new int[rows];
        var rowBits = new int[rows];
        var effective = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            var real = new double[columns];
            for (int k = 0; k < inputs; k++) real[k] = model.InputWeights[row * inputs + k];
            for (int k = 0; k < hidden; k++) real[inputs + k] = model.RecurrentWeights[row * hidden + k];
            double realBias = (double)model.InputBias[row] + model.RecurrentBias[row];
            string where = $"gate row {row} ({"ifgo"[row / hidden]} of unit {row % hidden})";
            rowBits[row] = ChooseRowBits(real, realBias, operandBits, ModelFormat.MinRowFractionBits, where, out effective[row]);
            bias[row] = (int)Round(realBias, rowBits[row]);
            for (int k = 0; k < columns; k++) weights[row * columns + k] = (short)Round(real[k], rowBits[row] - operandBits[k]);
        }

        int logitBits = ChooseLogitBits(model);
        return new QuantisedModel
        {
            InputFractionBits = inputBits,
            CellFractionBits = cellBits,
            LogitFractionBits = logitBits,
            RowFractionBits = rowBits,
            RowWeightBits = effective,
            Bias = bias,
            Weights = weights,
            HeadBias = model.HeadBias.Select(value => (int)Round(value, logitBits)).ToArray(),
            HeadWeights = model.HeadWeights.Select(value => (short)Round(value, logitBits - HiddenFractionBits)).ToArray(),
            Embedding = model.Embedding.Select(value => QFormat.FromFloat(value, inputBits)).ToArray(),
            Calibration = calibration,
        };
    }

    /// <summary>One scale for all logits, because they are compared with each other.</summary>
    private static int ChooseLogitBits(TrainedModel model)
    {
        int hidden = model.HiddenCount, logitBits = ModelFormat.MaxRowFractionBits;
        int[] operandBits = Enumerable.Repeat(HiddenFractionBits, hidden).ToArray();
        for (int k = 0; k < model.ClassNames.Count; k++)
        {
            double[] real = model.HeadWeights.Skip(k * hidden).Take(hidden).Select(value => (double)value).ToArray();
            logitBits = Math.Min(logitBits, ChooseRowBits(real, model.HeadBias[k], operandBits, 0, $"the logit of class '{model.ClassNames[k]}'", out _));
        }
        return logitBits;
    }

    /// <summary>The most fraction bits with which a row keeps the bound sum |w| * 32768 + |b| below 2^31 and its weights 16 bits.</summary>
    private static int ChooseRowBits(
        double[] weights, double bias, int[] operandBits, int minBits, string where, out int effectiveBits)
    {
        for (int bits = ModelFormat.MaxRowFractionBits; bits >= minBits; bits--)
        {
            double largest = 0, sum = 0;
            for (int k = 0; k < weights.Length; k++)
            {
                double magnitude = Math.Abs(Round(weights[k], bits - operandBits[k]));
                largest = Math.Max(largest, magnitude);
                sum += magnitude;
            }
            if (largest > Fixed.Int16Max || sum * 32768 + Math.Abs(Round(bias, bits)) >= 2147483648.0) continue;
            effectiveBits = largest == 0 ? 0 : (int)Math.Floor(Math.Log2(largest)) + 2;
            if (weights.Any(weight => weight != 0) && effectiveBits < MinWeightBits)
                throw new UserInputException($"{where} would keep {effectiveBits} bits, fewer than {MinWeightBits}: "
                    + "its weights or bias are too large for the input range (scale the inputs down or retrain with weight decay)");
            return bits;
        }
        throw new UserInputException($"{where} does not fit 32 bits in any scale: its weights or bias are too large");
    }

    private static double Round(double value, int fractionBits) => Math.Floor(value * Math.Pow(2, fractionBits) + 0.5);
}
