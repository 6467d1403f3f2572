// How the monitor shows what arrives: a live table for a person, lines for a pipe, JSON for a program.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Outputs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Crime.Cli.Monitor;

/// <summary>Shows a measurement. An event may come on any thread.</summary>
internal interface IMonitorView
{
    /// <summary>Shows while the measurement goes on.</summary>
    /// <param name="measure">The measurement.</param>
    Task WhileAsync(Func<Task> measure);

    /// <summary>An event has arrived; the totals have it already.</summary>
    void Show(MonitorEvent arrived, DateTime utc);

    /// <summary>The measurement is over.</summary>
    void End();
}

/// <summary>One JSON object a line: each reading, and at the end the totals.</summary>
internal sealed class JsonView(MonitorTotals totals) : IMonitorView
{
    /// <inheritdoc/>
    public Task WhileAsync(Func<Task> measure) => measure();

    /// <inheritdoc/>
    public void Show(MonitorEvent arrived, DateTime utc)
    {
        switch (arrived)
        {
            case InferenceArrived { Reading: var r } inference:
                Output.WriteJsonLine(new
                {
                    r.Kind, Utc = utc, inference.Board, r.Input, r.Length, r.Target, r.Class, r.ClassIndex, r.TimeMs, r.EnergyMj, r.PowerMw,
                    r.BreakEvenLength, r.Depth, r.Meter, r.Done, r.ConfidencePerMille, r.Value, r.Unit,
                });
                break;
            case BracketArrived { Reading: var r } bracket:
                Output.WriteJsonLine(new { Kind = "meter", Utc = utc, bracket.Board, r.Bracket, r.Pin, r.TimeMs, r.EnergyMj, r.PowerMw, r.Samples, r.Bad });
                break;
            default: MonitorText.Remark(arrived); break;
        }
    }

    /// <inheritdoc/>
    public void End() => Output.WriteJsonLine(new
    {
        Kind = "totals",
        totals.Readings,
        totals.Garbled,
        totals.Missing,
        totals.Outages,
        totals.Last?.BreakEvenLength,
        totals.Last?.Meter,
        Targets = totals.Rows.Select(row => new { row.Board, row.Target, row.Count, row.MeanMs, row.MeanMj, row.TotalMs, row.TotalMj }),
    });
}

/// <summary>A line for each event, and the table at the end.</summary>
internal sealed class LineView(MonitorTotals totals) : IMonitorView
{
    /// <inheritdoc/>
    public Task WhileAsync(Func<Task> measure) => measure();

    /// <inheritdoc/>
    public void Show(MonitorEvent arrived, DateTime utc)
    {
        if (MonitorText.LineOf(arrived) is { } line) Console.Out.WriteLine(line);
        else MonitorText.Remark(arrived);
    }

    /// <inheritdoc/>
    public void End() => AnsiConsole.Write(MonitorText.Table(totals));
}

/// <summary>The totals, what the board said last, and the command that is being typed, over and over in the same place.</summary>
internal sealed class LiveView(MonitorTotals totals, TypedCommands typed) : IMonitorView
{
    private const int RefreshMs = 150;
    private const int LinesShown = 8;

    private readonly Lock _lock = new();
    private readonly Queue<string> _lines = [];

    /// <inheritdoc/>
    public Task WhileAsync(Func<Task> measure) => AnsiConsole.Live(Render()).StartAsync(async context =>
    {
        Task measuring = measure();
        while (await Task.WhenAny(measuring, Task.Delay(RefreshMs)) != measuring) context.UpdateTarget(Render());
        context.UpdateTarget(MonitorText.Table(totals));
        await measuring;
    });

    /// <inheritdoc/>
    public void Show(MonitorEvent arrived, DateTime utc)
    {
        lock (_lock)
        {
            if (arrived is not InferenceArrived) _lines.Enqueue(MonitorText.LineOf(arrived) ?? MonitorText.RemarkOf(arrived));
            while (_lines.Count > LinesShown) _lines.Dequeue();
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        // The last table stays where it is.
    }

    private Rows Render()
    {
        lock (totals)
            lock (_lock)
            {
                IEnumerable<IRenderable> parts = [MonitorText.Table(totals), .. _lines.Select(line => new Text(line)), new Text("> " + typed.Unfinished)];
                return new Rows(parts);
            }
    }
}

/// <summary>What views have in common.</summary>
internal static class MonitorText
{
    private const int MaxRowsShown = 30;

