// The demo on a terminal: a table of the boards that moves while they work. On a log file: a line per pass.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Crime.Cli.Demo;

/// <summary>Shows passes and boards.</summary>
internal sealed class DemoView(IAnsiConsole console) : IDemoView
{
    private const int RefreshMs = 200;

    private readonly Lock _lock = new();
    private IReadOnlyList<BoardRun> _boards = [];
    private string _title = "starting the gateway";
    private int _count;
    private int _total;

    /// <summary>Runs work and shows it.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        if (!console.Profile.Capabilities.Interactive) return await work();
        return await console.Live(Draw()).AutoClear(true).StartAsync(async live =>
        {
            Task<T> task = work();
            while (await Task.WhenAny(task, Task.Delay(RefreshMs)) != task) live.UpdateTarget(Draw());
            return await task;
        });
    }

    /// <inheritdoc/>
    public void OnPass(string mapping, IReadOnlyList<BoardRun> boards, int inputCount)
    {
        lock (_lock)
        {
            _boards = boards;
            _total = inputCount;
            _count = 0;
            _title = mapping switch
            {
                "local" => "baseline: every input on its board",
                "gateway" => "baseline: every input at the gateway",
                _ => "CRIME: every input where it is cheaper",
            };
        }
        Say($"{_title}: {inputCount} inputs on {boards.Count} boards");
    }

    /// <inheritdoc/>
    public void OnReading(int count) => Volatile.Write(ref _count, count);

    /// <inheritdoc/>
    public void OnFault(Fault fault)
    {
        string text = fault switch
        {
            Fault.GatewayDown => "the gateway has been killed",
            Fault.SlowLink => "the links are slow now",
            _ => "other clients keep the gateway busy now",
        };
        lock (_lock) _title += " (" + text + ")";
        Say(text);
    }

    private void Say(string line)
    {
        if (!console.Profile.Capabilities.Interactive) console.WriteLine(line);
    }

    private IRenderable Draw()
    {
        lock (_lock)
        {
            var table = new Table().Border(TableBorder.Rounded)
                .Title(new TableTitle(Markup.Escape($"{_title}, {Volatile.Read(ref _count)} of {_total}")))
                .AddColumns("board", "inputs", "last", "length", "ms", "mJ", "break-even");
            for (int i = 0; i < _boards.Count; i++)
            {
                Reading? last;
                int count;
                lock (_boards[i].Readings)
                {
                    count = _boards[i].Readings.Count;
                    last = count > 0 ? _boards[i].Readings[^1] : null;
                }
                table.AddRow(
                    $"board-{i + 1}", Text(count), last?.Target ?? "", last == null ? "" : Text(last.Length),
                    last?.TimeMs.ToString("0.0", CultureInfo.InvariantCulture) ?? "",
                    last?.EnergyMj.ToString("0.00", CultureInfo.InvariantCulture) ?? "",
                    last == null ? "" : last.BreakEvenLength is { } length ? Text(length) : "never");
            }
            return table;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
