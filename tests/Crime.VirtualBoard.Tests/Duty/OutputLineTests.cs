using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Ranges;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Duty;

/// <summary>A board that writes sequences, and sleeps deeply between its inputs.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed partial class OutputLineTests
{
    private const int InputCount = 4;
    private const int Length = 6;
    private const string Settings =
        "board.id=duty\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port=1\nhttp.port=0\nradio=duty\nsleep=deep\nmapping=local\ninputs.interval-ms=1500\n";

    [Test]
    public async Task TheFittedLineOfTheOutputSurvivesADeepSleep()
    {
        // The line of the file expects 40 steps, and the network writes nine at most.
        TrainedModel trained = TestDecoders.Make(
            CellKind.Lstm, AttentionKind.None, hidden: 8, longest: 9, seed: 3, length: new OutputLengthFit(0, 40, 0.5, 0, 100));
        byte[] file = TestModels.Write(trained, 16, new Calibration("test", 7.99f, [4f], 0));
        ModelFile model = TestModels.Parse(file);
        LabelledSequence[] inputs = [.. Enumerable.Range(0, InputCount).Select(i =>
            new LabelledSequence(i, "a", Length, [], [.. Enumerable.Range(0, Length).Select(k => model.CodePoint(1 + (i + k) % (model.VocabularyCount - 1)))]))];
        using var board = new Board(new BoardOptions
        {
            Profile = TestBoards.Profile, FlashFolder = FirmwareFlash.Make(Settings, file, RecordingWriter.Write(model, inputs)),
        });
        board.Start();
        List<string> lines = await DutyCycleTests.LinesUntilEndAsync(board);
        double[] forecasts = [.. lines.Select(line => LocalLine().Match(line)).Where(match => match.Success).Select(match =>
            double.Parse(match.Groups["alpha"].Value, CultureInfo.InvariantCulture) * Length + double.Parse(match.Groups["beta"].Value, CultureInfo.InvariantCulture))];
        Assert.That(board.DeepSleeps, Is.GreaterThanOrEqualTo(InputCount - 1));
        Assert.That(forecasts, Has.Length.EqualTo(board.DeepSleeps + 1), "each start has its line");
        // Each output weighs 1/32 of a difference of 31 steps and more.
        Assert.That(forecasts[^1], Is.LessThan(0.96 * forecasts[0]));
        Assert.That(forecasts, Is.Ordered.Descending);
    }

    [GeneratedRegex("local-us-per-step=(?<alpha>[\\d.]+) local-us=(?<beta>\\d+)")]
    private static partial Regex LocalLine();
}
