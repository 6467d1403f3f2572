// The columns of a log: which one is the time, which one the label, and which ones are channels.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Sensing;

namespace Crime.Modelling.Datasets;

/// <summary>Columns that the user names. Null: a column is chosen by its name.</summary>
/// <param name="Time">Name of the time column; <see cref="NoTime"/> for none.</param>
/// <param name="TimeUnit">Unit of the time: s, ms or us.</param>
/// <param name="Label">Name of the column with the classes.</param>
/// <param name="Channels">Names of the channels in their order; null or empty for all other numeric columns.</param>
public sealed record SensorLogColumns(string? Time = null, string? TimeUnit = null, string? Label = null, IReadOnlyList<string>? Channels = null)
{
    /// <summary>Value of <see cref="Time"/> for a log whose time is not read.</summary>
    public const string NoTime = "none";

    /// <summary>Units of the time.</summary>
    public static IReadOnlyList<string> Units { get; } = ["s", "ms", "us"];

    internal static IReadOnlyList<string> TimeNames { get; } =
        ["time", "t", "timestamp", "ms", "s", "time_s", "time_ms", "time_us", "timestamp_s", "timestamp_ms", "timestamp_us"];

    internal static IReadOnlyList<string> LabelNames { get; } = ["label", "class", "activity"];
}

/// <summary>Places of the columns in a file.</summary>
internal sealed class ColumnPlaces
{
    private readonly string[] _header;
    private readonly string _where;

    /// <summary>Finds the columns.</summary>
    /// <param name="header">Names of all columns.</param>
    /// <param name="first">Cells of the first line after the header: a column is numeric when its cell there is.</param>
    /// <param name="columns">The columns that the user names.</param>
    /// <param name="where">File and line of the header.</param>
    /// <exception cref="UserInputException">A named column is missing, or there is no numeric column.</exception>
    public ColumnPlaces(string[] header, string[] first, SensorLogColumns columns, string where)
    {
        (_header, _where) = (header, where);
        if (header.All(IsNumeric)) throw new UserInputException($"{where}: no header: the first line must name the columns, as in time,x,y,z,label");
        string? twice = header.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice != null) throw new UserInputException($"{where}: two columns are named '{twice}'; give each column its own name");
        Time = columns.Time == SensorLogColumns.NoTime ? -1 : Find(columns.Time, SensorLogColumns.TimeNames, "--time");
        Label = Find(columns.Label, SensorLogColumns.LabelNames, "--label");
        Channels = columns.Channels is { Count: > 0 } named
            ? [.. named.Select(name => Find(name, [], "--channels"))]
            : [.. Enumerable.Range(0, header.Length).Where(i => i != Time && i != Label && i < first.Length && IsNumeric(first[i]))];
        Ignored = [.. Enumerable.Range(0, header.Length).Where(i => i != Time && i != Label && !Channels.Contains(i)).Select(i => header[i])];
        if (Channels.Length == 0) throw new UserInputException($"{where}: no numeric column besides the time: a log has one column of numbers per channel");
        if (Channels.Length > SegmenterSettings.MostChannels)
            throw new UserInputException($"{where}: {Channels.Length} channels, and a segmenter has at most {SegmenterSettings.MostChannels}; choose with --channels");
        SecondsPerUnit = (columns.TimeUnit ?? GuessedUnit()) switch { "ms" => 1e-3, "us" => 1e-6, _ => 1 };
    }

    /// <summary>Place of the time; -1 when there is none.</summary>
    public int Time { get; }

    /// <summary>Place of the label; -1 when there is none.</summary>
    public int Label { get; }

    /// <summary>Places of the channels.</summary>
    public int[] Channels { get; }

    /// <summary>Names of the columns that are not read.</summary>
    public string[] Ignored { get; }

    /// <summary>Seconds of one unit of the time.</summary>
    public double SecondsPerUnit { get; }

    /// <summary>Name of a column.</summary>
    public string NameOf(int place) => _header[place];

    // An empty cell and NaN are missing numbers, not words.
    private static bool IsNumeric(string cell) => cell.Length == 0 || double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private int Find(string? given, IReadOnlyList<string> usual, string option)
    {
        if (given == null)
            return usual.Select(name => Array.FindIndex(_header, column => column.Equals(name, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(i => i >= 0, -1);
        int place = Array.FindIndex(_header, column => column.Equals(given, StringComparison.OrdinalIgnoreCase));
        if (place < 0) throw new UserInputException($"{_where}: no column '{given}' for {option}; the columns are {string.Join(", ", _header)}");
        return place;
    }

    private string GuessedUnit()
    {
        if (Time < 0) return "s";
        string last = _header[Time].Split([.. "_ ()[]."], StringSplitOptions.RemoveEmptyEntries).LastOrDefault("");
        return SensorLogColumns.Units.FirstOrDefault(unit => unit.Equals(last, StringComparison.OrdinalIgnoreCase)) ?? "s";
    }
}
