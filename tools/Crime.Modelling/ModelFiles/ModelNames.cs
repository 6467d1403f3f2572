// The names that a model file can hold. They are checked before a training as well, not only when the file is written.

using System.Linq;
using System.Text;
using Crime.Model;

namespace Crime.Modelling.ModelFiles;

/// <summary>Names of models and classes.</summary>
public static class ModelNames
{
    /// <summary>Longest name in bytes of UTF-8.</summary>
    public const int MaxNameSize = 255;

    private const int ShownLetters = 20;

    /// <summary>Returns why a model file cannot hold a unit; null when it can.</summary>
    /// <param name="unit">Unit of a value; empty for none.</param>
    public static string? UnitProblem(string unit) => Encoding.UTF8.GetByteCount(unit) > AnswerScale.MaxUnitSize
        ? $"the unit '{unit}' is longer than {AnswerScale.MaxUnitSize} bytes; shorten it"
        : Problem(unit);

    /// <summary>Returns why a model file cannot hold a name; null when it can.</summary>
    /// <param name="name">Name of a model or a class.</param>
    public static string? Problem(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (bytes.Length > MaxNameSize) return $"the name '{name[..ShownLetters]}...' is longer than {MaxNameSize} bytes; shorten it";
        return bytes.Any(letter => letter < ' ' || letter >= 0xF0)
            ? $"the name '{name}' holds a control character or one outside the basic plane, such as an emoji; rename it"
            : null;
    }
}
