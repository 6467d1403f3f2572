// The classes of the timesteps of a sequence as runs: rest*12,walk*30. The console of a board has the same form.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Reads and writes runs of equal classes.</summary>
public static class StepLabels
{
    private const char Between = ',';
    private const char Times = '*';

    /// <summary>Returns the text of classes: "rest*12,walk*30".</summary>
    /// <param name="classes">Name of the class of each timestep; without commas and asterisks.</param>
    public static string ToText(IReadOnlyList<string> classes)
    {
        var runs = new List<string>();
        for (int start = 0, end; start < classes.Count; start = end)
        {
            for (end = start + 1; end < classes.Count && classes[end] == classes[start];) end++;
            runs.Add(string.Create(CultureInfo.InvariantCulture, $"{classes[start]}{Times}{end - start}"));
        }
        return string.Join(Between, runs);
    }

    /// <summary>Returns true for a text that has the form of runs.</summary>
    /// <param name="text">The last field of a line.</param>
    public static bool AreRuns(string text) => text.Contains(Times) && text.Split(Between).All(run => TryParse(run, out _, out _));

    /// <summary>Reads runs.</summary>
    /// <param name="text">The runs.</param>
    /// <param name="length">Timesteps of the sequence.</param>
    /// <param name="where">File and line, for messages.</param>
    /// <returns>Name of the class of each timestep.</returns>
    /// <exception cref="UserInputException">They are malformed, or have another number of timesteps.</exception>
    public static string[] Parse(string text, int length, string where)
    {
        var classes = new List<string>(length);
        long total = 0;
        foreach (string run in text.Split(Between))
        {
            if (!TryParse(run, out string name, out int count))
                throw new UserInputException($"{where}: '{Shorten(run)}' is no run of equal classes; a run is CLASS*TIMESTEPS, as in rest*12,walk*30");
            total += count;
            if (total <= length) classes.AddRange(Enumerable.Repeat(name, count));
        }
        return total == length ? [.. classes] : throw new UserInputException($"{where}: the classes are of {total} timesteps, and the sequence has {length}");
    }

    private static bool TryParse(string run, out string name, out int count)
    {
        int at = run.LastIndexOf(Times);
        (name, count) = (at < 0 ? "" : run[..at].Trim(), 0);
        return name.Length > 0 && !name.Contains(Times) && int.TryParse(run[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;
    }

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
