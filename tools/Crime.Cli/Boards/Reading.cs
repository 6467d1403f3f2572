// What a board's serial console says, as values: SPEC.md, "The console".

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Crime.Cli.Boards;

/// <summary>An INF line of the console.</summary>
/// <param name="Input">Number of the input on its board.</param>
/// <param name="Length">Timesteps.</param>
/// <param name="Target">local, gateway or fallback.</param>
/// <param name="Label">Index of the class.</param>
/// <param name="TimeMs">Time of the inference.</param>
/// <param name="EnergyMj">Energy of the inference.</param>
/// <param name="PowerMw">Mean power during the inference.</param>
/// <param name="BreakEvenLength">Length from which the board would have offloaded; null for never.</param>
/// <param name="Depth">Requests that waited at the gateway.</param>
/// <param name="Meter">ina219 or model.</param>
internal sealed record Reading(
    int Input, int Length, string Target, int Label, double TimeMs, double EnergyMj, double PowerMw, int? BreakEvenLength, int Depth, string Meter)
{
    /// <summary>Tells the line from others where it is printed as JSON.</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; } = "inf";

    /// <summary>Parses a line of the console.</summary>
    /// <returns>Null when it is not an INF line.</returns>
    public static Reading? Parse(string line)
    {
        if (ConsoleFields.Read(line, "INF ") is not { } fields) return null;
        return new Reading(
            fields.Whole("id"), fields.Whole("len"), fields.Text("at"), fields.Whole("class"), fields.Number("ms"), fields.Number("mj"),
            fields.Number("mw"), fields.Text("even") == "-" ? null : fields.Whole("even"), fields.Whole("depth"), fields.Text("meter"));
    }
}

/// <summary>The END line of the console.</summary>
/// <param name="Inputs">Inferences.</param>
/// <param name="Local">Those that the mapping kept on the board.</param>
/// <param name="Gateway">Those that a gateway answered.</param>
/// <param name="Fallback">Those computed on the board because no gateway answered.</param>
/// <param name="TimeMs">Total time of the inferences.</param>
/// <param name="EnergyMj">Total energy of the inferences.</param>
internal sealed record ReadingTotals(int Inputs, int Local, int Gateway, int Fallback, double TimeMs, double EnergyMj)
{
    private const string Start = "END ";

    /// <summary>Tells the line from others where it is printed as JSON.</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; } = "end";

    /// <summary>Whether a line of the console is the last of a replay.</summary>
    public static bool IsEnd(string line) => line.StartsWith(Start, StringComparison.Ordinal);

    /// <summary>Parses a line of the console.</summary>
    /// <returns>Null when it is not an END line.</returns>
    public static ReadingTotals? Parse(string line)
    {
        if (ConsoleFields.Read(line, Start) is not { } fields) return null;
        return new ReadingTotals(
            fields.Whole("inputs"), fields.Whole("local"), fields.Whole("gateway"), fields.Whole("fallback"), fields.Number("ms"), fields.Number("mj"));
    }
}

/// <summary>The key=value parts of a line.</summary>
internal sealed class ConsoleFields
{
    private readonly Dictionary<string, string> _values = [];

    private ConsoleFields(string fields)
    {
        foreach (string field in fields.Split(' '))
        {
            int equals = field.IndexOf('=');
            if (equals > 0) _values[field[..equals]] = field[(equals + 1)..];
        }
    }

    /// <summary>The parts of a line that begins in a certain way; null for any other.</summary>
    public static ConsoleFields? Read(string line, string start) =>
        line.StartsWith(start, StringComparison.Ordinal) ? new ConsoleFields(line[start.Length..]) : null;

    /// <summary>A value as it stands.</summary>
    public string Text(string key) => _values[key];

    /// <summary>A value with decimals.</summary>
    public double Number(string key) => double.Parse(_values[key], CultureInfo.InvariantCulture);

    /// <summary>A whole number.</summary>
    public int Whole(string key) => int.Parse(_values[key], CultureInfo.InvariantCulture);
}
