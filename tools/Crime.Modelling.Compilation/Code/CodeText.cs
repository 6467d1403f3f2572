// Builds the text of generated code: lines, indentation and literals. The same calls give the same bytes on every machine.

using System.Globalization;
using System.Text;

namespace Crime.Modelling.Compilation.Code;

/// <summary>Builds a C# source text line by line.</summary>
internal sealed class CodeText
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a line.</summary>
    /// <param name="indent">Levels of indentation.</param>
    /// <param name="line">The line; an empty one stays empty.</param>
    public void Line(int indent, string line)
    {
        if (line.Length > 0) _text.Append(' ', 4 * indent).Append(line);
        _text.Append('\n');
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>Returns a 64-bit literal.</summary>
    public static string Literal(long value) =>
        value == long.MinValue ? "long.MinValue" : value.ToString(CultureInfo.InvariantCulture) + "L";

    /// <summary>Returns a 32-bit literal.</summary>
    public static string Literal(int value) => value == int.MinValue ? "int.MinValue" : value.ToString(CultureInfo.InvariantCulture);
}
