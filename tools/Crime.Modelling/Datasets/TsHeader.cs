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

    /// <summary>Names of the values by the header; empty when it does not say.</summary>
    public string[] ValueNames { get; private set; } = [];

    /// <summary>The kind of the labels.</summary>
    public LabelKind Labels { get; private set; }

    /// <summary>The line that announces labels that are no classes; null for classes.</summary>
    public string? LabelsWhere { get; private set; }

    private string? _classWhere;

    // The line that says that there is no class, and its first word.
    private (string Where, string Word)? _isWithoutClass;
    private bool _isClassDenied;

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
                CheckLabels();
                return true;
            case "@timestamps" when value == "true":
                throw new UserInputException($"{line.Where}: time stamps are not supported; write the samples at a fixed rate without them");
            case "@missing" when value == "true":
                throw new UserInputException($"{line.Where}: missing values are not supported; fill them in, or remove the sequences and write '@missing false'");
            case "@targetlabel" when value == "true":
                Announce(LabelKind.Values, line);
                ValueNames = words[2..];
                break;
            case "@steplabel" when value == "true":
                Announce(LabelKind.StepClass, line);
                ClassNames = words[2..];
                break;
            case "@targetlabel" or "@classlabel" when value == "false":
                _isWithoutClass ??= (line.Where, words[0]);
                _isClassDenied |= words[0].Equals("@classLabel", StringComparison.OrdinalIgnoreCase);
                break;
            case "@classlabel":
                if (LabelsWhere != null) throw TwoKinds(line);
                _classWhere = line.Where;
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
        if (label.Length == 0) throw new UserInputException($"{where}: no {(Labels == LabelKind.Values ? "value" : "class")} after the last ':'");
        if (Labels == LabelKind.Class && label.Contains(',') && label.Split(',').All(NumberLines.IsNumbers))
            throw new UserInputException($"{where}: no class at the end of the line: the last part is a channel; a line '@targetLabel true' announces values");
        if (Labels == LabelKind.Class && StepLabels.AreRuns(label))
            throw new UserInputException($"{where}: '{Shorten(label)}' is a class for each timestep; the lines '@classLabel false' and '@stepLabel true' announce that");
        if (DimensionCount != 0 && channels != DimensionCount)
            throw new UserInputException($"{where}: {channels} channels and the {(Labels == LabelKind.Class ? "class" : "label")} '{Shorten(label)}', "
                + $"where the header says {DimensionCount} channels (@dimensions)");
        if (Labels == LabelKind.Class) CheckClass(label, where);
    }

    /// <summary>Checks a class against those of the header.</summary>
    /// <exception cref="UserInputException">The header has others.</exception>
    public void CheckClass(string label, string where)
    {
        // A name with blanks is several words of the header.
        if (ClassNames.Length > 0 && !label.Any(char.IsWhiteSpace) && !ClassNames.Contains(label, StringComparer.OrdinalIgnoreCase)
            && !ClassNames.Any(name => ClassOrder.ByNumberThenText.Compare(name, label) == 0))
            throw new UserInputException($"{where}: class '{Shorten(label)}' is none of the header's "
                + $"({(Labels == LabelKind.Class ? "@classLabel" : "@stepLabel")}): {string.Join(", ", ClassNames.Take(12))}");
    }

    private void Announce(LabelKind kind, TextLine line)
    {
        if (LabelsWhere != null || _classWhere != null) throw TwoKinds(line);
        (Labels, LabelsWhere) = (kind, line.Where);
    }

    private static UserInputException TwoKinds(TextLine line) =>
        new($"{line.Where}: the header announces two kinds of labels; keep one of '@classLabel true', '@targetLabel true' and '@stepLabel true'");

    private void CheckLabels()
    {
        if (Labels == LabelKind.Class && _isWithoutClass is (string where, string word))
            throw new UserInputException($"{where}: the sequences have no class ({word} false); a class, values (@targetLabel true) or "
                + "a class for each timestep (@stepLabel true) is needed");
        if (Labels == LabelKind.StepClass && !_isClassDenied)
            throw new UserInputException($"{LabelsWhere}: '@stepLabel true' needs the line '@classLabel false': other readers would take the labels for one class");
    }

    private static string Shorten(string label) => label.Length <= 40 ? label : label[..40] + "...";
}
