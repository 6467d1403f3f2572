using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation.Packaging;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Reference;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Conversions;

/// <summary>A network of an ONNX file with all that boards compute beside recurrent layers, on the whole firmware.</summary>
public sealed partial class OnnxOnBoardTests
{
    private const int Inputs = 3, Filters = 6, Hidden = 8, Inner = 5, Classes = 3, LimitMs = 300_000;

    // The weights are pinned: with others the two largest logits of a sequence may be nearer than the rounding of 16 bits.
    private const int Seed = 11;

    /// <summary>Two convolutions with a batch normalisation, a GRU, the mean over time, an MLP head.</summary>
    /// <param name="data">Data of which all classes get a share: the head's biases take the mean of its numbers off.</param>
    private static TrainedModel Network(Dataset data)
    {
        TrainedModel Imported(float[] bias) => OnnxImporter.Import(Network(bias), "waves.onnx", ImportOptions.None).Model;
        TrainedModel plain = Imported(new float[Classes]);
        var engine = new FloatNetwork(new FloatModel(ModelLoading.FloatOnly(plain)));
        float[] logits = new float[Classes], bias = new float[Classes];
        foreach (LabelledSequence sequence in data.Train)
        {
            engine.Run(sequence.Features, logits);
            for (int k = 0; k < Classes; k++) bias[k] -= logits[k] / data.Train.Count;
        }
        return Imported(bias);
    }

    private static byte[] Network(float[] bias)
    {
        var random = new Random(Seed);
        var file = new OnnxFile();
        float[] Numbers(int count, float scale, float from = -1) => [.. Enumerable.Range(0, count).Select(_ => scale * (from + (1 - from) * random.NextSingle()))];
        string Linear(string x, int inputs, float[] biases) => file.Node(
            "Gemm", [x, file.Constant(Numbers(biases.Length * inputs, 2), biases.Length, inputs), file.Constant(biases, biases.Length)], ("transB", 1));
        string Convolution(string x, int inputs, int size, int stride) => file.Node(
            "Conv", [x, file.Constant(Numbers(Filters * inputs * size, 0.45f), Filters, inputs, size), file.Constant(Numbers(Filters, 0.2f), Filters)],
            ("kernel_shape", new long[] { size }), ("strides", new long[] { stride }), ("pads", new long[] { size / 2, size / 2 }));
        file.Input("x", 1, -1, -1, Inputs);
        string channels = file.Node("Transpose", ["x"], ("perm", new long[] { 0, 2, 1 }));
        string normalised = file.Node("BatchNormalization",
        [
            Convolution(channels, Inputs, 5, 1), file.Constant(Numbers(Filters, 1.5f, 0.5f), Filters), file.Constant(Numbers(Filters, 0.3f), Filters),
            file.Constant(Numbers(Filters, 0.2f), Filters), file.Constant(Numbers(Filters, 1, 0.3f), Filters),
        ]);
        string second = Convolution(file.Node("Relu", [normalised]), Filters, 3, 2);
        string steps = file.Node("Transpose", [file.Node("Tanh", [second])], ("perm", new long[] { 2, 0, 1 }));
        string[] gru = file.Nodes(
            "GRU",
            [
                steps, file.Constant(Numbers(3 * Hidden * Filters, 1), 1, 3 * Hidden, Filters), file.Constant(Numbers(3 * Hidden * Hidden, 0.6f), 1, 3 * Hidden, Hidden),
                file.Constant(Numbers(6 * Hidden, 0.4f), 1, 6 * Hidden),
            ],
            2, ("hidden_size", Hidden), ("linear_before_reset", 1));
        string mean = file.Node("ReduceMean", [file.Node("Squeeze", [gru[0], file.Constant([1L])])], ("axes", new long[] { 0 }), ("keepdims", 0));
        string head = Linear(file.Node("Relu", [Linear(mean, Hidden, Numbers(Inner, 0.3f))]), Inner, bias);
        file.Output(head, -1, Classes);
        return file.Write(14);
    }

