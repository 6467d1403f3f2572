// Where histograms of lengths come from: a data set's sequences, or a table of pairs of lengths.

using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Simulation.Inputs;

/// <summary>Counts lengths.</summary>
public static class LengthSource
{
    /// <summary>Counts the lengths of sequences.</summary>
    /// <returns>The bars, shortest first.</returns>
    public static IReadOnlyList<LengthCount> Count(IEnumerable<LabelledSequence> sequences) =>
        sequences.GroupBy(sequence => sequence.Length).OrderBy(group => group.Key).Select(group => new LengthCount(group.Key, 0, group.Count())).ToList();

    /// <summary>Counts pairs of lengths.</summary>
    /// <param name="path">Lines of numbers with a header: what is read in the first column, what is written in the second.</param>
    /// <returns>The bars, shortest first.</returns>
    /// <exception cref="UserInputException">The file is no such table.</exception>
    public static IReadOnlyList<LengthCount> CountPairs(string path)
    {
        if (!File.Exists(path)) throw new UserInputException($"{path}: no such file (pairs of lengths)");
        var pairs = new List<(int Length, int OutputLength)>();
        int lineNumber = 1;
        foreach (string line in File.ReadLines(path).Skip(1))
        {
            lineNumber++;
            string[] cells = line.Split(',');
            if (cells.Length < 2 || !TryLength(cells[0], out int length) || !TryLength(cells[1], out int outputLength))
                throw new UserInputException($"{path}:{lineNumber}: two lengths from 1 are wanted, separated by a comma");
            pairs.Add((length, outputLength));
        }
        if (pairs.Count == 0) throw new UserInputException($"{path}: holds no pairs of lengths");
        return pairs.GroupBy(pair => pair).OrderBy(group => group.Key.Length).ThenBy(group => group.Key.OutputLength)
            .Select(group => new LengthCount(group.Key.Length, group.Key.OutputLength, group.Count())).ToList();
    }

    private static bool TryLength(string text, out int length) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length) && length >= 1;
}
