// Options that name the columns of a log.

using System;
using System.CommandLine;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Verbs;

/// <summary>Options of the columns of a log.</summary>
internal sealed class LogOptions
{
    private readonly Option<string?> _time = new("--time")
    {
        Description = "Column of the time, or none; time, t, timestamp, ms, s, time_ms and the like unless given.",
    };
    private readonly Option<string?> _unit = new("--time-unit") { Description = "Unit of the time: s, ms or us. Unless given, the unit in the column's name, else s." };
    private readonly Option<string?> _label = new("--label")
    {
        Description = "Column of the known parts; label, class or activity unless given. A run of equal labels is a part; empty, rest, none and null are rest.",
    };
    private readonly Option<string?> _channels = new("--channels") { Description = "Columns of the channels, as in x,y,z; all other columns with numbers unless given." };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _unit.AcceptOnlyFromAmong([.. SensorLogColumns.Units]);
        foreach (Option option in new Option[] { _time, _unit, _label, _channels }) command.Options.Add(option);
    }

    /// <summary>Returns the columns that were given.</summary>
    public SensorLogColumns Read(ParseResult parsed) => new(
        parsed.GetValue(_time), parsed.GetValue(_unit), parsed.GetValue(_label),
        parsed.GetValue(_channels)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
