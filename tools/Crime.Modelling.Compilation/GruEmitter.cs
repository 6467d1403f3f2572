// The GRU step of SPEC.md, section 3, as straight-line code. Reset and update gate of a unit share a number, as an LSTM's gates
// do; of the candidate, whose two parts are summed apart, two units share one.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation;

/// <summary>Emits a GRU layer.</summary>
internal sealed class GruEmitter(FixedLayer layer, LayerNames names) : LayerEmitter(layer, names)
{
    /// <summary>Keeps a low lane that must be exact from borrowing; the code takes it off by flipping the sign bit.</summary>
    private const long LowLaneOffset = 0x80000000L;

    private static readonly Variable s_a = new("a", ValueKind.Int64);
    private static readonly Variable s_p = new("p", ValueKind.Int64);
    private static readonly Variable s_q = new("q", ValueKind.Int64);
    private static readonly Variable s_n = new("n", ValueKind.Int32);

    protected override int UnitsPerGroup => 2;

    protected override int TermsPerGroup => 3 * Shape.ColumnCount;

    protected override IEnumerable<Declaration> Locals =>
        [new Declaration(ValueKind.Int64, (s_a, null), (s_p, null), (s_q, null)), new Declaration(ValueKind.Int32, (s_n, null))];

    protected override IEnumerable<Statement> EmitGroup(int firstUnit)
    {
        // A last unit without a partner has the high lanes to itself: its literals stay 64 bits wide.
        int high = firstUnit + 1 < Shape.HiddenCount ? firstUnit + 1 : firstUnit;
        int low = high == firstUnit ? -1 : firstUnit;
        yield return new Remark(low < 0 ? $"Unit {high}: the candidate's two parts." : $"Units {low} and {high}: the candidate's two parts.", AfterEmptyLine: true);
        yield return new Store(s_p, CandidateSum(low, high, 0, Shape.InputCount));
        yield return new Store(s_q, CandidateSum(low, high, Shape.InputCount, Shape.HiddenCount));
        if (low >= 0)
            foreach (Statement statement in EmitUnit(low, LowLane(s_p, 1), LowLane(s_q, 16))) yield return statement;
        foreach (Statement statement in EmitUnit(high, HighLane(s_p, 33), HighLane(s_q, 48))) yield return statement;
    }

    private IEnumerable<Statement> EmitUnit(int unit, Expression inputHalf, Expression recurrent)
    {
        var resetUpdate = new PackedSum(new Lane(Layer, unit), new Lane(Layer, Shape.HiddenCount + unit));
        int shift = Layer.RowFractionBits(CandidateRow(unit)) - ActivationTable.IndexFractionBits - 1;
        Expression candidateIndex =
            new Operation(Operator.Add, inputHalf, Multiply(new Element(Sigmoid, resetUpdate.LowIndex(s_a)), recurrent));
        if (shift != 0) candidateIndex = new Bracketed(ShiftRight(candidateIndex, shift));
        if (!HasRoom(unit)) candidateIndex = Add(candidateIndex, ActivationTable.Zero);
        Expression change = Multiply(
            new Element(Sigmoid, resetUpdate.HighIndex(s_a)), new Operation(Operator.Subtract, Old(unit), s_n));

        yield return new Remark($"Unit {unit}: r and z, then n and h'.", AfterEmptyLine: false);
        yield return Gates(s_a, resetUpdate);
        yield return new Guard(
            new Cast(ValueKind.UInt32, new Assignment(s_n, candidateIndex)), Comparison.AtLeastUnsigned, Literal.Int(ActivationTable.Length),
            new Store(s_n, new Call(DeviceMembers.SaturatedIndex, s_n)), OnOneLine: true);
        yield return new Store(
            new Element(HiddenTarget, Literal.Int(unit)),
            new Cast(ValueKind.Int16, new Operation(
                Operator.Add, new Assignment(s_n, new Element(Tanh, s_n)), ShiftRight(new Bracketed(Add(change, 16384)), 15))));
    }

    private static Bracketed LowLane(Variable sum, int shift) =>
        new(ShiftRight(new Operation(Operator.Xor, new Cast(ValueKind.Int32, sum), Literal.Int(int.MinValue)), shift));

    private static Bracketed HighLane(Variable sum, int shift) => new(new Cast(ValueKind.Int32, ShiftRight(sum, shift)));

    private Expression Old(int unit) =>
        IsOperandLocal(Shape.InputCount + unit) ? new Cast(ValueKind.Int32, HiddenOperand(unit)) : HiddenOperand(unit);

    private int CandidateRow(int unit) => 2 * Shape.HiddenCount + unit;

    private SumOfProducts CandidateSum(int low, int high, int firstColumn, int columns)
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
