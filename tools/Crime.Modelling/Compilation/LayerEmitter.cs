// What the emitted kernels of all cells have in common: operands in locals, sums of literal products, units over methods.
//
// A term `+ 123L * x4` is four instructions (ldc.i8, ldloc, mul, add) and two products. An interpreter pays per instruction, so
// everything here is about not executing one more.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Compilation;

/// <summary>Emits the class of one layer.</summary>
internal abstract class LayerEmitter
{
    /// <summary>IL of a term: ldc.i8 (9), ldloc (2), mul (1), add (1).</summary>
    private const int BytesPerTerm = 13;

    /// <summary>IL of a unit apart from its terms, at most.</summary>
    private const int BytesPerUnit = 250;

    /// <summary>Most IL in a method. Its branches are short; this keeps what follows on a board's CLR known: FACTS were measured below it.</summary>
    private const int MaxMethodBytes = 60_000;

    /// <summary>Most operands in locals; the CLR holds 255 locals per method. Further ones are read where they are used.</summary>
    private const int MaxOperandLocals = 200;

    private readonly CodeText _code;
    private readonly int _index;

    protected LayerEmitter(CodeText code, FixedLayer layer, int index)
    {
        _code = code;
        _index = index;
        Layer = layer;
        Shape = layer.Shape;
    }

    /// <summary>Terms emitted.</summary>
    public int TermCount { get; private set; }

    /// <summary>Terms left out.</summary>
    public int SkippedTermCount { get; private set; }

    /// <summary>Methods emitted.</summary>
    public int MethodCount { get; private set; }

    protected FixedLayer Layer { get; }

    protected LayerShape Shape { get; }

    /// <summary>Where a unit's new hidden state goes.</summary>
    protected string HiddenTarget => UsesSecondBuffer ? "next" : "hidden";

    /// <summary>Units that are emitted together.</summary>
    protected abstract int UnitsPerGroup { get; }

    /// <summary>Locals of a method beside tables and operands.</summary>
    protected abstract IEnumerable<string> Locals { get; }

    /// <summary>Products of 64-bit terms per group of units.</summary>
    protected abstract int TermsPerGroup { get; }

    // New hidden states must stay unseen by units of the same step: within one method the old ones are in locals.
    private bool UsesSecondBuffer => MethodCount > 1 || Shape.ColumnCount > MaxOperandLocals;

    private int GroupCount => (Shape.HiddenCount + UnitsPerGroup - 1) / UnitsPerGroup;

    /// <summary>Emits the class.</summary>
    public void Emit()
    {
        int groupsPerMethod = Math.Max(1, MaxMethodBytes / (TermsPerGroup * BytesPerTerm + UnitsPerGroup * BytesPerUnit));
        MethodCount = (GroupCount + groupsPerMethod - 1) / groupsPerMethod;
        // Evenly filled methods leave the most room in each.
        groupsPerMethod = (GroupCount + MethodCount - 1) / MethodCount;

        Line(1, $"private sealed class Layer{_index} : LayerKernel");
        Line(1, "{");
        Line(2, "private readonly short[] _hidden;");
        if (Shape.HasCellState) Line(2, "private readonly short[] _cell;");
        if (UsesSecondBuffer) Line(2, "private readonly short[] _next;");
        Line(0, "");
        Line(2, $"public Layer{_index}(LayerState state, ActivationTables tables, SaturationCounters saturations)");
        Line(3, ": base(state, tables, saturations)");
        Line(2, "{");
        Line(3, "_hidden = state.Hidden;");
        if (Shape.HasCellState) Line(3, "_cell = state.Cell;");
        if (UsesSecondBuffer) Line(3, $"_next = new short[{Shape.HiddenCount}];");
        Line(2, "}");
        if (MethodCount > 1) EmitStepOverMethods();
        for (int method = 0; method < MethodCount; method++)
        {
            int first = method * groupsPerMethod;
            EmitMethod(method, first, Math.Min(first + groupsPerMethod, GroupCount));
        }
        Line(1, "}");
    }

