// One way from a data set to the console of a virtual board, for all kinds of answers.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Tests.Data;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.Cli.Tests.Answers;

/// <summary>The answer to an input on a board's console.</summary>
/// <param name="Class">Index of the class; null for none.</param>
/// <param name="Value">The first value or the score; null for none.</param>
/// <param name="Unit">Its unit; empty for none.</param>
/// <param name="Steps">Class of each timestep; empty for none.</param>
internal sealed record ConsoleAnswer(int? Class, double? Value, string Unit, int[] Steps);

/// <summary>A model that was trained, converted and evaluated by the command.</summary>
internal sealed partial class AnswerSite
{
    private const int LimitMs = 300_000;
    private const string Settings = "board.id=air\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port=1\nhttp.port=0\nmapping=local\n";

    private AnswerSite(string folder)
    {
        Folder = folder;
        Model = ModelLoading.Load(Path.Combine(folder, "net.crime"));
    }

    /// <summary>The folder of the files.</summary>
    public string Folder { get; }

    /// <summary>The model.</summary>
    public ModelFile Model { get; }

    /// <summary>The JSON of training, conversion and evaluation.</summary>
    public required (JsonElement Train, JsonElement Convert, JsonElement Eval) Reports { get; init; }

    /// <summary>Trains, converts, evaluates and reports.</summary>
    /// <param name="data">Folder of the data set.</param>
    /// <param name="train">Further options of the training.</param>
    /// <param name="labels">Options that say what the labels mean.</param>
    /// <param name="testLines">Options of the split of a text.</param>
    public static async Task<AnswerSite> MakeAsync(string data, string[] train, string[] labels, params string[] testLines)
    {
        string folder = Checkout.NewFolder();
        JsonElement trained = await CrimeProcess.JsonAsync(folder, ["train", data, "-o", "net.safetensors", .. train, .. labels, .. testLines]);
        JsonElement converted = await CrimeProcess.JsonAsync(folder, ["convert", "net.safetensors", "-o", "net.crime", "--calibrate", data, .. testLines]);
        JsonElement evaluated = await CrimeProcess.JsonAsync(folder, ["eval", "net.crime", "--data", data, .. labels, .. testLines]);
        return new AnswerSite(folder) { Reports = (trained, converted, evaluated) };
    }

    /// <summary>Runs sequences on a virtual board that computes them itself, and returns its answers.</summary>
    public async Task<IReadOnlyList<ConsoleAnswer>> RunBoardAsync(IReadOnlyList<LabelledSequence> sequences)
    {
        string flash = Directory.CreateDirectory(Path.Combine(Folder, "flash")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(flash, "inputs.recording"), RecordingWriter.Write(Model, sequences));
        await File.WriteAllBytesAsync(
            Path.Combine(flash, "model.crime"), ModelContainer.BoardImage(await File.ReadAllBytesAsync(Path.Combine(Folder, "net.crime"))));
        await File.WriteAllTextAsync(Path.Combine(flash, "crime.cfg"), Settings);
        using var board = new Board(new BoardOptions { Profile = BoardProfile.Bundled("esp32-devkitc"), FlashFolder = flash });
        board.Start();
        var answers = new Dictionary<int, ConsoleAnswer>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            if (line.StartsWith("END ", StringComparison.Ordinal)) break;
            TestContext.Out.WriteLine(line);
            if (Reading().Match(line) is { Success: true } reading) answers[Number(reading, "id")] = Answer(reading);
            if (StepLine().Match(line) is not { Success: true } steps) continue;
            ConsoleAnswer before = answers[Number(steps, "id")];
            Assert.That(Number(steps, "from"), Is.EqualTo(before.Steps.Length), "each line goes on where the one before ended");
            answers[Number(steps, "id")] = before with { Steps = [.. before.Steps, .. steps.Groups["items"].Value.Split(',').SelectMany(Run)] };
        }
        Assert.That(board.Crash, Is.Null);
        Assert.That(answers.Keys.Order(), Is.EqualTo(Enumerable.Range(0, sequences.Count)));
        return [.. answers.OrderBy(pair => pair.Key).Select(pair => pair.Value)];
    }

    /// <summary>Returns the answer of the float network to the 16-bit inputs of a board.</summary>
    public (int Label, float[] Numbers, int[] Steps) RunFloat(LabelledSequence sequence)
    {
        var network = new FloatNetwork(new FloatModel(Model));
        short[] values = new ModelInput(Model).Quantised(sequence);
        var item = new BatchItem { Values = values, FractionBits = Model.InputFractionBits, Logits = new float[SequenceAnswer.RoomFor(network.Model, sequence.Length)] };
        item.Label = network.Run(values, item.FractionBits, item.Logits.Span[..network.Model.LogitCount(sequence.Length)]);
        var answer = new SequenceAnswer();
        answer.Read(network.Model, item);
        return (answer.Label, answer.Numbers.ToArray(), [.. answer.Labels.Take(answer.LabelCount).Select(label => (int)label)]);
    }

    /// <summary>Returns the class of each timestep by the firmware's kernel.</summary>
    public int[] RunKernel(LabelledSequence sequence)
    {
        var kernel = new NetworkKernel(Model) { StepLabels = new byte[sequence.Length] };
        kernel.Advance(new ModelInput(Model).Quantised(sequence), 0, sequence.Length);
        return [.. kernel.StepLabels.Select(label => (int)label)];
    }

    private static ConsoleAnswer Answer(Match reading) => new(
        reading.Groups["class"].Value == "-" ? null : Number(reading, "class"),
        reading.Groups["value"].Success ? double.Parse(reading.Groups["value"].Value, CultureInfo.InvariantCulture) : null, reading.Groups["unit"].Value, []);

    private static IEnumerable<int> Run(string item)
    {
        string[] parts = item.Split('*');
        return Enumerable.Repeat(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    private static int Number(Match match, string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^INF id=(?<id>\d+) len=\d+ at=local class=(?<class>-|\d+) .*?( value=(?<value>-?[\d.]+)( unit=""(?<unit>[^""]*)"")?)?$")]
    private static partial Regex Reading();

    [GeneratedRegex(@"^STEPS id=(?<id>\d+) from=(?<from>\d+) items=(?<items>[\d*,]+)$")]
    private static partial Regex StepLine();
}
