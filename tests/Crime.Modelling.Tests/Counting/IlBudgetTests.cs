using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Model;
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
    private sealed record Budgets(Maxima Maxima, IReadOnlyList<Budget> Counts);

    /// <summary>What may not be passed.</summary>
    private sealed record Maxima(double TableGateIlPerMac, double CompiledPrunedByHalfShare, IReadOnlyDictionary<string, double> CompiledIlPerStep);

    /// <summary>A network and what 100 steps of it execute.</summary>
    public sealed record Budget(
        string Cells, int Inputs, IReadOnlyList<int> Hidden, int Vocabulary, double Scale, double Pruned, long Textbook, long Table, long Compiled)
    {
        /// <inheritdoc/>
        public override string ToString() => $"{Cells} {Inputs}-{string.Join('-', Hidden)}, vocabulary {Vocabulary}, pruned {Pruned}";
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
        IlReport report = Report(TestModels.Write(Pruner.Prune(trained, budget.Pruned)));
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
