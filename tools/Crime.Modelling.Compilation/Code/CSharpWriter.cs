// Expressions, statements and classes of a kernel as C#. The same kernel gives the same text.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Compilation.Code;

/// <summary>Writes a kernel as C#.</summary>
internal static class CSharpWriter
{
    private const int TermsPerLine = 4;

    private const int LowestPrecedence = -1;
    private const int EqualityPrecedence = 2;
    private const int UnaryPrecedence = 7;

    /// <summary>Writes a class.</summary>
    /// <param name="code">Receives it.</param>
    /// <param name="indent">Level of indentation.</param>
    /// <param name="written">The class.</param>
    public static void Write(CodeText code, int indent, KernelClass written)
    {
        string access = written.Outer == null ? "public" : "private";
        code.Line(indent, $"{access} {(written.IsAbstract ? "abstract" : "sealed")} class {written.Name.Name} : {written.Base.Name}");
        code.Line(indent, "{");
        foreach (FieldName field in written.Fields)
            code.Line(indent + 1, $"{Text(written.FieldAccess)} readonly {Text(field.Type)} {field.Name};");
        if (written.Fields.Count > 0) code.Line(0, "");
        KernelMethod constructor = written.Constructor;
        code.Line(indent + 1, $"{Text(constructor.Access)} {written.Name.Name}({Parameters(constructor)})");
        code.Line(indent + 2, $": base({string.Join(", ", constructor.ParameterNames)})");
        WriteBody(code, indent + 1, constructor.Body);
        foreach (KernelMethod method in written.Methods)
        {
            code.Line(0, "");
            Write(code, indent + 1, method);
        }
        code.Line(indent, "}");
    }

    /// <summary>Writes a method.</summary>
    public static void Write(CodeText code, int indent, KernelMethod method)
    {
        string modifiers = Text(method.Access) + (method.IsOverride ? " override" : "");
        code.Line(indent, $"{modifiers} {Text(method.Name.Returns)} {method.Name.Name}({Parameters(method)})");
        WriteBody(code, indent, method.Body);
    }

    private static void WriteBody(CodeText code, int indent, IReadOnlyList<Statement> body)
    {
        code.Line(indent, "{");
        foreach (Statement statement in body) Write(code, indent + 1, statement);
        code.Line(indent, "}");
    }

    private static void Write(CodeText code, int indent, Statement statement)
    {
        switch (statement)
        {
            case Remark remark:
                if (remark.AfterEmptyLine) code.Line(0, "");
                code.Line(indent, $"// {remark.Text}");
                break;
            case Guard { OnOneLine: false } guard:
                code.Line(indent, $"if ({Condition(guard)})");
                Write(code, indent + 1, guard.Then);
                break;
            default:
                code.Line(indent, Text(statement));
                break;
        }
    }

    private static string Text(Statement statement) => statement switch
    {
        Declaration declaration => $"{Text(new DeviceType(declaration.Kind))} {string.Join(", ", declaration.Items.Select(Text))};",
        Store store => $"{Text(store.Target)} = {Text(store.Value)};",
        Guard guard => $"if ({Condition(guard)}) {Text(guard.Then)}",
        CallStatement call => Text(call.Call) + ";",
        Return value => $"return {Text(value.Value)};",
        _ => throw new ArgumentException(statement.ToString()),
    };

    private static string Text((Variable Variable, Expression? Value) item) =>
        item.Value == null ? item.Variable.Name : $"{item.Variable.Name} = {Text(item.Value)}";

    private static string Condition(Guard guard) => guard.Comparison switch
    {
        Comparison.NotZero => $"{Text(guard.Left, EqualityPrecedence)} != {Text(guard.Right)}",
        Comparison.Equal => $"{Text(guard.Left, EqualityPrecedence)} == {Text(guard.Right)}",
        _ => $"{Text(guard.Left, EqualityPrecedence)} >= {Text(guard.Right)}",
    };

    private static string Text(Expression expression, int outer = LowestPrecedence)
    {
        (string text, int precedence) = Parts(expression);
        return precedence < outer ? $"({text})" : text;
    }

    private static (string Text, int Precedence) Parts(Expression expression) => expression switch
    {
        Literal { Kind: ValueKind.Int64 } literal => (CodeText.Literal(literal.Value), UnaryPrecedence),
        Literal literal => (CodeText.Literal((int)literal.Value), UnaryPrecedence),
        Variable variable => (variable.Name, UnaryPrecedence),
        OwnField field => (field.Field.Name, UnaryPrecedence),
        Element element => ($"{Text(element.Array)}[{Text(element.Index)}]", UnaryPrecedence),
        Cast cast => ($"({Keyword(cast.To)}){Text(cast.Value, UnaryPrecedence)}", UnaryPrecedence),
        Operation operation => Parts(operation),
        SumOfProducts sum => (Sum(sum), PrecedenceOf(Operator.Add)),
        Bracketed bracketed => ($"({Text(bracketed.Inner)})", UnaryPrecedence),
        Assignment assignment => ($"{assignment.Target.Name} = {Text(assignment.Value)}", LowestPrecedence),
        Call call => ($"{call.Method.Name}({Arguments(call.Arguments)})", UnaryPrecedence),
        Property property => ($"{property.Owner.Name}.{property.Getter.Name["get_".Length..]}", UnaryPrecedence),
        New made => ($"new {made.Constructor.Owner.Name}({Arguments(made.Arguments)})", UnaryPrecedence),
        _ => throw new ArgumentException(expression.ToString()),
    };

    private static (string Text, int Precedence) Parts(Operation operation)
    {
        int precedence = PrecedenceOf(operation.Operator);
        // Operators of one precedence associate to the left.
        return ($"{Text(operation.Left, precedence)} {Symbol(operation.Operator)} {Text(operation.Right, precedence + 1)}", precedence);
    }

    private static string Sum(SumOfProducts sum)
    {
        var lines = new List<string> { CodeText.Literal(sum.Start) };
        for (int term = 0; term < sum.Terms.Count; term++)
        {
            if (term % TermsPerLine == 0) lines.Add(new string(' ', 16));
            lines[^1] += $" + {CodeText.Literal(sum.Terms[term].Weight)} * {Text(sum.Terms[term].Operand)}";
        }
        return string.Join('\n', lines);
    }

    private static string Arguments(Expression[] arguments) => string.Join(", ", arguments.Select(argument => Text(argument)));

    private static string Parameters(KernelMethod method) =>
        string.Join(", ", method.Name.Parameters.Zip(method.ParameterNames, (type, name) => $"{Text(type)} {name}"));

    private static string Text(DeviceType type) => type.Class?.Name ?? Keyword(type.Kind);

    private static string Text(Access access) => access.ToString().ToLowerInvariant();

    private static string Keyword(ValueKind kind) => kind switch
    {
        ValueKind.Void => "void",
        ValueKind.Int16 => "short",
        ValueKind.Int32 => "int",
        ValueKind.UInt32 => "uint",
        ValueKind.Int64 => "long",
        ValueKind.UInt64 => "ulong",
        _ => "short[]",
    };

    private static int PrecedenceOf(Operator operation) => operation switch
    {
        Operator.Multiply => 6,
        Operator.Add or Operator.Subtract => 5,
        Operator.ShiftRight => 4,
        Operator.And => 1,
        _ => 0,
    };

    private static string Symbol(Operator operation) => operation switch
    {
        Operator.Multiply => "*",
        Operator.Add => "+",
        Operator.Subtract => "-",
        Operator.ShiftRight => ">>",
        Operator.And => "&",
        _ => "^",
    };
}