    /// <summary>How far a stream had come on the board.</summary>
    private static string After(int done) => done == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" after {done}");

    /// <summary>The answer of a reading: its value with a unit, or its class with name and confidence where they are known.</summary>
    private static string AnswerOf(Reading reading)
    {
        string value = reading.Value is { } number ? string.Create(CultureInfo.InvariantCulture, $"value {number:0.######} {reading.Unit}").TrimEnd() : "";
        string classText = ClassOf(reading);
        return value.Length == 0 ? $"class {classText}" : reading.ClassIndex == null ? value : $"class {classText}, {value}";
    }

    /// <summary>The class of a reading, with name and confidence where they are known.</summary>
    private static string ClassOf(Reading reading)
    {
        if (reading.ClassIndex is not { } index) return "-";
        string name = reading.Class == null ? "" : $" {reading.Class}";
        return reading.ConfidencePerMille is { } perMille
            ? string.Create(CultureInfo.InvariantCulture, $"{index}{name} ({perMille / 10.0:0.0} %)")
            : string.Create(CultureInfo.InvariantCulture, $"{index}{name}");
    }

    /// <summary>The line of a reading or of a board; null for what is neither.</summary>
    public static string? LineOf(MonitorEvent arrived) => arrived switch
    {
        InferenceArrived { Reading: var r } inference => string.Create(
            CultureInfo.InvariantCulture,
            $"{inference.Board} {r.Input}: {r.Length} steps, {r.Target}{After(r.Done)}, {AnswerOf(r)}, "
            + $"{r.TimeMs:0.000} ms, {r.EnergyMj:0.000} mJ, "
            + $"break-even {Length(r.BreakEvenLength)}, meter {r.Meter}"),
        BracketArrived { Reading: var r } bracket => string.Create(
            CultureInfo.InvariantCulture,
            $"{bracket.Board} {r.Bracket}: pin {r.Pin} up for {r.TimeMs:0.000} ms, {r.EnergyMj:0.000} mJ, {r.Samples} samples, {r.Bad} bad"),
        TextArrived text => text.Line,
        _ => null,
    };

    /// <summary>What is said of an event that is not a board's line.</summary>
    public static string RemarkOf(MonitorEvent arrived) => arrived switch
    {
        GarbledArrived garbled => "garbled: " + garbled.Shown,
        LinkChanged link => link.Text,
        _ => LineOf(arrived) ?? "",
    };

    /// <summary>Says it on standard error.</summary>
    public static void Remark(MonitorEvent arrived) => Console.Error.WriteLine(RemarkOf(arrived));

    /// <summary>The totals per board and target.</summary>
    public static Table Table(MonitorTotals totals)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("board").AddColumn("target");
        foreach (string column in (string[])["count", "mean ms", "mean mJ", "total mJ"]) table.AddColumn(new TableColumn(column).RightAligned());
        lock (totals)
        {
            foreach (TargetTotals row in totals.Rows.Take(MaxRowsShown))
                table.AddRow(
                    new Text(row.Board), new Text(row.Target), new Text(row.Count.ToString(CultureInfo.InvariantCulture)), Decimals(row.MeanMs),
                    Decimals(row.MeanMj), Decimals(row.TotalMj));
            string last = totals.Last is { } reading ? $"break-even {Length(reading.BreakEvenLength)}, meter {reading.Meter}; " : "";
            string hidden = totals.Rows.Count > MaxRowsShown ? $"; {totals.Rows.Count - MaxRowsShown} more rows" : "";
            table.Caption(Markup.Escape(string.Create(
                CultureInfo.InvariantCulture, $"{last}{totals.Garbled} garbled, {totals.Missing} missing, {totals.Outages} outages{hidden}")));
        }
        return table;
    }

    private static Text Decimals(double value) => new(value.ToString("0.000", CultureInfo.InvariantCulture));

    private static string Length(int? breakEven) => breakEven?.ToString(CultureInfo.InvariantCulture) ?? "never";
}
