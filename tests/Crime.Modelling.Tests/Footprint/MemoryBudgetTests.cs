using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Kernel;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Datasets;
using Crime.Modelling.Footprint;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Footprint;

/// <summary>
/// tests/budgets/memory.json: bytes of flash and heap of the models at hand, to the last one - a change must be meant, and is
/// then written down there - and what an inference, a decision and a request allocate.
/// </summary>
public sealed class MemoryBudgetTests
{
    private const int KnownModels = 9;

    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Members that allocate nothing on a board: block copies, locks that nobody else holds, the length of an array.</summary>
    private static readonly string[] s_free = ["System.Array.Clear", "System.Array.Copy", "System.Threading.Monitor.Enter", "System.Threading.Monitor.Exit"];

    /// <summary>The file.</summary>
    private sealed record Budgets(Maxima Maxima, IReadOnlyList<Budget> Models);

    /// <summary>What may not be passed.</summary>
    private sealed record Maxima(int AssemblyCode, int HeldWithoutPsram);

    /// <summary>A kernel: bytes that stay, bytes while it was made, allocations of an inference.</summary>
    public sealed record KernelBudget(int Held, int Made, int InferenceAllocations);

    /// <summary>A model.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Image">Bytes of the board's file.</param>
    /// <param name="CompiledCode">Byte code of its compiled kernel.</param>
    /// <param name="Table">With weights in tables.</param>
    /// <param name="Compiled">With weights in code.</param>
    /// <param name="DecisionAllocations">Allocations of a decision.</param>
    /// <param name="RequestAllocations">Allocations of a request of 50 timesteps, apart from its topic.</param>
    /// <param name="RequestHeap">Their bytes.</param>
    public sealed record Budget(
        string Name, int Image, int CompiledCode, KernelBudget Table, KernelBudget Compiled, int DecisionAllocations, int RequestAllocations, int RequestHeap)
    {
        /// <inheritdoc/>
        public override string ToString() => Name;
    }

