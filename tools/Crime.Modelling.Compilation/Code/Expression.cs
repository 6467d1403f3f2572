// What the emitters build: the few expressions that a kernel consists of. Two writers read them, one for C# and one for IL, so
// that both say the same.

using System.Collections.Generic;

namespace Crime.Modelling.Compilation.Code;

/// <summary>An expression.</summary>
/// <param name="Kind">What its value is.</param>
internal abstract record Expression(ValueKind Kind);

/// <summary>A literal.</summary>
internal sealed record Literal(long Value, ValueKind Kind) : Expression(Kind)
{
    public static Literal Int(int value) => new(value, ValueKind.Int32);

    public static Literal Long(long value) => new(value, ValueKind.Int64);
}

/// <summary>A local variable, or an argument.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Argument">Index of an argument, 1 for the first; 0 for a local variable.</param>
internal sealed record Variable(string Name, ValueKind Kind, int Argument = 0) : Expression(Kind);

/// <summary>A field of the object itself.</summary>
internal sealed record OwnField(FieldName Field) : Expression(Field.Type.Kind);

/// <summary>An element of an array of 16-bit numbers.</summary>
internal sealed record Element(Expression Array, Expression Index) : Expression(ValueKind.Int32);

/// <summary>A conversion that drops upper bits or changes the sign's meaning.</summary>
internal sealed record Cast(ValueKind To, Expression Value) : Expression(To);

/// <summary>What an operator does.</summary>
internal enum Operator
{
    /// <summary>Product.</summary>
    Multiply,

    /// <summary>Sum.</summary>
    Add,

    /// <summary>Difference.</summary>
    Subtract,

    /// <summary>Shift to the right, with the sign of a signed number.</summary>
    ShiftRight,

    /// <summary>Bits that both have.</summary>
    And,

    /// <summary>Bits that one of both has.</summary>
    Xor,
}

/// <summary>An operation on two numbers of one kind; a shift takes an int.</summary>
internal sealed record Operation(Operator Operator, Expression Left, Expression Right) : Expression(Left.Kind);

/// <summary>A start value and products of 64-bit literals with operands: the terms that a step consists of.</summary>
internal sealed record SumOfProducts(long Start, IReadOnlyList<Product> Terms) : Expression(ValueKind.Int64);

/// <summary>A term. An operand of 32 bits is widened.</summary>
internal sealed record Product(long Weight, Expression Operand);

/// <summary>An expression in brackets, where C# needs none. It is no instruction.</summary>
internal sealed record Bracketed(Expression Inner) : Expression(Inner.Kind);

/// <summary>Stores into a local variable; the value stays.</summary>
internal sealed record Assignment(Variable Target, Expression Value) : Expression(Target.Kind);

/// <summary>Calls a method of the object itself, or a static one.</summary>
internal sealed record Call(MethodName Method, params Expression[] Arguments) : Expression(Method.Returns.Kind);

/// <summary>Reads a property of an argument.</summary>
/// <param name="Owner">The argument.</param>
/// <param name="Getter">The property's method.</param>
internal sealed record Property(Variable Owner, MethodName Getter) : Expression(Getter.Returns.Kind);

/// <summary>Makes an object.</summary>
internal sealed record New(MethodName Constructor, params Expression[] Arguments) : Expression(ValueKind.Class);
