// The statements of a kernel, its methods and its classes.

using System.Collections.Generic;

namespace Crime.Modelling.Compilation.Code;

/// <summary>A statement.</summary>
internal abstract record Statement;

/// <summary>A comment after an empty line, or without one.</summary>
internal sealed record Remark(string Text, bool AfterEmptyLine) : Statement;

/// <summary>Declares local variables of one kind on a line, with or without values.</summary>
internal sealed record Declaration(ValueKind Kind, params (Variable Variable, Expression? Value)[] Items) : Statement;

/// <summary>Stores a value.</summary>
/// <param name="Target">A variable, an element or a field.</param>
/// <param name="Value">The value.</param>
internal sealed record Store(Expression Target, Expression Value) : Statement;

/// <summary>What a guard compares for.</summary>
internal enum Comparison
{
    /// <summary>Left is not zero.</summary>
    NotZero,

    /// <summary>Both are equal.</summary>
    Equal,

    /// <summary>Left is at least right, both unsigned.</summary>
    AtLeastUnsigned,
}

/// <summary>A statement under a condition.</summary>
internal sealed record Guard(Expression Left, Comparison Comparison, Expression Right, Statement Then, bool OnOneLine) : Statement;

/// <summary>A call whose value nobody needs, if it has one.</summary>
internal sealed record CallStatement(Call Call) : Statement;

/// <summary>Ends the method with a value.</summary>
internal sealed record Return(Expression Value) : Statement;

/// <summary>A method of a kernel.</summary>
/// <param name="Name">Its name, with the class that declares it.</param>
/// <param name="Access">Who may call it.</param>
/// <param name="IsOverride">Whether it overrides a method of the base class.</param>
/// <param name="ParameterNames">Names of what it takes.</param>
/// <param name="Body">What it does; a constructor's begins after the call of the base class.</param>
internal sealed record KernelMethod(
    MethodName Name, Access Access, bool IsOverride, IReadOnlyList<string> ParameterNames, IReadOnlyList<Statement> Body);

/// <summary>Who may use a member.</summary>
internal enum Access
{
    /// <summary>The class.</summary>
    Private,

    /// <summary>The class and those derived from it.</summary>
    Protected,

    /// <summary>Everybody.</summary>
    Public,
}

/// <summary>A class of a kernel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Base">The class that it derives from.</param>
/// <param name="BaseConstructor">That class's constructor; it takes what the class's own takes.</param>
/// <param name="IsAbstract">Whether another class derives from it; otherwise it is sealed.</param>
/// <param name="Outer">The class that it is nested in, or null.</param>
/// <param name="Fields">Its fields, all set by the constructor only.</param>
/// <param name="FieldAccess">Who may use the fields.</param>
/// <param name="Constructor">Its constructor.</param>
/// <param name="Methods">Its other methods, in the order of the source.</param>
internal sealed record KernelClass(
    ClassName Name, ClassName Base, MethodName BaseConstructor, bool IsAbstract, ClassName? Outer, IReadOnlyList<FieldName> Fields,
    Access FieldAccess, KernelMethod Constructor, IReadOnlyList<KernelMethod> Methods);
