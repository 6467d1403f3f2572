// What a board's serial console says, as values: SPEC.md, "The console". Lines come over wires: only one that is exactly as
// the board writes it is a reading, and no line makes a parser throw.

using System;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Crime.Cli.Boards;

/// <summary>An INF line of the console.</summary>
/// <param name="Input">Number of the input on its board.</param>
/// <param name="Length">Timesteps.</param>
/// <param name="Target">local, gateway or fallback.</param>
/// <param name="ClassIndex">Index of the class; null when the gateway publishes the result and the board does not know it.</param>
/// <param name="TimeMs">Time of the inference in ms.</param>
/// <param name="ActiveMs">Time in ms until the radio no longer listens because of the inference.</param>
/// <param name="EnergyMj">Energy in mJ above the idle baseline, in that time.</param>
/// <param name="PowerMw">Mean power in mW above the idle baseline, in that time.</param>
/// <param name="BreakEvenLength">Length from which the board would have offloaded; null for never.</param>
/// <param name="Depth">Requests that waited at the gateway.</param>
/// <param name="Meter">ina219 or model.</param>
/// <param name="Done">Timesteps computed on the board before the rest of a stream was sent to a gateway; 0 when no stream was handed off.</param>
/// <param name="ConfidencePerMille">Softmax of the class in per mille; null when the board does not know it.</param>
/// <param name="Class">Name of the class, or unknown where the confidence is too low; null when the board does not know it.</param>
/// <param name="Value">First value of the answer, or score of an anomaly; null where the answer is a class.</param>
/// <param name="Unit">Unit of the value; null for none.</param>
internal sealed partial record Reading(
    int Input, int Length, string Target, int? ClassIndex, double TimeMs, double ActiveMs, double EnergyMj, double PowerMw, int? BreakEvenLength, int Depth,
    string Meter, int Done = 0, int? ConfidencePerMille = null, string? Class = null, double? Value = null, string? Unit = null)
{
    /// <summary>Tells the line from others where it is printed as JSON.</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; } = "inf";

    /// <summary>The output of a network that writes, cut off at the end of the line; null for other networks.</summary>
    public string? Output { get; private init; }

    /// <summary>Parses a line of the console.</summary>
    /// <returns>Null when it is not an INF line, or a damaged one.</returns>
    public static Reading? Parse(string line)
    {
        if (ConsoleFields.Read(Line(), line) is not { } fields || !fields.PowerIsTimeAndEnergy("active")) return null;
        return new Reading(
            fields.Whole("id"), fields.Whole("len"), fields.Text("at"), fields.Text("class") == "-" ? null : fields.Whole("class"),
            fields.Number("ms"), fields.Number("active"),
            fields.Number("mj"), fields.Number("mw"), fields.Text("even") == "-" ? null : fields.Whole("even"), fields.Whole("depth"), fields.Text("meter"),
            fields.Text("done").Length == 0 ? 0 : fields.Whole("done"), fields.Text("conf") == "-" ? null : fields.Whole("conf"),
            fields.Text("name").Length == 0 ? null : fields.Text("name"), fields.Text("value").Length == 0 ? null : fields.Number("value"),
            fields.Text("unit").Length == 0 ? null : fields.Text("unit"))
        {
            Output = fields.Has("text") ? fields.Text("text") : null,
        };
    }

    [GeneratedRegex(
        @"^INF id=(?<id>\d{1,9}) len=(?<len>\d{1,5}) at=(?<at>local|gateway|fallback)( done=(?<done>[1-9]\d{0,4}))? class=(?<class>-|\d{1,5}) "
        + @"ms=(?<ms>\d{1,9}\.\d{3}) active-ms=(?<active>\d{1,9}\.\d{3}) mj=(?<mj>\d{1,9}\.\d{3}) "
        + @"mw=(?<mw>\d{1,9}\.\d{3}) even=(?<even>-|\d{1,5}) depth=(?<depth>\d{1,5}) meter=(?<meter>ina219|model)"
        + @" conf=(?<conf>-|[1-9]\d{0,3}) name=(-|""(?<name>[ !#-~]+)"")"
        + @"( value=(?<value>-?\d{1,13}\.(\d{3}|\d{6})) unit=""(?<unit>[ !#-~]{0,15})"")?( text=""(?<text>[ !#-~]*)"")?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}

/// <summary>A METER line: what a second board measured while a pin of the computing one was up.</summary>
/// <param name="Bracket">Number of the bracket since the meter started.</param>
/// <param name="Pin">GPIO of the meter board that was up.</param>
/// <param name="TimeMs">Time in ms for which it was up.</param>
/// <param name="EnergyMj">Energy in mJ in that time, above the idle power.</param>
/// <param name="PowerMw">Mean power in mW in that time, above the idle power.</param>
/// <param name="IdleMw">Mean power in mW while it was down.</param>
/// <param name="Samples">Conversions of the sensor that were added up.</param>
/// <param name="Bad">Conversions that failed or were out of range: with any, the energy is a guess.</param>
internal sealed partial record BracketReading(
    int Bracket, int Pin, double TimeMs, double EnergyMj, double PowerMw, double IdleMw, int Samples, int Bad)
{
    /// <summary>Parses a line of the console.</summary>
    /// <returns>Null when it is not a METER line, or a damaged one.</returns>
    public static BracketReading? Parse(string line)
    {
        if (ConsoleFields.Read(Line(), line) is not { } fields || !fields.PowerIsTimeAndEnergy("ms")) return null;
        return new BracketReading(
            fields.Whole("id"), fields.Whole("pin"), fields.Number("ms"), fields.Number("mj"), fields.Number("mw"), fields.Number("idle"),
            fields.Whole("samples"), fields.Whole("bad"));
    }

    [GeneratedRegex(
        @"^METER id=(?<id>\d{1,9}) pin=(?<pin>\d{1,2}) ms=(?<ms>\d{1,9}\.\d{3}) mj=(?<mj>\d{1,9}\.\d{3}) mw=(?<mw>\d{1,9}\.\d{3}) "
        + @"idle-mw=(?<idle>\d{1,9}\.\d{3}) samples=(?<samples>\d{1,9}) bad=(?<bad>\d{1,9})\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}

/// <summary>The END line of the console.</summary>
/// <param name="Inputs">Inferences.</param>
/// <param name="Local">Those that the mapping kept on the board.</param>
/// <param name="Gateway">Those that a gateway answered.</param>
/// <param name="Fallback">Those computed on the board because no gateway answered.</param>
/// <param name="TimeMs">Total time of the inferences.</param>
/// <param name="EnergyMj">Total energy of the inferences in mJ, above the idle baseline.</param>
/// <param name="BackgroundMj">Energy in mJ above the idle baseline that no inference has caused.</param>
internal sealed partial record ReadingTotals(int Inputs, int Local, int Gateway, int Fallback, double TimeMs, double EnergyMj, double BackgroundMj)
{
    /// <summary>Tells the line from others where it is printed as JSON.</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; } = "end";

    /// <summary>Whether a line of the console is the last of a replay.</summary>
    public static bool IsEnd(string line) => line.StartsWith("END ", StringComparison.Ordinal);

    /// <summary>Parses a line of the console.</summary>
    /// <returns>Null when it is not an END line, or a damaged one.</returns>
    public static ReadingTotals? Parse(string line)
    {
        if (ConsoleFields.Read(Line(), line) is not { } fields) return null;
        return new ReadingTotals(
            fields.Whole("inputs"), fields.Whole("local"), fields.Whole("gateway"), fields.Whole("fallback"), fields.Number("ms"), fields.Number("mj"),
            fields.Number("background"));
    }

    [GeneratedRegex(
        @"^END inputs=(?<inputs>\d{1,9}) local=(?<local>\d{1,9}) gateway=(?<gateway>\d{1,9}) fallback=(?<fallback>\d{1,9}) "
        + @"ms=(?<ms>\d{1,12}\.\d{3}) mj=(?<mj>\d{1,12}\.\d{3}) background-total-mj=(?<background>\d{1,12}\.\d{3})\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Line();
}

/// <summary>The values of a line whose form has been checked.</summary>
internal sealed class ConsoleFields
{
    private readonly Match _match;

    private ConsoleFields(Match match) => _match = match;

    /// <summary>The values of a line; null when it has another form.</summary>
    public static ConsoleFields? Read(Regex form, string line) => form.Match(line) is { Success: true } match ? new ConsoleFields(match) : null;

    /// <summary>Returns true when the line has a value.</summary>
    public bool Has(string key) => _match.Groups[key].Success;

    /// <summary>A value as it stands.</summary>
    public string Text(string key) => _match.Groups[key].Value;

    /// <summary>A value with decimals.</summary>
    public double Number(string key) => double.Parse(_match.Groups[key].ValueSpan, CultureInfo.InvariantCulture);

    /// <summary>A whole number.</summary>
    public int Whole(string key) => int.Parse(_match.Groups[key].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>
    /// Returns true when mw is what the board computes from a time and mj. A digit lost in any of the three, which leaves a line of good form,
    /// shows here.
    /// </summary>
    /// <param name="timeKey">Name of the time.</param>
    public bool PowerIsTimeAndEnergy(string timeKey)
    {
        long timeUs = Thousandths(timeKey), energyUj = Thousandths("mj");
        return Thousandths("mw") == (timeUs < 1 ? 0 : energyUj * 1_000_000 / timeUs);
    }

    private long Thousandths(string key) => long.Parse(Text(key).Replace(".", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture);
}
