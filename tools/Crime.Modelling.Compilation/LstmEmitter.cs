// The LSTM step of SPEC.md, section 3, as straight-line code. Per unit 71 instructions and two per term's product.

using System;
using System.Collections.Generic;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation;

/// <summary>Emits an LSTM layer.</summary>
internal sealed class LstmEmitter(FixedLayer layer, LayerNames names) : LayerEmitter(layer, names)
{
    private static readonly Variable s_a = new("a", ValueKind.Int64);
    private static readonly Variable s_b = new("b", ValueKind.Int64);
    private static readonly Variable s_c = new("c", ValueKind.Int32);

    protected override int UnitsPerGroup => 1;

    protected override int TermsPerGroup => 2 * Shape.ColumnCount;

    protected override IEnumerable<Declaration> Locals =>
        [new Declaration(ValueKind.Int64, (s_a, null), (s_b, null)), new Declaration(ValueKind.Int32, (s_c, null))];

    // The cell state is carried through the unit with this added, so that one unsigned comparison finds a state that left the
    // table of tanh or 16 bits, whichever is narrower.
    private int CellOffset => Math.Min(ActivationTable.Zero << CellIndexShift, -Fixed.Int16Min);

    private int CellIndexShift => Layer.CellFractionBits - ActivationTable.IndexFractionBits;

    protected override IEnumerable<Statement> EmitGroup(int firstUnit)
    {
        int unit = firstUnit, hidden = Shape.HiddenCount;
        var inputForget = new PackedSum(new Lane(Layer, unit), new Lane(Layer, hidden + unit));
        var candidateOutput = new PackedSum(new Lane(Layer, 2 * hidden + unit), new Lane(Layer, 3 * hidden + unit));
        var i = new Element(Sigmoid, inputForget.LowIndex(s_a));
        var f = new Element(Sigmoid, inputForget.HighIndex(s_a));
        var g = new Element(Tanh, candidateOutput.LowIndex(s_b));
        var o = new Element(Sigmoid, candidateOutput.HighIndex(s_b));
        Expression candidate = Multiply(i, g);
        if (Layer.CellFractionBits != 15) candidate = new Bracketed(ShiftRight(candidate, 15 - Layer.CellFractionBits));
        var oldCell = new Element(Cell, Literal.Int(unit));
        var sum = new Bracketed(Add(Add(Multiply(f, oldCell), candidate), (CellOffset << 15) + 16384));
        // With the widest offset the sum may need all 32 bits: its shift is unsigned, and the slow path knows.
        bool isWide = CellOffset == -Fixed.Int16Min;
        Expression state = isWide ? new Cast(ValueKind.Int32, ShiftRight(new Cast(ValueKind.UInt32, sum), 15)) : ShiftRight(sum, 15);
        var saturated = new Call(DeviceMembers.SaturatedCell, Cell, Literal.Int(unit), s_c, Literal.Int(CellOffset));

        yield return new Remark($"Unit {unit}: i and f, g and o, then c' and h'.", AfterEmptyLine: true);
        yield return Gates(s_a, inputForget);
        yield return Gates(s_b, candidateOutput);
        yield return new Store(
            oldCell, new Cast(ValueKind.Int16, new Operation(Operator.Subtract, new Assignment(s_c, state), Literal.Int(CellOffset))));
        yield return new Guard(
            new Cast(ValueKind.UInt32, s_c), Comparison.AtLeastUnsigned, Literal.Int(2 * CellOffset), new Store(s_c, saturated), OnOneLine: true);
        yield return new Store(
            new Element(HiddenTarget, Literal.Int(unit)),
            new Cast(ValueKind.Int16, ShiftRight(new Bracketed(Add(Multiply(o, new Element(Tanh, TanhIndex())), 16384)), 15)));
    }

    private Expression TanhIndex()
    {
        Expression index = CellIndexShift == 0 ? s_c : ShiftRight(s_c, CellIndexShift);
        int missing = ActivationTable.Zero - (CellOffset >> CellIndexShift);
        return missing == 0 ? index : Add(new Bracketed(index), missing);
    }
}
