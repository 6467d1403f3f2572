using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Counting;

/// <summary>
/// tests/budgets/il.json: executed instructions of networks made from a seed, to the last one - a change must be meant, and is
/// then written down there - and the most that the models beside the checkout may take.
/// </summary>
public sealed class IlBudgetTests
{
    private const int SequenceCount = 2;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The file.</summary>
    private sealed record Budgets(Maxima Maxima, IReadOnlyList<Budget> Counts, IReadOnlyList<LayerBudget> Layers);

    /// <summary>What may not be passed.</summary>
    private sealed record Maxima(double TableGateIlPerMac, double CompiledPrunedByHalfShare, IReadOnlyDictionary<string, double> CompiledIlPerStep);

    /// <summary>A network and what 100 steps of it execute.</summary>
    public sealed record Budget(
        string Cells, int Inputs, IReadOnlyList<int> Hidden, int Vocabulary, double Scale, double Pruned, long Textbook, long Table, long Compiled)
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Cells} {Inputs}-{string.Join('-', Hidden)}, vocabulary {Vocabulary}, pruned {Pruned}";
    }

    /// <summary>A network with a layer beside its recurrent one: 100 steps of it, and the answers at the end of two sequences.</summary>
    public sealed record LayerBudget(string Layer, long Table, long Compiled, long Answers)
    {
        /// <inheritdoc/>
        public override string ToString() => Layer;
    }

    /// <summary>An LSTM of 16 units on 12 numbers, as the first network of the counts, with one layer of boards more, or two convolutions.</summary>
    private static TrainedModel WithLayer(string layer)
    {
        TrainedModel plain = TestModels.Make(12, [(CellKind.Lstm, 16)], 4, scale: 0.6);
        TrainedModel Tail(PoolKind? pooling, params (int, GraphFunction?)[] dense) => TestModels.WithTail(plain, 1, 0.6, pooling, dense);
        TrainedModel Front(int inputs, params TestConvolution[] front) => TestFronts.WithFront(plain, inputs, 1, 0.6, front);
        return layer switch
        {
            "none" => plain,
            "mean" => Tail(PoolKind.Mean),
            "maximum" => Tail(PoolKind.Max),
            "fully connected 16-12" => Tail(null, (12, null)),
            "fully connected 16-12 relu" => Tail(null, (12, GraphFunction.Relu)),
            "fully connected 16-12 tanh" => Tail(null, (12, GraphFunction.Tanh)),
            "convolution 5 of 6-12 causal" => Front(6, new TestConvolution(TestFronts.Window(5, 1, 4), 12, null)),
            "convolution 5 of 6-12 causal relu" => Front(6, new TestConvolution(TestFronts.Window(5, 1, 4), 12, GraphFunction.Relu)),
            "convolution 5 of 6-12 causal tanh" => Front(6, new TestConvolution(TestFronts.Window(5, 1, 4), 12, GraphFunction.Tanh)),
            "convolution 5 of 6-12 centred relu" => Front(6, new TestConvolution(TestFronts.Window(5, 1, 2, 2), 12, GraphFunction.Relu)),
            "convolution 4 of 6-12 stride 2 relu" => Front(6, new TestConvolution(TestFronts.Window(4, 2, 1, 1), 12, GraphFunction.Relu)),
            "window 2 of 6" => Front(6, new TestConvolution(TestFronts.Window(2), 0, null)),
            "convolutions 5 of 6-8 relu and 3 of 8-12 stride 2 relu" => Front(
                6, new TestConvolution(TestFronts.Window(5, 1, 2, 2), 8, GraphFunction.Relu), new TestConvolution(TestFronts.Window(3, 2, 1, 1), 12, GraphFunction.Relu)),
            _ => throw new System.ArgumentException($"no layer '{layer}'", nameof(layer)),
        };
    }

    private static IEnumerable<LayerBudget> Layers() => Load().Layers;

    [TestCaseSource(nameof(Layers))]
    public void ALayerOfBoardsExecutesWhatIsWrittenDown(LayerBudget budget)
    {
        byte[] bytes = TestModels.Write(WithLayer(budget.Layer));
        ModelFile model = ModelLoading.Parse(bytes, "counted");
        IReadOnlyList<short[]> inputs = CountedInputs.Random(model, SequenceCount).Sequences;
        var counter = new IlCounter(bytes, KernelEmitter.Emit(model));
        long table = counter.Count(CountedKernel.Table, inputs).Total, compiled = counter.Count(CountedKernel.Compiled, inputs).Total;
        long whole = counter.CountEach(CountedKernel.Table, inputs).Sum(count => count.Total);
        var counted = new LayerBudget(budget.Layer, table, compiled, whole - table);
        Assert.That(counted, Is.EqualTo(budget), JsonSerializer.Serialize(counted, s_json));
    }

    /// <summary>
    /// Windows behind the last timestep cost once per sequence: a longer one costs as much more as it has timesteps more.
    /// </summary>
    [Test]
    public void APredictionCountsTheEndOncePerSequence()
    {
        byte[] bytes = TestModels.Write(WithLayer("convolution 5 of 6-12 centred relu"));
        ModelFile model = ModelLoading.Parse(bytes, "counted");
        var counter = new IlCounter(bytes, KernelEmitter.Emit(model));
        short[] longer = CountedInputs.Random(model, 1).Sequences[0], shorter = longer[..(longer.Length / 2)];
        SequenceCount one = counter.CountSequences(CountedKernel.Table, [longer]), other = counter.CountSequences(CountedKernel.Table, [shorter]);
        Assert.That(one.Empty.Total, Is.EqualTo(other.Empty.Total).Within(1).Percent);
        double perStep = (one.Whole.Total - other.Whole.Total) / (double)(one.Steps - other.Steps);
        // The first two timesteps complete no window, and the two windows at the end are the sequence's.
        Assert.That((one.Whole.Total - one.Empty.Total) / (one.Steps - 2.0), Is.EqualTo(perStep).Within(1).Percent);
    }

    private static Budgets Load() => JsonSerializer.Deserialize<Budgets>(
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "il.json")), s_json)!;

    private static IEnumerable<Budget> Counts() => Load().Counts;

    private static IlReport Report(byte[] bytes, Dataset? data = null)
    {
        ModelFile model = ModelLoading.Parse(bytes, "counted");
        return IlReport.Make(bytes, model, data == null ? CountedInputs.Random(model, SequenceCount) : CountedInputs.From(data, model, 20));
    }

    private static byte[] Shared(string name, out Dataset data, double pruned = 0)
    {
        TrainedModel trained = Pruner.Prune(PyTorchImporter.Load(ReferenceData.PathOf($"models/{name}.safetensors")), pruned);
        data = DatasetFolder.Load(ReferenceData.PathOf("data/" + name[..name.LastIndexOf("-h", System.StringComparison.Ordinal)].Replace("-gru", "")));
        return TestModels.Write(trained, calibration: Calibration.Measure(ModelLoading.FloatOnly(trained), data));
    }

    [TestCaseSource(nameof(Counts))]
    public void ANetworkExecutesWhatIsWrittenDown(Budget budget)
    {
        CellKind kind = budget.Cells == "gru" ? CellKind.Gru : CellKind.Lstm;
        TrainedModel trained = TestModels.Make(
            budget.Inputs, budget.Hidden.Select(units => (kind, units)).ToArray(), 4, budget.Vocabulary, seed: 1, budget.Scale);
        CellWidth width = budget.Cells == "lstm of 32 bits" ? CellWidth.Wide : CellWidth.Narrow;
        IlReport report = Report(TestModels.Write(Pruner.Prune(trained, budget.Pruned), cellWidth: width));
        Assert.That(
            (report.Textbook.IlTotal, report.Table.IlTotal, report.Compiled.IlTotal), Is.EqualTo((budget.Textbook, budget.Table, budget.Compiled)),
            $"\"textbook\": {report.Textbook.IlTotal}, \"table\": {report.Table.IlTotal}, \"compiled\": {report.Compiled.IlTotal}");
        Assert.That(report.Table.Opcodes.Values.Sum(), Is.EqualTo(report.Table.IlTotal));
    }

    [Test]
    public void TheTableDrivenKernelKeepsItsBudgetPerProduct()
    {
        IlReport report = Report(TestModels.Write(12, 16, 4));
        Assert.That(report.Table.GateIlPerMac, Is.InRange(1, Load().Maxima.TableGateIlPerMac));
    }

    [TestCase(CellKind.Lstm)]
    [TestCase(CellKind.Gru)]
    public void PruningPays(CellKind kind)
    {
        TrainedModel trained = TestModels.Make(12, [(kind, 16)], 4, scale: 0.5);
        IlReport full = Report(TestModels.Write(trained)), pruned = Report(TestModels.Write(Pruner.Prune(trained, 0.5)));
        Assert.That(pruned.Compiled.IlPerStep / full.Compiled.IlPerStep, Is.AtMost(Load().Maxima.CompiledPrunedByHalfShare));
    }

    private static IEnumerable<TestCaseData> RealModels() => ReferenceData.Cases(["japanese-vowels-h16"], ["spoken-arabic-digits-h32"]);

    [TestCaseSource(nameof(RealModels))]
    public void ATrainedModelKeepsItsBudget(string name)
    {
        Maxima maxima = Load().Maxima;
        byte[] bytes = Shared(name, out Dataset data);
        IlReport full = Report(bytes, data), pruned = Report(Shared(name, out _, pruned: 0.5), data);
        Assert.That(full.Compiled.IlPerStep, Is.AtMost(maxima.CompiledIlPerStep[name]));
        Assert.That(full.Table.GateIlPerMac, Is.AtMost(maxima.TableGateIlPerMac));
        Assert.That(pruned.Compiled.IlPerStep / full.Compiled.IlPerStep, Is.AtMost(maxima.CompiledPrunedByHalfShare));
        TestContext.Out.WriteLine($"textbook {full.Textbook.IlPerStep}, table {full.Table.IlPerStep} ({full.Table.GateIlPerMac} per product), "
            + $"compiled {full.Compiled.IlPerStep} ({full.Compiled.ElementwiseIlPerUnit} per unit), pruned {pruned.Compiled.IlPerStep}");
    }

    [Test]
    public void TwoRunsCountTheSame()
    {
        byte[] bytes = TestModels.Write(3, 5, 2);
        IlReport first = Report(bytes), second = Report(bytes);
        Assert.That(JsonSerializer.Serialize(second), Is.EqualTo(JsonSerializer.Serialize(first)));
    }
}
