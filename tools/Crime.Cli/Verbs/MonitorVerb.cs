// crime monitor: energy readings as they come, from a board on a cable or from all boards at a broker.

using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Monitor;
using Crime.Frames;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class MonitorVerb
{
    private const int MqttPort = 1883;
    private const int MaxSeconds = 7 * 24 * 3600;

    public static Command Create()
    {
        var port = new Option<string?>("--port") { Description = "Serial port or terminal device of a board's console, or a file with what one has said." };
        var baud = Options.Number("--baud", "Bits per second of the serial port.", 115_200, 300, 2_000_000);
        var mqtt = new Option<string?>("--mqtt")
        {
            Description = "HOST[:PORT] of the MQTT broker that boards send telemetry to. Credentials: CRIME_Broker__Username and "
                + "CRIME_Broker__Password in the environment.",
        };
        var board = Options.Word("--board", "Id of the board: the only one to listen to, or the name of the one on the port.", "");
        var csv = new Option<string?>("--csv") { Description = "File that receives a line for each reading; one with readings is continued." };
        var plot = new Option<string?>("--plot") { Description = "Picture of energy and time against length, a .png, drawn at the end." };
        var count = Options.Number("--count", "End after so many readings; 0 for no limit.", 0, 0, int.MaxValue);
        var seconds = Options.Number("--seconds", "End after so many seconds; 0 for no limit.", 0, 0, MaxSeconds);
        var json = new Option<bool>("--json") { Description = "Print each reading as a JSON object on a line, and at the end the totals." };
        var command = new Command(
            "monitor",
            "Shows the energy of every inference as boards report it, and totals per target, until Ctrl+C.\n"
            + "What you type goes to the board's console (try help). A port that is unplugged is waited for.\n\n"
            + "Examples:\n  crime monitor --port /dev/ttyUSB0 --csv readings.csv --plot energy.png\n  crime monitor --mqtt localhost --board hall-1 --json")
        {
            port, baud, mqtt, board, csv, plot, count, seconds, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            string id = parsed.GetRequiredValue(board);
            if (id.Length > 0 && !Topics.IsNodeId(id)) throw new UserInputException($"--board takes 1 to 32 letters, digits, '-', '_' or '.'; '{id}' is not that");
            using IReadingSource source = SourceOf(parsed.GetValue(port), parsed.GetValue(baud), parsed.GetValue(mqtt), id);
            ReadingPlot? picture = parsed.GetValue(plot) is { } plotPath ? new ReadingPlot(plotPath) : null;
            await source.OpenAsync(cancellation);
            using ReadingFile? file = parsed.GetValue(csv) is { } csvPath ? new ReadingFile(csvPath) : null;
            return await Run(source, file, picture, parsed.GetValue(count), parsed.GetValue(seconds), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static IReadingSource SourceOf(string? port, int baud, string? mqtt, string board)
    {
        if (port == null == (mqtt == null)) throw new UserInputException("monitor takes either --port or --mqtt: where the readings come from");
        if (port != null) return new SerialSource(port, baud, board);
        bool hasPort = mqtt!.Contains(':', StringComparison.Ordinal);
        return new MqttSource(Options.Broker(hasPort ? mqtt : $"{mqtt}:{MqttPort}", "--mqtt"), board);
    }

    private static async Task<int> Run(
        IReadingSource source, ReadingFile? file, ReadingPlot? plot, int count, int seconds, bool json, CancellationToken cancellation)
    {
        var totals = new MonitorTotals();
        var typed = new TypedCommands();
        bool isLive = !json && AnsiConsole.Profile.Capabilities.Interactive && !Console.IsInputRedirected && !Console.IsOutputRedirected;
        IMonitorView view = json ? new JsonView(totals) : isLive ? new LiveView(totals, typed) : new LineView(totals);
        typed.Start(isLive, line =>
        {
            if (source.Send(line) is { } problem) view.Show(new LinkChanged(true, $"not sent: {problem}"), DateTime.UtcNow);
        });
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (seconds > 0) end.CancelAfter(TimeSpan.FromSeconds(seconds));
        await new MonitorRun(source, totals, view, file, plot, count).RunAsync(end.Token);
        return 0;
    }
}