    private static Budgets Load() => JsonSerializer.Deserialize<Budgets>(
        File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "budgets", "memory.json")), s_json)!;

    // Name of a network made from a seed, as "gru 12-16-9": cell, inputs, units, classes, and for text the size of the vocabulary.
    private static bool IsSeeded(string name) => name.Contains(' ');

    private static IEnumerable<Budget> Models() =>
        Load().Models.Where(budget => budget.Name == "gestures" || IsSeeded(budget.Name) || ReferenceData.Folder != null);

    private static byte[] Bytes(string name) => name switch
    {
        _ when IsSeeded(name) => Seeded(name),
        "gestures" => File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "assets", "gestures.crime")),
        "japanese-vowels-gru-h16" => Shared(name, "japanese-vowels"),
        "sms-spam-h24" => Shared(name, "sms-spam", ReferenceData.PathOf("models/sms-spam.test-lines.txt")),
        _ => Shared(name, name[..name.LastIndexOf("-h", System.StringComparison.Ordinal)]),
    };

    private static byte[] Seeded(string name)
    {
        string[] words = name.Split(' ');
        int[] sizes = words[1].Split('-').Select(int.Parse).ToArray();
        CellKind kind = words[0] == "gru" ? CellKind.Gru : CellKind.Lstm;
        return TestModels.Write(TestModels.Make(sizes[0], [(kind, sizes[1])], sizes[2], words.Length > 2 ? int.Parse(words[2]) : 0, scale: 0.5));
    }

    private static byte[] Shared(string name, string folder, string? testLines = null)
    {
        TrainedModel trained = PyTorchImporter.Load(ReferenceData.PathOf($"models/{name}.safetensors"));
        Dataset data = DatasetFolder.Load(ReferenceData.PathOf("data/" + folder), testLines);
        return TestModels.Write(trained, calibration: Calibration.Measure(ModelLoading.FloatOnly(trained), data));
    }

    private static Budget Measured(string name, MemoryReport report) => new(
        name, report.Image, report.CompiledCode, Kernel(report.Table), Kernel(report.Compiled), report.Decision.Count, report.Request.Count, report.Request.Bytes);

    private static KernelBudget Kernel(KernelMemory memory) => new(memory.Held, memory.Made, memory.Inference.Count);

    [Test]
    public void EveryBundledModelHasABudget() => Assert.That(Load().Models.Select(budget => budget.Name), Is.Unique.And.Exactly(KnownModels).Items);

    [TestCaseSource(nameof(Models))]
    public void AModelTakesWhatIsWrittenDown(Budget budget)
    {
        Budget measured = Measured(budget.Name, MemoryReport.Make(Bytes(budget.Name)));
        Assert.That(measured, Is.EqualTo(budget), JsonSerializer.Serialize(measured, s_json));
    }

    [TestCaseSource(nameof(Models))]
    public void AnInferenceAndADecisionAllocateNothing(Budget budget)
    {
        MemoryReport report = MemoryReport.Make(Bytes(budget.Name));
        foreach (Allocations allocations in new[] { report.Table.Inference, report.Compiled.Inference, report.Decision })
        {
            Assert.That((allocations.Count, allocations.Bytes), Is.EqualTo((0, 0)));
            Assert.That(allocations.Calls.Keys.Except(s_free), Is.Empty, "calls that leave the project's code");
        }
    }

    [TestCaseSource(nameof(Models))]
    public void ARequestAllocatesItsFrameAndItsTopic(Budget budget)
    {
        MemoryReport report = MemoryReport.Make(Bytes(budget.Name));
        Assert.That((report.Request.Count, report.Request.Bytes), Is.EqualTo((1, DeviceSizes.Array(report.RequestSize, 1))));
        Assert.That(report.Request.Calls, Is.Empty);
        Assert.That(report.Topic.Calls.Keys, Is.EqualTo(new[] { "System.String.Concat" }));
    }

    [TestCaseSource(nameof(Models))]
    public void AModelFitsABoardWithoutPsram(Budget budget)
    {
        Assert.That(budget.Table.Held, Is.AtMost(Load().Maxima.HeldWithoutPsram));
        Assert.That(budget.Compiled.Held, Is.LessThan(budget.Table.Held), "that is what compiling is for");
    }

    /// <summary>The board chooses a kernel by the size that it expects, so the size may be a little too large and never too small.</summary>
    [TestCaseSource(nameof(Models))]
    public void TheExpectedSizeOfAKernelIsCloseAboveItsRealSize(Budget budget)
    {
        byte[] bytes = Bytes(budget.Name);
        ModelFile model = ModelLoading.Parse(bytes, budget.Name);
        MemoryReport report = MemoryReport.Make(bytes);
        int table = KernelSize.OfTable(model, TableLayer.CanKnowTokens(model)), compiled = KernelSize.OfCompiled(model);
        TestContext.Out.WriteLine($"table {report.Table.Kernel}, expected {table}; compiled {report.Compiled.Kernel}, expected {compiled}");
        Assert.That(table, Is.InRange(report.Table.Kernel, report.Table.Kernel * 1.03 + 400));
        Assert.That(compiled, Is.InRange(report.Compiled.Kernel, report.Compiled.Kernel * 1.03 + 400));
    }

    [TestCase(PoolKind.Mean)]
    [TestCase(PoolKind.Max)]
    public void PoolingAndFullyConnectedLayersAllocateNothingAndHaveTheirExpectedSize(PoolKind pooling)
    {
        TrainedModel plain = TestModels.Make(3, [(CellKind.Lstm, 16)], 5);
        byte[] bytes = TestModels.Write(TestModels.WithTail(plain, 1, 0.5, pooling, (12, GraphFunction.Relu), (8, GraphFunction.Tanh)));
        AllocatesNothingAndHasItsSize(bytes);
    }

    [TestCase(AnswerKind.Anomaly)]
    [TestCase(AnswerKind.ClassPerStep)]
    [TestCase(AnswerKind.Values)]
    public void OtherAnswersAllocateNothingAndHaveTheirExpectedSize(AnswerKind answer) =>
        AllocatesNothingAndHasItsSize(TestModels.Write(TestModels.WithAnswer(TestModels.Make(3, [(CellKind.Lstm, 16)], 5), answer)));

    [TestCase(false)]
    [TestCase(true)]
    public void WideCellsAllocateNothingAndTakeAsMuchMoreAsExpected(bool hasFront)
    {
        TrainedModel trained = TestModels.Make(12, [(CellKind.Lstm, 60), (CellKind.Lstm, 50)], 5);
        if (hasFront) trained = TestFronts.WithFront(trained, 6, 1, 0.5, new TestConvolution(TestFronts.Window(5, 1, 2, 2), 12, GraphFunction.Relu));
        (MemoryReport Report, int Table, int Compiled) Measure(CellWidth width)
        {
            byte[] bytes = TestModels.Write(trained, cellWidth: width);
            ModelFile model = ModelLoading.Parse(bytes, "measured");
            return (MemoryReport.Make(bytes), KernelSize.OfTable(model, false), KernelSize.OfCompiled(model));
        }
        var wide = Measure(CellWidth.Wide);
        var narrow = Measure(CellWidth.Narrow);
        Assert.That((wide.Report.Table.Inference.Count, wide.Report.Compiled.Inference.Count), Is.EqualTo((0, 0)));
        // Two bytes more per unit, and the fields of two shifts less per layer.
        const int twoShifts = 2 * 12;
        Assert.That(wide.Table - narrow.Table, Is.EqualTo(wide.Report.Table.Kernel - narrow.Report.Table.Kernel).And.AtLeast(2 * (60 + 50) - 2 * twoShifts));
        Assert.That(wide.Compiled - narrow.Compiled, Is.EqualTo(wide.Report.Compiled.Kernel - narrow.Report.Compiled.Kernel));
    }

    private static void AllocatesNothingAndHasItsSize(byte[] bytes)
    {
        ModelFile model = ModelLoading.Parse(bytes, "measured");
        MemoryReport report = MemoryReport.Make(bytes);
        foreach (Allocations allocations in new[] { report.Table.Inference, report.Compiled.Inference })
            Assert.That((allocations.Count, allocations.Bytes), Is.EqualTo((0, 0)));
        int table = KernelSize.OfTable(model, TableLayer.CanKnowTokens(model)), compiled = KernelSize.OfCompiled(model);
        TestContext.Out.WriteLine($"table {report.Table.Kernel}, expected {table}; compiled {report.Compiled.Kernel}, expected {compiled}");
        Assert.That(table, Is.InRange(report.Table.Kernel, report.Table.Kernel * 1.03 + 400));
        Assert.That(compiled, Is.InRange(report.Compiled.Kernel, report.Compiled.Kernel * 1.03 + 400));
    }

    private static IEnumerable<TestCaseData> Fronts()
    {
        TrainedModel tokens = TestModels.Make(12, [(CellKind.Lstm, 16)], 5, 40);
        TrainedModel pooled = TestModels.WithTail(TestModels.Make(12, [(CellKind.Gru, 16)], 5), 1, 0.5, PoolKind.Mean);
        yield return new TestCaseData(TestFronts.WithFront(tokens, 6, 1, 0.5, new TestConvolution(TestFronts.Window(5, 1, 2, 2), 12, GraphFunction.Relu)));
        yield return new TestCaseData(TestFronts.WithFront(tokens, 6, 1, 0.5, new TestConvolution(TestFronts.Window(2), 0, null)));
        yield return new TestCaseData(TestFronts.WithFront(
            pooled, 3, 1, 0.5, new TestConvolution(TestFronts.Window(8, 1, 7), 9, GraphFunction.Tanh), new TestConvolution(TestFronts.Window(3, 2), 12, null)));
    }

    [TestCaseSource(nameof(Fronts))]
    public void ConvolutionsAllocateNothingAndHaveTheirExpectedSize(TrainedModel trained) => AllocatesNothingAndHasItsSize(TestModels.Write(trained));

    private static IEnumerable<string> AssembliesOfPeople() => DeviceAssemblies.All.Except(DeviceAssemblies.BenchKernels);

    [TestCaseSource(nameof(AssembliesOfPeople))]
    public void TheByteCodeOfAnAssemblyKeepsItsMaximum(string name) =>
        Assert.That(KernelFootprint.MeasureAssembly(name), Is.InRange(1, Load().Maxima.AssemblyCode));

    /// <summary>The log sees what is there: the same counts from known code.</summary>
    [Test]
    public void AllocationsOfKnownCodeAreCounted()
    {
        const string source = """
            namespace Crime.Known;
            public enum Small : byte { A }
            public class Base { public long L; public string S; }
            public sealed class Derived : Base { public int I; public byte B { get; set; } }
            public static class Code
            {
                public static object Kept;
                public static void Run(int n)
                {
                    Kept = new short[n];
                    Kept = new object[10];
                    Kept = new Small[100];
                    Kept = new Derived();
                    Kept = n;
                    Kept = new object();
                    for (int i = 0; i < 3; i++) Kept = new long[0];
                    Kept = "literal";
                    Kept = n.ToString();
                }
            }
            """;
        var context = new AllocationContext();
        var run = context.LoadInstrumented(DeviceCompiler.Compile("Known", source)).GetType("Crime.Known.Code")!.GetMethod("Run")!
            .CreateDelegate<System.Action<int>>();
        Allocations allocations = AllocationLog.During(() => run(16));
        // short[16], object[10], Small[100], four fields, a boxed int, an object, three empty arrays, a literal.
        Assert.That((allocations.Count, allocations.Bytes), Is.EqualTo((10, 60 + 144 + 120 + 60 + 24 + 12 + 3 * 24 + 12)));
        Assert.That(allocations.Calls, Is.EqualTo(new Dictionary<string, int> { ["System.Int32.ToString"] = 1 }));
        context.Unload();
    }

    /// <summary>Sizes that the 32-bit CLR was seen to take.</summary>
    [Test]
    public void SizesAreThoseOfTheClr()
    {
        Assert.That((DeviceSizes.Object(0), DeviceSizes.Object(3), DeviceSizes.Boxed), Is.EqualTo((12, 48, 24)));
        Assert.That((DeviceSizes.Array(0, 4), DeviceSizes.Array(10, 4), DeviceSizes.Array(10, 8), DeviceSizes.Array(100, 1)), Is.EqualTo((24, 60, 108, 120)));
        Assert.That((DeviceSizes.Array(100, 2), DeviceSizes.Array(16, 2), DeviceSizes.Array(10, 12), DeviceSizes.Array(16, 12)), Is.EqualTo((228, 60, 144, 216)));
        Assert.That((DeviceSizes.String(20), DeviceSizes.String(30), DeviceSizes.String(6)), Is.EqualTo((36, 48, 24)));
        Assert.That(() => DeviceSizes.Element("System.DateTime", isReference: false), Throws.TypeOf<System.NotSupportedException>());
    }
}
