// Lines of text with their class: "class, tab, text", "LABEL:sub text" (TREC) and "__label__CLASS text" (fastText).

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Crime.Modelling.Datasets;

/// <summary>Reads labelled lines.</summary>
internal static partial class LabelledLines
{
    private const int FewestForHeader = 3;

    private static readonly string[] s_classWords =
        ["label", "labels", "class", "classes", "category", "categories", "target", "tag", "intent", "sentiment", "topic", "y", "label_name", "label_text", "output"];

    private static readonly string[] s_textWords =
    [
        "text", "texts", "sentence", "sentences", "message", "utterance", "question", "query", "review", "content", "string", "document", "title", "input", "x",
        "sms", "tweet", "name", "word",
    ];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="remarks">Receives a remark on a header line.</param>
    /// <exception cref="UserInputException">A line has no class or no text, or the first one seems to be a header.</exception>
    public static List<LabelledSequence> Read(string path, List<string> remarks)
    {
        var rows = new List<(string Label, string Text, TextLine Line)>();
        Func<string, (string Label, string Text)?>? form = null;
        foreach (TextLine line in TextLines.Read(path))
        {
            form ??= FormOf(line.Text);
            if (form?.Invoke(line.Text) is not { } pair)
                throw new UserInputException($"{line.Where}: no class and tab before the text; a line is 'CLASS<tab>text', 'CLASS:detail text' or '__label__CLASS text'");
            rows.Add((pair.Label, pair.Text, line));
        }
        if (rows.Count == 0) throw new UserInputException($"{path}: is empty");
        if (IsHeader([.. rows.Select(row => (row.Label, row.Text))], rows[0].Line.Where))
        {
            remarks.Add($"header line skipped: {rows[0].Line.Where}");
            rows.RemoveAt(0);
        }
        if (rows.Count == 0) throw new UserInputException($"{path}: a header and no text");
        if (rows.All(row => NumberLines.IsNumbers(row.Text)) && rows.Any(row => NumberLines.Cells(row.Text).Length > 1))
            throw new UserInputException(
                $"{path}: lines of numbers only after the class, no text; numeric data are *_TRAIN.tsv and *_TEST.tsv, or a log for 'crime data import'");
        return [.. rows.Select(row => TextOf(row.Line.Number - 1, row.Label, row.Text, row.Line.Where))];
    }

    /// <summary>Returns a sequence of the characters of a text.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="label">Its class.</param>
    /// <param name="text">The text.</param>
    /// <param name="where">File and line.</param>
    /// <exception cref="UserInputException">The text is empty.</exception>
    public static LabelledSequence TextOf(int index, string label, string text, string where)
    {
        int[] codePoints = text.EnumerateRunes().Select(rune => rune.Value).ToArray();
        if (codePoints.Length == 0) throw new UserInputException($"{where}: the text is empty");
        return new LabelledSequence(index, label, codePoints.Length, [], codePoints);
    }

    /// <summary>Returns whether a text is the name of a column of texts.</summary>
    public static bool IsTextWord(string text) => s_textWords.Contains(text.Trim().Trim('"').ToLowerInvariant());

    private static bool IsClassWord(string text) => s_classWords.Contains(text.Trim().Trim('"').ToLowerInvariant());

    /// <summary>Returns the form of the lines by the first one; null when it has none of the forms.</summary>
    private static Func<string, (string Label, string Text)?>? FormOf(string line)
    {
        if (line.IndexOf('\t') > 0) return text => text.IndexOf('\t') is > 0 and int tab ? (text[..tab].Trim(), text[(tab + 1)..]) : null;
        Regex? regex = new[] { FastText(), Colon() }.FirstOrDefault(candidate => candidate.IsMatch(line));
        return regex == null ? null : text => regex.Match(text) is { Success: true } match ? (match.Groups["label"].Value, match.Groups["text"].Value) : null;
    }

    private static bool IsHeader(IReadOnlyList<(string Label, string Text)> rows, string where)
    {
        (string label, string text) = rows[0];
        string[] columns = text.Split('\t');
        bool isClassFirst = IsClassWord(label), isTextSecond = columns.Any(IsTextWord);
        if (!isClassFirst && (IsTextWord(label) || isTextSecond) && columns.Any(IsClassWord))
            throw new UserInputException($"{where}: a header whose first column is '{label}'; the class must be the first column, and the text the second");
        if (isClassFirst && isTextSecond)
        {
            if (columns.Length == 1) return true;
            throw new UserInputException($"{where}: a header with {columns.Length + 1} columns; keep two: the class, and the text");
        }
        if (rows.Skip(1).Any(row => row.Label == label)) return false;
        if (isClassFirst) return true;
        bool isOdd = rows.Count >= FewestForHeader && rows.Skip(1).GroupBy(row => row.Label).All(group => group.Count() > 1);
        if (!isOdd && !isTextSecond) return false;
        throw new UserInputException($"{where}: only this line is of class '{label}', and it looks like a header; remove the line, or give more texts of this class");
    }

    [GeneratedRegex(@"^__label__(?<label>\S+)\s+(?!__label__)(?<text>\S.*)$")]
    private static partial Regex FastText();

    // The detail may be empty: "ON: switch it on".
    [GeneratedRegex(@"^(?<label>[^\s:]+):\S*\s+(?<text>\S.*)$")]
    private static partial Regex Colon();
}