    /// <summary>Emits the units of a group.</summary>
    protected abstract void EmitGroup(int firstUnit);

    protected void Line(int indent, string line) => _code.Line(indent, line);

    /// <summary>A sum as the right side of an assignment, over some columns, with a line break every few terms.</summary>
    protected string Sum(long start, IEnumerable<long> weights, int firstColumn = 0)
    {
        var lines = new List<string> { CodeText.Literal(start) };
        int terms = 0, column = firstColumn;
        foreach (long weight in weights)
        {
            if (weight == 0) SkippedTermCount++;
            else
            {
                if (terms++ % 4 == 0) lines.Add(new string(' ', 16));
                lines[^1] += $" + {CodeText.Literal(weight)} * {Operand(column)}";
            }
            column++;
        }
        TermCount += terms;
        return string.Join('\n', lines);
    }

    /// <summary>A sum of two rows into a local, and the slow path where one of them leaves the table.</summary>
    protected void EmitGates(string target, PackedSum sum)
    {
        string value = Sum(sum.Start, sum.Weights(Shape.ColumnCount));
        if (sum.Mask == 0)
        {
            Line(3, $"{target} = {value};");
            return;
        }
        Line(3, $"if ((({target} = {value}) & {CodeText.Literal(sum.Mask)}) != 0)");
        Line(4, $"{target} = SaturatedSums({target}, {sum.Low.Shift}, {sum.High.Shift});");
    }

    protected static bool IsOperandLocal(int column) => column < MaxOperandLocals;

    private string Operand(int column)
    {
        bool isInput = column < Shape.InputCount;
        int k = isInput ? column : column - Shape.InputCount;
        if (IsOperandLocal(column)) return isInput ? $"x{k}" : $"h{k}";
        return isInput ? $"x[offset + {k}]" : $"hidden[{k}]";
    }

    private void EmitStepOverMethods()
    {
        Line(0, "");
        Line(2, "public override void Step(short[] x, int offset)");
        Line(2, "{");
        for (int method = 0; method < MethodCount; method++) Line(3, $"Units{method}(x, offset);");
        Line(3, $"System.Array.Copy(_next, 0, _hidden, 0, {Shape.HiddenCount});");
        Line(2, "}");
    }

    private void EmitMethod(int method, int firstGroup, int endGroup)
    {
        Line(0, "");
        Line(2, MethodCount > 1 ? $"private void Units{method}(short[] x, int offset)" : "public override void Step(short[] x, int offset)");
        Line(2, "{");
        Line(3, "short[] sigmoid = Sigmoid, tanh = Tanh, hidden = _hidden;");
        if (Shape.HasCellState) Line(3, "short[] cell = _cell;");
        if (UsesSecondBuffer) Line(3, "short[] next = _next;");
        foreach (int column in Enumerable.Range(0, Math.Min(Shape.ColumnCount, MaxOperandLocals)).Where(IsUsed))
        {
            int k = column - Shape.InputCount;
            if (k >= 0) Line(3, $"long h{k} = hidden[{k}];");
            else Line(3, $"long x{column} = x[offset{(column == 0 ? "" : $" + {column}")}];");
        }
        foreach (string local in Locals) Line(3, local);
        for (int group = firstGroup; group < endGroup; group++) EmitGroup(group * UnitsPerGroup);
        if (UsesSecondBuffer && MethodCount == 1) Line(3, $"System.Array.Copy(next, 0, hidden, 0, {Shape.HiddenCount});");
        Line(2, "}");
    }

    /// <summary>Whether any row reads the operand: a pruned column costs nothing at all. A GRU's new state is mixed with its old one.</summary>
    private bool IsUsed(int column) =>
        (Shape.Kind == CellKind.Gru && column >= Shape.InputCount) || Enumerable.Range(0, Shape.RowCount).Any(row => Layer.Weight(row, column) != 0);
}
