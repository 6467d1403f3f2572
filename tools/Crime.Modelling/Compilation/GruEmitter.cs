// The GRU step of SPEC.md, section 3, as straight-line code. Reset and update gate of a unit share a number, as an LSTM's gates
// do; of the candidate, whose two parts are summed apart, two units share one.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Modelling.Compilation;

/// <summary>Emits a GRU layer.</summary>
internal sealed class GruEmitter(CodeText code, FixedLayer layer, int index) : LayerEmitter(code, layer, index)
{
    /// <summary>Keeps a low lane that must be exact from borrowing; the code takes it off by flipping the sign bit.</summary>
    private const long LowLaneOffset = 0x80000000L;

    protected override int UnitsPerGroup => 2;

    protected override int TermsPerGroup => 3 * Shape.ColumnCount;

    protected override IEnumerable<string> Locals => ["long a, p, q;", "int n;"];

    protected override void EmitGroup(int firstUnit)
    {
        // A last unit without a partner has the high lanes to itself: its literals stay 64 bits wide.
        int high = firstUnit + 1 < Shape.HiddenCount ? firstUnit + 1 : firstUnit;
        int low = high == firstUnit ? -1 : firstUnit;
        Line(0, "");
        Line(3, low < 0 ? $"// Unit {high}: the candidate's two parts." : $"// Units {low} and {high}: the candidate's two parts.");
        Line(3, $"p = {CandidateSum(low, high, 0, Shape.InputCount)};");
        Line(3, $"q = {CandidateSum(low, high, Shape.InputCount, Shape.HiddenCount)};");
        if (low >= 0) EmitUnit(low, "((int)p ^ int.MinValue) >> 1", "((int)q ^ int.MinValue) >> 16");
        EmitUnit(high, "(int)(p >> 33)", "(int)(q >> 48)");
    }

    private void EmitUnit(int unit, string inputHalf, string recurrent)
    {
        var resetUpdate = new PackedSum(new Lane(Layer, unit), new Lane(Layer, Shape.HiddenCount + unit));
        int shift = Layer.RowFractionBits(CandidateRow(unit)) - ActivationTable.IndexFractionBits - 1;
        string sum = $"({inputHalf}) + sigmoid[{resetUpdate.LowIndex("a")}] * ({recurrent})";
        string candidateIndex = (shift == 0 ? sum : $"({sum} >> {shift})") + (HasRoom(unit) ? "" : $" + {ActivationTable.Zero}");
        Line(3, $"// Unit {unit}: r and z, then n and h'.");
        EmitGates("a", resetUpdate);
        Line(3, $"if ((uint)(n = {candidateIndex}) >= {ActivationTable.Length}) n = SaturatedIndex(n);");
        Line(3, $"{HiddenTarget}[{unit}] = (short)((n = tanh[n]) + ((sigmoid[{resetUpdate.HighIndex("a")}] * ({Old(unit)} - n) + 16384) >> 15));");
    }

    private string Old(int unit) => IsOperandLocal(Shape.InputCount + unit) ? $"(int)h{unit}" : $"hidden[{unit}]";

    private int CandidateRow(int unit) => 2 * Shape.HiddenCount + unit;

    private string CandidateSum(int low, int high, int firstColumn, int columns)
    {
        bool isInput = firstColumn == 0;
        long Start(int unit) => isInput
            ? Layer.Bias(CandidateRow(unit)) + (HasRoom(unit) ? TableOffset(unit) : 0)
            : Layer.Bias(CandidateRow(unit) + Shape.HiddenCount);
        long WeightOf(int unit, int column) => unit < 0 ? 0 : Layer.Weight(CandidateRow(unit), column);
        long start = (Start(high) << 32) + (low < 0 ? 0 : Start(low) + LowLaneOffset);
        IEnumerable<long> weights = Enumerable.Range(firstColumn, columns).Select(k => (WeightOf(high, k) << 32) + WeightOf(low, k));
        return Sum(start, weights, firstColumn);
    }

    private long TableOffset(int unit) => (long)ActivationTable.Zero << (Layer.RowFractionBits(CandidateRow(unit)) - ActivationTable.IndexFractionBits);

    /// <summary>Whether the lane, and later the sum of both parts, still fit 32 bits with the table's offset in them.</summary>
    private bool HasRoom(int unit)
    {
        long offset = TableOffset(unit), input = Bound(unit, 0, Shape.InputCount, 0);
        long recurrent = Bound(unit, Shape.InputCount, Shape.ColumnCount, Shape.HiddenCount);
        return input + offset < LowLaneOffset && (input + offset) / 2 + recurrent / 2 + 32768 < LowLaneOffset;
    }

    private long Bound(int unit, int firstColumn, int endColumn, int biasOffset)
    {
        long bound = Math.Abs((long)Layer.Bias(CandidateRow(unit) + biasOffset));
        for (int column = firstColumn; column < endColumn; column++) bound += 32768L * Math.Abs((int)Layer.Weight(CandidateRow(unit), column));
        return bound;
    }
}
