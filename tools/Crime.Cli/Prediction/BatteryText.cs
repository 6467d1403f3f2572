// Battery life as a table, as lines and as JSON. Every verb that predicts it prints the same.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Modelling.Prediction;
using Spectre.Console;

namespace Crime.Cli.Prediction;

/// <summary>Text of battery life.</summary>
internal static class BatteryText
{
    private const string TooSlow = "too slow";

    /// <summary>A table with a row per radio mode and mapping.</summary>
    public static Table Table(BatteryForecast forecast)
    {
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(Title(forecast)));
        foreach (string column in (string[])["radio", "mapping"]) table.AddColumn(new TableColumn(column).NoWrap());
        foreach (string column in (string[])["idle\nmW", "inputs\nmW", "backgr.\nmW", "= mA", "gateway", "days"])
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        foreach (BatteryRow row in forecast.Rows)
        {
            string Power(double value) => row.KeepsUp ? Words.Of(value) : "-";
            table.AddRow(
                row.Radio, row.Mapping, Words.Of(row.IdleMw), Power(row.InputsMw), Power(row.BackgroundMw), Power(row.TotalMa),
                row.OffloadedPercent.ToString("0", CultureInfo.InvariantCulture) + " %", Days(row));
        }
        return table;
    }

    /// <summary>The title of the table.</summary>
    public static string Title(BatteryForecast forecast) =>
        $"battery life in days: {Number(forecast.Use.Battery.CapacityMah)} mAh, {Number(forecast.Use.InputsPerHour)} inputs an hour";

    /// <summary>Days of a row, or why there are none.</summary>
    public static string Days(BatteryRow row) => row.Days is { } days ? Words.Of(days) : TooSlow;

    /// <summary>The row that lasts longest with its settings, the rows that cannot be, and the assumptions.</summary>
    public static IEnumerable<string> Lines(BatteryForecast forecast)
    {
        if (forecast.Longest is { } longest)
        {
            string equal = string.Join(" and ", forecast.EqualMappings.Select(mapping => $"mapping={mapping}"));
            yield return $"longest: {longest.Radio} with mapping={longest.Mapping}, {Days(longest)} days{(equal == "" ? "" : $" (as long with {equal})")}";
            string broker = longest.Settings.Contains("radio=duty") ? "; and broker.host: a board without it does not sleep" : "";
            yield return $"its settings: {string.Join(", ", longest.Settings)}{broker}";
        }
        else
        {
            yield return "longest: none, the board keeps up with no setting";
        }
        double intervalMs = 3.6e6 / forecast.Use.InputsPerHour;
        foreach (BatteryRow row in forecast.Rows.Where(row => !row.KeepsUp))
            yield return $"{row.Radio} with mapping={row.Mapping} is {TooSlow}: an input takes {Words.Of(row.BusyMs)} ms, and one comes every {Words.Of(intervalMs)} ms";
        yield return Assumptions(forecast);
    }

    /// <summary>The assumptions behind the days, in one line.</summary>
    public static string Assumptions(BatteryForecast forecast)
    {
        Battery battery = forecast.Use.Battery;
        string regulator = battery.ConverterPercent is { } percent
            ? $"a switching converter of {Number(percent)} %" : "a linear regulator, which passes the current on";
        return $"assumed: {Number(battery.Volts)} V, {Number(battery.UsablePercent)} % of the capacity usable, "
            + $"{Number(battery.SelfDischargePercent)} % self-discharge a month, {regulator}, {Number(battery.ExtraMa)} mA "
            + $"beside the module; inputs of {Words.Of(forecast.MeanLength)} timesteps on average, an idle gateway, "
            + "objective=energy; always-on is a receiver that never sleeps, which no setting selects";
    }

    /// <summary>The object for JSON; <see cref="Verbs.BatteryOptions.JsonKeys"/> describes it.</summary>
    public static object Json(BatteryForecast forecast) => new
    {
        forecast.Use.Battery.CapacityMah,
        battery_volts = forecast.Use.Battery.Volts,
        forecast.Use.Battery.UsablePercent,
        forecast.Use.Battery.SelfDischargePercent,
        forecast.Use.Battery.ConverterPercent,
        forecast.Use.Battery.ExtraMa,
        forecast.Use.InputsPerHour,
        forecast.MeanLength,
        forecast.Rows,
        longest = forecast.Longest is { } row ? new { row.Radio, row.Mapping, row.Settings, row.Days, forecast.EqualMappings } : null,
    };

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
