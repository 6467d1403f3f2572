// The header of a .ts file. It tells features of the format that are not read here before the first sequence.

using System;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Reads the lines before "@data".</summary>
internal sealed class TsHeader
{
    private const string TakeComment = "# take ";
    private const string RateComment = "# rate-hz ";

    /// <summary>Channels by the header; 0 when it does not say.</summary>
    public int DimensionCount { get; private set; }

    /// <summary>Names of the classes by the header; empty when it does not say.</summary>
    public string[] ClassNames { get; private set; } = [];

    /// <summary>Reads a line that begins with '@'.</summary>
    /// <param name="line">The line.</param>
    /// <returns>True for "@data", the last line.</returns>
    /// <exception cref="UserInputException">The file has a feature that is not supported.</exception>
    public bool Read(TextLine line)
    {
        string[] words = line.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string value = words.Length < 2 ? "" : words[1].ToLowerInvariant();
        switch (words[0].ToLowerInvariant())
        {
            case "@data":
                return true;
            case "@timestamps" when value == "true":
                throw new UserInputException($"{line.Where}: time stamps are not supported; write the samples at a fixed rate without them");
            case "@missing" when value == "true":
                throw new UserInputException($"{line.Where}: missing values are not supported; fill them in, or remove the sequences and write '@missing false'");
            case "@targetlabel" when value == "true":
                throw new UserInputException($"{line.Where}: a regression set (@targetLabel true); only classes are supported");
            case "@targetlabel" or "@classlabel" when value == "false":
                throw new UserInputException($"{line.Where}: the sequences have no class ({words[0]} false); only classes are supported");
            case "@classlabel":
                ClassNames = words[Math.Min(2, words.Length)..];
                break;
            case "@dimensions" or "@dimension":
                DimensionCount = int.TryParse(value, out int count) ? count : 0;
                break;
        }
        return false;
    }

    /// <summary>Reads a comment that names a take and its number of sequences.</summary>
    /// <returns>False when the comment says something else.</returns>
    public static bool TryReadTake(string comment, out string take, out int count)
    {
        (take, count) = ("", 0);
        if (!comment.StartsWith(TakeComment, StringComparison.Ordinal)) return false;
        string rest = comment[TakeComment.Length..];
        int blank = rest.IndexOf(' ');
        if (blank < 0 || !int.TryParse(rest[..blank], out count) || count < 1) return false;
        take = rest[(blank + 1)..].Trim();
        return take.Length > 0;
    }

    /// <summary>Returns the comment with the timesteps per 1000 s.</summary>
    public static string RateLine(int rateMilliHz) => string.Create(CultureInfo.InvariantCulture, $"{RateComment}{rateMilliHz / 1000m:0.###}");

    /// <summary>Returns the timesteps per 1000 s of a comment; 0 for another comment.</summary>
    public static int RateOf(string comment)
    {
        if (!comment.StartsWith(RateComment, StringComparison.Ordinal)) return 0;
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowTrailingWhite;
        bool isRate = decimal.TryParse(comment[RateComment.Length..], style, CultureInfo.InvariantCulture, out decimal hertz)
            && hertz > 0 && hertz <= int.MaxValue / 1000;
        return isRate ? (int)(hertz * 1000) : 0;
    }

    /// <summary>Returns the comment that names a take.</summary>
    public static string TakeLine(string take, int count) => $"{TakeComment}{count} {take}";

    /// <summary>Checks the class and the channels of a sequence against the header.</summary>
    /// <exception cref="UserInputException">They differ.</exception>
    public void Check(string label, int channels, string where)
    {
        if (label.Length == 0) throw new UserInputException($"{where}: no class after the last ':'");
        if (label.Contains(',') && label.Split(',').All(NumberLines.IsNumbers))
            throw new UserInputException($"{where}: no class at the end of the line: the last part is a channel; only sequences with a class are supported");
        if (DimensionCount != 0 && channels != DimensionCount)
            throw new UserInputException($"{where}: {channels} channels and the class '{Shorten(label)}', where the header says {DimensionCount} channels (@dimensions)");
        // A name with blanks is several words of the header.
        if (ClassNames.Length > 0 && !label.Any(char.IsWhiteSpace) && !ClassNames.Contains(label, StringComparer.OrdinalIgnoreCase)
            && !ClassNames.Any(name => ClassOrder.ByNumberThenText.Compare(name, label) == 0))
            throw new UserInputException($"{where}: class '{Shorten(label)}' is none of the header's (@classLabel): {string.Join(", ", ClassNames.Take(12))}");
    }

    private static string Shorten(string label) => label.Length <= 40 ? label : label[..40] + "...";
}
