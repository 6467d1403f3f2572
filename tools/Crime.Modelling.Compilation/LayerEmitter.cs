// What the emitted kernels of all cells have in common: operands in locals, sums of literal products, units over methods.
//
// A term `+ 123L * x4` is four instructions (ldc.i8, ldloc, mul, add) and two products. An interpreter pays per instruction, so
// everything here is about not executing one more.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Compilation.Code;

namespace Crime.Modelling.Compilation;

/// <summary>Emits the classes of one layer.</summary>
internal abstract class LayerEmitter
{
    /// <summary>IL of a term: ldc.i8 (9), ldloc (2), mul (1), add (1).</summary>
    internal const int BytesPerTerm = 13;

    /// <summary>IL of a unit apart from its terms, at most.</summary>
    private const int BytesPerUnit = 250;

    /// <summary>Most IL in a method. All branches are short, so a method may be this long; methods of 44 kB were run on the CLR.</summary>
    private const int MaxMethodBytes = 60_000;

    /// <summary>Most operands in locals; the CLR holds 255 locals per method. Further ones are read where they are used.</summary>
    private const int MaxOperandLocals = 200;

    protected static readonly Variable Sigmoid = new("sigmoid", ValueKind.Int16Array);
    protected static readonly Variable Tanh = new("tanh", ValueKind.Int16Array);
    protected static readonly Variable Hidden = new("hidden", ValueKind.Int16Array);
    protected static readonly Variable Cell = new("cell", ValueKind.Int16Array);

    private static readonly Variable s_next = new("next", ValueKind.Int16Array);
    private static readonly Variable s_state = new("state", ValueKind.Class, 1);
    private static readonly Variable s_x = new("x", ValueKind.Int16Array, 1);
    private static readonly Variable s_offset = new("offset", ValueKind.Int32, 2);
    private static readonly DeviceType[] s_stepTypes = [DeviceType.Int16Array, DeviceType.Int32];
    private static readonly string[] s_stepNames = [s_x.Name, s_offset.Name];

    private readonly LayerNames _names;

