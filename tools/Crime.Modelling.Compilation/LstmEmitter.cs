// The LSTM step of SPEC.md, section 3, as straight-line code. Per unit 71 instructions and two per term's product; a wide cell has its own statements.

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

    // Of a wide cell: the forget gate, and the index of tanh.
    private static readonly Variable s_f = new("f", ValueKind.Int32);
    private static readonly Variable s_t = new("t", ValueKind.Int32);

    protected override int UnitsPerGroup => 1;

    protected override int TermsPerGroup => 2 * Shape.ColumnCount;

    protected override IEnumerable<Declaration> Locals =>
    [
        new Declaration(ValueKind.Int64, (s_a, null), (s_b, null)),
        Layer.IsWideCell ? new Declaration(ValueKind.Int32, (s_c, null), (s_f, null), (s_t, null)) : new Declaration(ValueKind.Int32, (s_c, null)),
    ];

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

        yield return new Remark($"Unit {unit}: i and f, g and o, then c' and h'.", AfterEmptyLine: true);
        yield return Gates(s_a, inputForget);
        yield return Gates(s_b, candidateOutput);
        foreach (Statement statement in Layer.IsWideCell ? WideCell(unit, f, Multiply(i, g)) : NarrowCell(unit, f, Multiply(i, g))) yield return statement;
        Expression t = new Element(Tanh, Layer.IsWideCell ? s_t : TanhIndex());
        yield return new Store(
            new Element(HiddenTarget, Literal.Int(unit)), new Cast(ValueKind.Int16, ShiftRight(new Bracketed(Add(Multiply(o, t), 16384)), 15)));
    }

    /// <summary>c' of 16 bits, with the offset in its variable.</summary>
    private IEnumerable<Statement> NarrowCell(int unit, Expression f, Expression candidate)
    {
        if (Layer.CellFractionBits != 15) candidate = new Bracketed(ShiftRight(candidate, 15 - Layer.CellFractionBits));
        var oldCell = new Element(Cell, Literal.Int(unit));
        var sum = new Bracketed(Add(Add(Multiply(f, oldCell), candidate), (CellOffset << 15) + 16384));
        // With the widest offset the sum may need all 32 bits: its shift is unsigned, and the slow path knows.
        bool isWidest = CellOffset == -Fixed.Int16Min;
        Expression state = isWidest ? new Cast(ValueKind.Int32, ShiftRight(new Cast(ValueKind.UInt32, sum), 15)) : ShiftRight(sum, 15);
        var saturated = new Call(DeviceMembers.SaturatedCell, Cell, Literal.Int(unit), s_c, Literal.Int(CellOffset));
        yield return new Store(
            oldCell, new Cast(ValueKind.Int16, new Operation(Operator.Subtract, new Assignment(s_c, state), Literal.Int(CellOffset))));
        yield return new Guard(
            new Cast(ValueKind.UInt32, s_c), Comparison.AtLeastUnsigned, Literal.Int(2 * CellOffset), new Store(s_c, saturated), OnOneLine: true);
    }

    /// <summary>c' as a fraction and a whole part, and its index of tanh: the arithmetic of the firmware's WideLstmLayer.</summary>
    private IEnumerable<Statement> WideCell(int unit, Expression f, Expression candidate)
    {
        var fraction = new Element(Cell, Literal.Int(unit));
        var whole = new Element(Cell, Literal.Int(Shape.HiddenCount + unit));
        var sum = new Bracketed(Add(Add(Multiply(s_f, fraction), candidate), 16384));
        yield return new Store(s_f, f);
        yield return new Store(s_c, Add(Multiply(s_f, whole), new Bracketed(ShiftRight(sum, 15))));
        yield return new Store(whole, new Cast(ValueKind.Int16, ShiftRight(s_c, 15)));
        yield return new Store(fraction, new Cast(ValueKind.Int16, new Operation(Operator.And, s_c, Literal.Int(32767))));
        yield return new Store(s_t, Add(new Bracketed(ShiftRight(s_c, CellIndexShift)), ActivationTable.Zero));
        // States of such a cell are beyond the table as a rule. Its nearest end follows from the sign: a call would cost more.
        var sign = new Bracketed(ShiftRight(new Bracketed(new Operation(Operator.Subtract, Literal.Int(-1), s_t)), 31));
        yield return new Guard(
            new Cast(ValueKind.UInt32, s_t), Comparison.AtLeastUnsigned, Literal.Int(ActivationTable.Length),
            new Store(s_t, new Operation(Operator.And, sign, Literal.Int(ActivationTable.Length - 1))), OnOneLine: true);
    }

    private Expression TanhIndex()
    {
        Expression index = CellIndexShift == 0 ? s_c : ShiftRight(s_c, CellIndexShift);
        int missing = ActivationTable.Zero - (CellOffset >> CellIndexShift);
        return missing == 0 ? index : Add(new Bracketed(index), missing);
    }
}
