using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A network that reads both ways, which no board can run: a real gateway process, a virtual board, real TCP.</summary>
public sealed class OffloadOnlyTests : BoardSiteTests
{
    private const int Inputs = 6;

    private static readonly TrainedModel s_trained = TestModels.Make(
        3, [(CellKind.Gru, 8)], GestureGenerator.ClassNames.Count, name: "both", classNames: [.. GestureGenerator.ClassNames], direction: Direction.Both);

    private static readonly byte[] s_file = ModelFileWriter.Write(s_trained, quantised: null);

    private static readonly ModelFile s_model = ModelLoading.Parse(s_file, "both");

    private static readonly IReadOnlyList<LabelledSequence> s_sequences = GestureGenerator.Generate(1, 6, Inputs).Test;

    [SetUp]
    public void Serve()
    {
        File.WriteAllBytes(Path.Combine(Site.Models, "both.crime"), s_file);
    }

    private Board StartBoard(bool hasModel, string mapping, int intervalMs = 0)
    {
        Site.WriteFlash(s_file, s_sequences, $"mapping={mapping}\nwait-for-link-ms=500\ninputs.interval-ms={intervalMs}\n", hasModel);
        return Site.Power();
    }

    private static void AssertEveryInputCameBackOnce(List<string> lines)
    {
        var network = new FloatNetwork(new FloatModel(s_model));
        var input = new ModelInput(s_model);
        string[] expected = s_sequences.Select((sequence, id) =>
        {
            int label = network.Run(input.Quantised(sequence), s_model.InputFractionBits, new float[s_model.ClassCount]);
            return $"INF id={id} len={sequence.Length} at=gateway class={label} ";
        }).ToArray();
        string[] found = lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal))
            .Select(line => line[..line.IndexOf("ms=", StringComparison.Ordinal)]).ToArray();
        Assert.That(found, Is.EqualTo(expected));
        Assert.That(lines[^1], Does.StartWith($"END inputs={Inputs} local=0 gateway={Inputs} fallback=0 "));
    }

    [TestCase("auto")]
    [TestCase("local")]
    public async Task ABoardFetchesTheModelAndSendsEveryInputAway(string mapping)
    {
        await Site.StartGatewayAsync();
        using Board board = StartBoard(hasModel: false, mapping);
        List<string> lines = await ReadUntilAsync(board, "END ");
        Assert.That(lines, Has.Some.EqualTo("kernel: both has no weights for boards; every input goes to a gateway"));
        AssertEveryInputCameBackOnce(lines);
    }

    [Test]
    public async Task WithoutAGatewayTheInputWaitsAndCommandsAreAnswered()
    {
        using Board board = StartBoard(hasModel: true, "auto");
        await ReadUntilAsync(board, "waiting: no gateway for both");
        long before = board.ExecutedIl;
        board.Serial.WriteLine("status");
        board.Serial.WriteLine("table");
        List<string> lines = await ReadUntilAsync(board, "table: len=");
        Assert.That(lines, Has.Some.StartsWith("status: inputs=0 local=0 "));
        Assert.That(lines[^1], Does.EndWith(" local=-"));
        await Task.Delay(1000);
        // A loop without pauses would execute some six million instructions a second.
        Assert.That(board.ExecutedIl - before, Is.LessThan(1_000_000), "instructions executed while waiting");

        await Site.StartGatewayAsync();
        lines = await ReadUntilAsync(board, "END ");
        AssertEveryInputCameBackOnce(lines);
    }

    [Test]
    public async Task AnInputUnderWayWhenTheGatewayDiesIsAnsweredByTheNextOne()
    {
        await Site.StartGatewayAsync();
        using Board board = StartBoard(hasModel: true, "auto", intervalMs: 500);
        List<string> lines = await ReadUntilAsync(board, "INF id=1 ");
        await Site.DisposeAsync();
        lines.AddRange(await ReadUntilAsync(board, "waiting: "));
        await Site.StartGatewayAsync();
        lines.AddRange(await ReadUntilAsync(board, "END "));
        AssertEveryInputCameBackOnce(lines);
    }
}
