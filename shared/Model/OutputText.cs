// Joins the tokens of an output to a text: words have spaces between them, characters do not.

namespace Crime.Model;

/// <summary>Texts of output tokens.</summary>
public static class OutputText
{
    /// <summary>Returns the text between two tokens: nothing where every token but the end is one character, else a space.</summary>
    /// <param name="names">Names of the tokens, the end first.</param>
    public static string SeparatorOf(string[] names)
    {
        for (int i = 1; i < names.Length; i++)
            if (names[i].Length != 1) return " ";
        return "";
    }
}
