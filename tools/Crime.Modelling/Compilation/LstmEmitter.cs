// The LSTM step of SPEC.md, section 3, as straight-line code. Per unit 71 instructions and two per term's product.

using System;
using System.Collections.Generic;
using Crime.FixedPoint;
using Crime.Model;

namespace Crime.Modelling.Compilation;

/// <summary>Emits an LSTM layer.</summary>
internal sealed class LstmEmitter(CodeText code, FixedLayer layer, int index) : LayerEmitter(code, layer, index)
{
    protected override int UnitsPerGroup => 1;

    protected override int TermsPerGroup => 2 * Shape.ColumnCount;

    protected override IEnumerable<string> Locals => ["long a, b;", "int c;"];

    // The cell state is carried through the unit with this added, so that one unsigned comparison finds a state that left the
    // table of tanh or 16 bits, whichever is narrower.
    private int CellOffset => Math.Min(ActivationTable.Zero << CellIndexShift, -Fixed.Int16Min);

    private int CellIndexShift => Layer.CellFractionBits - ActivationTable.IndexFractionBits;

    protected override void EmitGroup(int firstUnit)
    {
        int unit = firstUnit, hidden = Shape.HiddenCount;
        var inputForget = new PackedSum(new Lane(Layer, unit), new Lane(Layer, hidden + unit));
        var candidateOutput = new PackedSum(new Lane(Layer, 2 * hidden + unit), new Lane(Layer, 3 * hidden + unit));
        string i = $"sigmoid[{inputForget.LowIndex("a")}]", f = $"sigmoid[{inputForget.HighIndex("a")}]";
        string g = $"tanh[{candidateOutput.LowIndex("b")}]", o = $"sigmoid[{candidateOutput.HighIndex("b")}]";
        int candidateShift = 15 - Layer.CellFractionBits;
        string candidate = candidateShift == 0 ? $"{i} * {g}" : $"({i} * {g} >> {candidateShift})";
        string sum = $"{f} * cell[{unit}] + {candidate} + {(CellOffset << 15) + 16384}";
        // With the widest offset the sum may need all 32 bits: its shift is unsigned, and the slow path knows.
        bool isWide = CellOffset == -Fixed.Int16Min;

        Line(0, "");
        Line(3, $"// Unit {unit}: i and f, g and o, then c' and h'.");
        EmitGates("a", inputForget);
        EmitGates("b", candidateOutput);
        Line(3, $"cell[{unit}] = (short)((c = {(isWide ? $"(int)((uint)({sum}) >> 15)" : $"({sum}) >> 15")}) - {CellOffset});");
        Line(3, $"if ((uint)c >= {2 * CellOffset}) c = SaturatedCell(cell, {unit}, c, {CellOffset});");
        Line(3, $"{HiddenTarget}[{unit}] = (short)(({o} * tanh[{TanhIndex()}] + 16384) >> 15);");
    }

    private string TanhIndex()
    {
        string index = CellIndexShift == 0 ? "c" : $"c >> {CellIndexShift}";
        int missing = ActivationTable.Zero - (CellOffset >> CellIndexShift);
        return missing == 0 ? index : $"({index}) + {missing}";
    }
}
