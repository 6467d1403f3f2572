// Reads the bench's lines, wherever they come from: nanoCLR's standard output, a serial port, a file.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Prediction;

/// <summary>A measurement of the bench.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Details">What it was measured at, as in len=10.</param>
public sealed record BenchLine(string Name, double Value, string Unit, IReadOnlyDictionary<string, string> Details)
{
    /// <summary>A whole number among the details.</summary>
    /// <param name="detail">Its name.</param>
    /// <returns>Null when it is not there or no number.</returns>
    public int? Number(string detail) =>
        Details.TryGetValue(detail, out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}

/// <summary>A golden vector's verdict.</summary>
/// <param name="Kernel">Which kernel ran.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Sequence">Number of the sequence in its data set.</param>
/// <param name="Passed">Whether every bit was right.</param>
public sealed record GoldenLine(string Kernel, string Model, int Sequence, bool Passed);

/// <summary>What a bench printed.</summary>
public sealed class BenchLog
{
    /// <summary>The measurements.</summary>
    public List<BenchLine> Measurements { get; } = [];

    /// <summary>The verdicts.</summary>
    public List<GoldenLine> Golden { get; } = [];

    /// <summary>Version of the lines' form; 0 when the first line was not seen.</summary>
    public int Version { get; private set; }

    /// <summary>Whether the last line was seen: without it the bench broke off.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Reads the lines of a text.</summary>
    public static BenchLog Parse(string text)
    {
        var log = new BenchLog();
        foreach (string line in text.Split('\n')) log.Add(line);
        return log;
    }

    /// <summary>The measurements of a name.</summary>
    public IEnumerable<BenchLine> Named(string name) => Measurements.Where(line => line.Name == name);

    /// <summary>Takes a line; others than the bench's are skipped.</summary>
    public void Add(string line)
    {
        string[] words = line.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length >= 5 && words[0] == "GOLDEN" && int.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out int sequence))
            Golden.Add(new GoldenLine(words[1], words[2], sequence, words[4] == "PASS"));
        if (words.Length < 4 || words[0] != "BENCH" || !double.TryParse(words[2], NumberStyles.Float, CultureInfo.InvariantCulture, out double value)) return;
        if (words[1] == "end") IsComplete = true;
        else if (words[1] == "start") Version = (int)value;
        else Measurements.Add(new BenchLine(words[1], value, words[3], DetailsOf(words)));
    }

    private static Dictionary<string, string> DetailsOf(string[] words)
    {
        var details = new Dictionary<string, string>();
        for (int i = 4; i < words.Length; i++)
            if (words[i].IndexOf('=') is int equals and > 0) details[words[i][..equals]] = words[i][(equals + 1)..];
        return details;
    }
}