    private static Dataset Data()
    {
        var random = new Random(Seed);
        // Waves of different heights and frequencies, some shorter than a window.
        LabelledSequence[] Sequences(int count) => [.. Enumerable.Range(0, count).Select(i =>
        {
            int length = i % 5 == 0 ? random.Next(1, 5) : random.Next(5, 40);
            double height = 0.3 + 2 * random.NextDouble(), frequency = random.NextDouble();
            return new LabelledSequence(
                i, $"{i % Classes}", length,
                [.. Enumerable.Range(0, length * Inputs).Select(k => (float)(height * Math.Sin(frequency * (k / Inputs) + k % Inputs) + 0.2 * random.NextDouble()))],
                []);
        })];
        return new Dataset("waves", IsText: false, Inputs, Sequences(60), Sequences(60));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task ABoardGivesTheClassesOfTheNetwork(bool isCompiled)
    {
        Dataset data = Data();
        TrainedModel trained = Network(data);
        Assert.That(trained.ObstacleForBoards, Is.Null);
        Conversion conversion = Conversion.Make(trained, data, new ConversionOptions());
        int[] expected = Classify(conversion.Model, data.Test);
        Assert.That(expected.Distinct().Count(), Is.EqualTo(Classes), "a network that always gives the same class would prove nothing");
        Assert.That(conversion.Model.ReadFront(), Has.Length.EqualTo(2));

        string flash = Directory.CreateTempSubdirectory("crime-onnx-on-board").FullName;
        void Put(string name, byte[] content) => File.WriteAllBytes(Path.Combine(flash, name), content);
        Put("crime.cfg", "board.id=onnx\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port=1\nhttp.port=0\nmapping=local\n"u8.ToArray());
        Put("model.crime", ModelContainer.BoardImage(conversion.Bytes));
        Put("inputs.recording", RecordingWriter.Write(conversion.Model, data.Test));
        if (isCompiled) Put("kernel.new", KernelPackager.Build(conversion.Model));
        using var board = new Board(new BoardOptions { Profile = BoardProfile.Bundled("esp32-devkitc"), FlashFolder = flash });
        board.Start();
        var classes = new List<int>();
        var lines = new List<string>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            lines.Add(line);
            if (ClassOf().Match(line) is { Success: true } match) classes.Add(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            if (line.StartsWith("END ", StringComparison.Ordinal)) break;
        }
        Assert.That(board.Crash, Is.Null);
        Assert.That(lines, Has.Some.Contains(isCompiled ? " kernel=compiled " : " kernel=table "), string.Join('\n', lines));
        Assert.That(classes, Is.EqualTo(expected));
        Directory.Delete(flash, recursive: true);
    }

    /// <summary>The report compares the states of the layers, which have half as many timesteps as the input here, and some of them late.</summary>
    [Test]
    public void AnAnalysisFollowsTheTimestepsOfTheLayers()
    {
        Dataset data = Data();
        Conversion conversion = Conversion.Make(Network(data), data, new ConversionOptions());
        StepAnalysis analysis = StepAnalysis.Run(conversion.Model, new TestAnswers(data), null, default);
        int longest = data.Test.Max(sequence => sequence.Length);
        // The first convolution waits for two timesteps, the second one for one of the first's, of which it leaves out every other.
        Assert.That(analysis.Sequences, Has.Count.EqualTo((longest - 2 - 2) / 2 + 1));
        Assert.That(analysis.ErrorMax, Has.All.LessThan(0.02));
        Assert.That(analysis.ErrorMax, Has.Some.GreaterThan(0));
        Assert.That(conversion.Accuracy!.Agreement, Is.EqualTo(1));
        Assert.That(conversion.Quantised!.Front, Has.All.Matches<QuantisedConvolution>(layer => layer.Seen > 0));
    }

    /// <summary>Without data no input is cut off within a convolution, and the probes of cell states run through it.</summary>
    [TestCase(0)]
    [TestCase(12)]
    public void WithoutDataTheFormatsHoldEveryInput(int vocabulary)
    {
        TrainedModel trained = TestFronts.WithFront(
            TestModels.Make(6, [(CellKind.Lstm, 5)], Classes, vocabulary), Inputs, 1, 1, new TestConvolution(TestFronts.Window(3, 1, 1, 1), 6, GraphFunction.Relu));
        Conversion conversion = Conversion.Make(trained, null, new ConversionOptions());
        Assert.That(conversion.CellReach, Has.Count.EqualTo(1).And.All.GreaterThan(0));
        var kernel = new NetworkKernel(conversion.Model);
        var random = TestSeed.Random();
        int width = conversion.Model.ValuesPerStep;
        short Value() => (short)(vocabulary > 0 ? random.Next(vocabulary) : random.Next(2) == 0 ? short.MinValue : short.MaxValue);
        short[] values = [.. Enumerable.Range(0, 500 * width).Select(_ => Value())];
        var reference = new ReferenceNetwork(conversion.Model);
        for (int step = 0; step < 500; step++)
        {
            kernel.Advance(values, step, 1);
            reference.Step(values, step);
        }
        Assert.That(kernel.Classify(), Is.EqualTo(Array.IndexOf(reference.Logits(), reference.Logits().Max())));
        ConvolutionLayer layer = conversion.Model.ReadFront()[0];
        Assert.That(layer.FractionBits, Is.LessThan(layer.InputFractionBits), "three timesteps of three numbers add up");
    }

    /// <summary>The classes of the float network, on the inputs that a board reads.</summary>
    private static int[] Classify(ModelFile model, IReadOnlyList<LabelledSequence> sequences)
    {
        var engine = new FloatNetwork(new FloatModel(model));
        var input = new ModelInput(model);
        var logits = new float[model.ClassCount];
        return [.. sequences.Select(sequence => engine.Run(input.Quantised(sequence), model.InputFractionBits, logits))];
    }

    [GeneratedRegex(@"^INF id=\d+ len=\d+ at=local class=(\d+) ")]
    private static partial Regex ClassOf();
}