    protected LayerEmitter(FixedLayer layer, LayerNames names)
    {
        _names = names;
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
    protected Variable HiddenTarget => UsesSecondBuffer ? s_next : Hidden;

    /// <summary>Units that are emitted together.</summary>
    protected abstract int UnitsPerGroup { get; }

    /// <summary>Locals of a method beside tables and operands.</summary>
    protected abstract IEnumerable<Declaration> Locals { get; }

    /// <summary>Products of 64-bit terms per group of units.</summary>
    protected abstract int TermsPerGroup { get; }

    // New hidden states must stay unseen by units of the same step: within one method the old ones are in locals.
    private bool UsesSecondBuffer => MethodCount > 1 || Shape.ColumnCount > MaxOperandLocals;

    private int GroupCount => (Shape.HiddenCount + UnitsPerGroup - 1) / UnitsPerGroup;

    // The class that declares the fields is the one that no other of the layer is derived from.
    private ClassName FieldOwner => _names.ClassOf(MethodCount - 1);

    /// <summary>Emits the classes with as few methods as an assembly of the firmware may hold them in.</summary>
    /// <returns>Base classes first.</returns>
    public IReadOnlyList<KernelClass> Emit() => Emit(MaxMethodBytes / (TermsPerGroup * BytesPerTerm + UnitsPerGroup * BytesPerUnit));

    /// <summary>Emits the classes with the fewest methods of which none is larger than a number of bytes.</summary>
    /// <param name="maxMethodBytes">Most bytes of a method.</param>
    /// <param name="maxBytes">Most bytes of all methods.</param>
    /// <returns>Base classes first; null when a group of units alone or the sum of the methods is larger.</returns>
    public IReadOnlyList<KernelClass>? EmitWithin(int maxMethodBytes, int maxBytes)
    {
        for (int methods = 1; methods <= GroupCount; methods++)
        {
            IReadOnlyList<KernelClass> classes = Emit((GroupCount + methods - 1) / methods);
            int[] sizes = classes.SelectMany(emitted => emitted.Methods).Select(method => IlWriter.Write(method).Size).ToArray();
            // More methods load the operands more often: the sum only grows.
            if (sizes.Sum() > maxBytes) return null;
            if (sizes.All(size => size <= maxMethodBytes)) return classes;
        }
        return null;
    }

    /// <summary>Emits the units of a group.</summary>
    protected abstract IEnumerable<Statement> EmitGroup(int firstUnit);

    private List<KernelClass> Emit(int groupsPerMethod)
    {
        TermCount = SkippedTermCount = 0;
        groupsPerMethod = Math.Max(1, groupsPerMethod);
        MethodCount = (GroupCount + groupsPerMethod - 1) / groupsPerMethod;
        // Evenly filled methods leave the most room in each.
        groupsPerMethod = (GroupCount + MethodCount - 1) / MethodCount;

        var methods = new List<KernelMethod>();
        for (int method = 0; method < MethodCount; method++)
        {
            int first = method * groupsPerMethod;
            methods.Add(EmitMethod(method, first, Math.Min(first + groupsPerMethod, GroupCount)));
        }
        if (!_names.AreApart) return [Class(_names.Layer, null, MethodCount > 1 ? [Step(), .. methods] : methods)];
        var classes = new List<KernelClass>();
        for (int method = MethodCount - 1; method >= 0; method--)
        {
            KernelMethod[] own = method == 0 && MethodCount > 1 ? [Step(), methods[0]] : [methods[method]];
            classes.Add(Class(_names.ClassOf(method), classes.LastOrDefault(), own));
        }
        return classes;
    }

    private KernelClass Class(ClassName name, KernelClass? baseClass, IReadOnlyList<KernelMethod> methods)
    {
        var constructor = new MethodName(name, MethodName.Constructor, false, DeviceType.Void, DeviceMembers.LayerParameters);
        FieldName[] fields = baseClass != null ? [] : Fields().ToArray();
        var setFields = new List<Statement>();
        if (baseClass == null)
        {
            setFields.Add(new Store(new OwnField(Field("_hidden")), new Property(s_state, DeviceMembers.GetHidden)));
            if (Shape.HasCellState) setFields.Add(new Store(new OwnField(Field("_cell")), new Property(s_state, DeviceMembers.GetCell)));
            if (UsesSecondBuffer) setFields.Add(new Store(new OwnField(Field("_next")), new Call(DeviceMembers.NewState, Literal.Int(Shape.HiddenCount))));
        }
        bool isAbstract = name != _names.Layer;
        return new KernelClass(
            name, baseClass?.Name ?? DeviceMembers.LayerKernel, baseClass?.Constructor.Name ?? DeviceMembers.NewLayerKernel, isAbstract, _names.Outer,
            fields, isAbstract ? Access.Protected : Access.Private,
            new KernelMethod(constructor, isAbstract ? Access.Protected : Access.Public, false, ["state", "tables", "saturations"], setFields), methods);
    }

    private IEnumerable<FieldName> Fields()
    {
        yield return Field("_hidden");
        if (Shape.HasCellState) yield return Field("_cell");
        if (UsesSecondBuffer) yield return Field("_next");
    }

    private FieldName Field(string name) => new(FieldOwner, name, DeviceType.Int16Array);

    protected static Operation Add(Expression left, Expression right) => new(Operator.Add, left, right);

    protected static Operation Add(Expression left, int right) => Add(left, Literal.Int(right));

    protected static Operation Multiply(Expression left, Expression right) => new(Operator.Multiply, left, right);

    protected static Operation ShiftRight(Expression value, int bits) => new(Operator.ShiftRight, value, Literal.Int(bits));

    /// <summary>A sum over some columns. Pairs of zeros are left out.</summary>
    protected SumOfProducts Sum(long start, IEnumerable<long> weights, int firstColumn = 0)
    {
        var terms = new List<Product>();
        int column = firstColumn;
        foreach (long weight in weights)
        {
            if (weight == 0) SkippedTermCount++;
            else terms.Add(new Product(weight, Operand(column)));
            column++;
        }
        TermCount += terms.Count;
        return new SumOfProducts(start, terms);
    }

    /// <summary>A sum of two rows into a local, and the slow path where one of them leaves the table.</summary>
    protected Statement Gates(Variable target, PackedSum sum)
    {
        SumOfProducts value = Sum(sum.Start, sum.Weights(Shape.ColumnCount));
        if (sum.Mask == 0) return new Store(target, value);
        var saturated = new Call(DeviceMembers.SaturatedSums, target, Literal.Int(sum.Low.Shift), Literal.Int(sum.High.Shift));
        return new Guard(
            new Operation(Operator.And, new Assignment(target, value), Literal.Long(sum.Mask)), Comparison.NotZero, Literal.Int(0),
            new Store(target, saturated), OnOneLine: false);
    }

    protected static bool IsOperandLocal(int column) => column < MaxOperandLocals;

    /// <summary>The old state of a hidden unit: 64 bits where it is in a local, otherwise 32.</summary>
    protected Expression HiddenOperand(int unit) => Operand(Shape.InputCount + unit);

    private Expression Operand(int column)
    {
        bool isInput = column < Shape.InputCount;
        int k = isInput ? column : column - Shape.InputCount;
        if (IsOperandLocal(column)) return new Variable((isInput ? "x" : "h") + k, ValueKind.Int64);
        return isInput ? new Element(s_x, Add(s_offset, k)) : new Element(Hidden, Literal.Int(k));
    }

    private KernelMethod Step()
    {
        var body = new List<Statement>();
        for (int method = 0; method < MethodCount; method++) body.Add(new CallStatement(new Call(UnitsName(method), s_x, s_offset)));
        body.Add(new CallStatement(new Call(DeviceMembers.CopyState, new OwnField(Field("_next")), new OwnField(Field("_hidden")))));
        return new KernelMethod(StepName(), Access.Public, IsOverride: true, s_stepNames, body);
    }

    private MethodName StepName() => new(_names.Layer, "Step", false, DeviceType.Void, s_stepTypes);

    private MethodName UnitsName(int method) => new(_names.ClassOf(method), $"Units{method}", false, DeviceType.Void, s_stepTypes);

    private KernelMethod EmitMethod(int method, int firstGroup, int endGroup)
    {
        var body = new List<Statement>
        {
            new Declaration(
                ValueKind.Int16Array, (Sigmoid, new OwnField(DeviceMembers.Sigmoid)), (Tanh, new OwnField(DeviceMembers.Tanh)),
                (Hidden, new OwnField(Field("_hidden")))),
        };
        if (Shape.HasCellState) body.Add(new Declaration(ValueKind.Int16Array, (Cell, new OwnField(Field("_cell")))));
        if (UsesSecondBuffer) body.Add(new Declaration(ValueKind.Int16Array, (s_next, new OwnField(Field("_next")))));
        foreach (int column in Enumerable.Range(0, Math.Min(Shape.ColumnCount, MaxOperandLocals)).Where(IsUsed))
        {
            int k = column - Shape.InputCount;
            Expression value = k >= 0 ? new Element(Hidden, Literal.Int(k)) : new Element(s_x, column == 0 ? s_offset : Add(s_offset, column));
            body.Add(new Declaration(ValueKind.Int64, ((Variable)Operand(column), value)));
        }
        body.AddRange(Locals);
        for (int group = firstGroup; group < endGroup; group++) body.AddRange(EmitGroup(group * UnitsPerGroup));
        if (UsesSecondBuffer && MethodCount == 1) body.Add(new CallStatement(new Call(DeviceMembers.CopyState, s_next, Hidden)));
        if (MethodCount == 1) return new KernelMethod(StepName(), Access.Public, IsOverride: true, s_stepNames, body);
        bool isInherited = _names.ClassOf(method) != _names.Layer;
        return new KernelMethod(UnitsName(method), isInherited ? Access.Protected : Access.Private, IsOverride: false, s_stepNames, body);
    }

    /// <summary>True when any row reads the operand: a pruned column costs nothing at all. A GRU's new state is mixed with its old one.</summary>
    private bool IsUsed(int column) =>
        (Shape.Kind == CellKind.Gru && column >= Shape.InputCount) || Enumerable.Range(0, Shape.RowCount).Any(row => Layer.Weight(row, column) != 0);
}
