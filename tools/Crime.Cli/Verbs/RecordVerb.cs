// crime record: a data set from the sensor of a board, take by take.

using System;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Outputs;
using Crime.Cli.Takes;
using Crime.Frames;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Verbs;

internal sealed class RecordVerb
{
    private const int MqttPort = 1883;

    private readonly Option<string?> _port = new("--port") { Description = "Serial port or terminal device of the board's console." };
    private readonly Option<int> _baud = Options.Number("--baud", "Bits per second of the serial port.", 115_200, 300, 2_000_000);
    private readonly Option<string?> _mqtt = new("--mqtt")
    {
        Description = "HOST[:PORT] of the MQTT broker of a board without a cable. Credentials: CRIME_Broker__Username and "
            + "CRIME_Broker__Password in the environment.",
    };
    private readonly Option<string?> _board = new("--board") { Description = "Id of the board at the broker." };
    private readonly Option<string> _label = new("--label") { Description = "Class of the takes.", Required = true };
    private readonly Option<int> _count = Options.Number("--count", "Takes to keep.", 20, 1, 100_000);
    private readonly Option<string> _output = new("--output", "-o") { Description = "Folder of the data set. Takes are added to one that is there.", Required = true };
    private readonly Option<double> _split = Options.Real(
        "--split", "Share of the takes of a class in the training part; with 0.75 every fourth take is in the test part", 0.75,
        share => share is > 0 and <= 1, "above 0, up to 1");
    private readonly Option<bool> _yes = new("--yes") { Description = "Keep each take without a question; so does an input that is no terminal." };
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print the result as JSON: files, details (kept, for_test, dropped, lost, labels, rate_hz), data.",
    };

    private RecordVerb()
    {
    }

    public static Command Create()
    {
        var verb = new RecordVerb();
        var command = new Command(
            "record",
            "Records a data set: the board streams each sequence that its sensor gives, and you keep it, drop it, or give it another label.\n"
            + "The board needs no model. It classifies again when the recording ends.\n\n"
            + "Examples:\n  crime record --port /dev/ttyUSB0 --label wave --count 20 -o gestures\n"
            + "  crime record --mqtt localhost --board hall-1 --label rest --yes -o gestures")
        {
            verb._port, verb._baud, verb._mqtt, verb._board, verb._label, verb._count, verb._output, verb._split, verb._yes, verb._json,
        };
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string label = parsed.GetRequiredValue(_label), folder = parsed.GetRequiredValue(_output);
        if (TakeStore.ProblemOf(label) is { } problem) throw new UserInputException($"--label {problem}");
        bool isJson = parsed.GetValue(_json);
        TakeStore store = TakeStore.Open(folder, (decimal)parsed.GetValue(_split));
        using IBoardLink link = LinkOf(parsed.GetValue(_port), parsed.GetValue(_baud), parsed.GetValue(_mqtt), parsed.GetValue(_board));
        await link.OpenAsync(cancellation);
        bool isTerminal = !isJson && !Console.IsOutputRedirected && !Console.IsErrorRedirected;
        ChannelReader<ConsoleKeyInfo>? keys = parsed.GetValue(_yes) || Console.IsInputRedirected ? null : ReadKeys();
        var run = new RecordRun(link, store, new RecordView(Console.Error, isTerminal), label, parsed.GetValue(_count));
        RecordEnd end = await run.RunAsync(keys, cancellation);
        Report(run, store, folder, isJson);
        if (end == RecordEnd.LinkLost) throw new BoardFailedException($"the board is gone; {run.Kept} takes are kept");
        return end == RecordEnd.Interrupted ? ExitCode.Interrupted : 0;
    }

    private static IBoardLink LinkOf(string? port, int baud, string? mqtt, string? board)
    {
        if (port == null == (mqtt == null)) throw new UserInputException("record takes either --port or --mqtt: the way to the board");
        if (port != null)
            return board == null ? new SerialLink(port, baud) : throw new UserInputException("--board is for --mqtt; on a port there is one board");
        if (board == null || !Topics.IsNodeId(board))
            throw new UserInputException($"--mqtt needs --board: 1 to 32 letters, digits, '-', '_' or '.'{(board == null ? "" : $"; '{board}' is not that")}");
        bool hasPort = mqtt!.Contains(':', StringComparison.Ordinal);
        return new MqttLink(Options.Broker(hasPort ? mqtt : $"{mqtt}:{MqttPort}", "--mqtt"), board);
    }

    /// <summary>Reads keys on a thread of its own, because that can be neither cancelled nor awaited.</summary>
    private static ChannelReader<ConsoleKeyInfo> ReadKeys()
    {
        var keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
        new Thread(() =>
        {
            while (true) keys.Writer.TryWrite(Console.ReadKey(intercept: true));
        })
        {
            IsBackground = true, Name = "keys",
        }.Start();
        return keys.Reader;
    }

    private static void Report(RecordRun run, TakeStore store, string folder, bool isJson)
    {
        string[] files = [.. store.Files];
        if (isJson)
        {
            decimal? rate = run.RateMilliHz == 0 ? null : run.RateMilliHz / 1000m;
            var details = new { run.Kept, ForTest = run.KeptForTest, run.Dropped, run.Lost, Labels = run.KeptOf, RateHz = rate };
            Output.WriteJson(new { files, details }, files.Length == 0 ? null : store.Data);
            return;
        }
        if (files.Length == 0)
        {
            Console.Out.WriteLine($"{folder}: nothing is kept, nothing is written");
            return;
        }
        string labels = string.Join(", ", run.KeptOf.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} x {pair.Key}")));
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{string.Join(", ", files)}: {new DatasetSummary(store.Data).ToLine()}; added {labels}, {run.KeptForTest} of them for the test part{Rest(run)}"));
    }

    private static string Rest(RecordRun run) => string.Concat(
        new[] { (run.Dropped, "dropped"), (run.Lost, "lost") }.Where(part => part.Item1 > 0)
            .Select(part => string.Create(CultureInfo.InvariantCulture, $"; {part.Item1} {part.Item2}")));
}
