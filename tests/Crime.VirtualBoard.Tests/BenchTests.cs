using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling.Counting;
using Crime.Modelling.Prediction;
using Crime.VirtualBoard.Boards;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests;

/// <summary>The bench runs on a virtual board as it does on a real one.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class BenchTests
{
    private const int LongestRunS = 600;

    private string[] _lines = null!;

    [OneTimeSetUp]
    public async Task RunTheBenchAsync()
    {
        using var board = new Board(new BoardOptions
        {
            Profile = BoardProfile.Bundled("esp32-devkitc"),
            FlashFolder = Path.Combine(TestContext.CurrentContext.WorkDirectory, "flash", Guid.NewGuid().ToString("n")),
            Application = FirmwareApplication.Bench,
        });
        board.Start();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(LongestRunS));
        var lines = new List<string>();
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            lines.Add(line);
            if (line.StartsWith("BENCH end") || line.StartsWith("CRASH")) break;
        }
        _lines = lines.ToArray();
    }

    [Test]
    public void EveryGoldenVectorPasses()
    {
        string[] verdicts = _lines.Where(line => line.StartsWith("GOLDEN ")).ToArray();
        Assert.That(verdicts, Is.Not.Empty);
        Assert.That(verdicts, Has.All.Contains(" PASS "));
        Assert.That(_lines[^1], Is.EqualTo("BENCH end 0 failures"));
    }

    [TestCase("", 12)]
    [TestCase(".gru", 1)]
    public void AllKernelsAreTimedOverTheSameSizes(string cell, int count)
    {
        string[] sizes = _lines.Where(line => line.StartsWith($"BENCH step.compiled{cell} ")).Select(line => line[line.IndexOf(" inputs=")..]).ToArray();
        Assert.That(sizes, Has.Length.EqualTo(count).And.Unique);
        foreach (string size in sizes)
        {
            Assert.That(Value("step.compiled" + cell, size), Is.LessThan(Value("step.table" + cell, size)), size);
            Assert.That(Value("step.table" + cell, size), Is.LessThan(Value("step.textbook" + cell, size)), size);
        }
        Assert.That(_lines.Count(line => line.StartsWith("BENCH step.") && line.Split(' ')[1].EndsWith(".gru") == (cell == ".gru")), Is.EqualTo(3 * count));
    }

    // A virtual board has no cache: each instruction costs alike, whatever the size of the code. Below 4 KB the call itself is seen.
    [Test]
    public void TheSweepIsLevelOnAVirtualBoard()
    {
        double us = BoardProfile.Bundled("esp32-devkitc").UsPerIl;
        string[] sweep = _lines.Where(line => line.StartsWith("BENCH code.sweep ")).ToArray();
        Assert.That(sweep, Has.Length.EqualTo(9));
        foreach (string line in sweep.Where(line => int.Parse(line.Split('=')[1]) > 4000))
            Assert.That(double.Parse(line.Split(' ')[2]), Is.EqualTo(1000 * us).Within(5).Percent, line);
    }

    [Test]
    public void EveryLineCanBeParsed()
    {
        const string ends = @"^BENCH (start|end) \d+ \w+$", golden = @"^GOLDEN \w+ \S+ \d+ (PASS|FAIL) len=\d+( wrong-step=\d+)?$";
        const string measured = @"^BENCH [A-Za-z0-9.-]+ -?\d+\.\d{3} (ns|us)( [a-z]+=\d+)*$";
        Assert.That(_lines, Has.All.Match($"{ends}|{golden}|{measured}"));
    }

    [Test]
    public void TheClockOfTheVirtualBoardIsSeenThroughTheMeasurements()
    {
        double us = BoardProfile.Bundled("esp32-devkitc").UsPerIl;
        // a += b loads two locals, adds, stores: four instructions.
        Assert.That(Value("op.IntAdd"), Is.EqualTo(4 * us * 1000).Within(10).Percent);
        Assert.That(Value("sequence.table.gestures", "len=100"), Is.GreaterThan(9 * Value("sequence.table.gestures", "len=10")));
        Assert.That(Value("decision", "gateways=4"), Is.GreaterThan(Value("decision", "gateways=1")));
    }

    /// <summary>Every instruction of a virtual board costs alike: calibrating on its bench must find that, and foretell its steps.</summary>
    [Test]
    public void ACalibrationOnItsBenchForetellsItsSteps()
    {
        BoardProfile profile = BoardProfile.Bundled("esp32-devkitc");
        Calibration calibration = Calibration.Make([BenchLog.Parse(string.Join('\n', _lines))], "virtual board");
        Assert.That(calibration.Steps, Has.Count.EqualTo(39));
        foreach (CheckedStep step in calibration.Steps) Assert.That(step.Error, Is.EqualTo(0).Within(0.02), $"{step.Kernel} {step.Inputs}, {step.Hidden}");
        foreach (CodePoint point in calibration.Code.Points) Assert.That(point.ExtraNs, Is.LessThan(0.05 * 1000 * profile.UsPerIl), $"{point.Bytes} bytes");
        Assert.That(calibration.UsPerIl, Is.EqualTo(profile.UsPerIl).Within(3).Percent);
        Assert.That(calibration.Fit.Table.Costs[Operation.Move].Ns, Is.EqualTo(1000 * profile.UsPerIl).Within(5).Percent);
        Assert.That(calibration.Fit.Table.Costs[Operation.LibraryCall].Ns, Is.EqualTo(31_000 * profile.UsPerIl).Within(5).Percent);
        Assert.That(calibration.Lines.Values.Select(line => line.RSquared), Has.All.GreaterThan(0.99));
    }

    [Test]
    public void EveryOperationIsAMethodOfThatName()
    {
        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(Path.Combine(TestContext.CurrentContext.TestDirectory, "Crime.Bench.dll"));
        ILookup<string, MethodDefinition> methods = assembly.MainModule.Types.Where(type => type.Namespace == "Crime.Bench")
            .SelectMany(type => type.Methods).Where(method => method.Parameters.Count == 1 && method.Parameters[0].Name == "turns").ToLookup(method => method.Name);
        string[] operations = _lines.Where(line => line.StartsWith("BENCH op.")).Select(line => line.Split(' ')[1]["op.".Length..]).ToArray();
        Assert.That(operations, Is.Unique.And.Length.GreaterThan(30));
        int empty = methods["EmptyTurn"].Single().Body.Instructions.Count;
        foreach (string operation in operations.Where(name => name != "EmptyTurn"))
            Assert.That(methods[operation].Single().Body.Instructions.Count, Is.GreaterThanOrEqualTo(empty + 20), $"{operation}: the compiler dropped statements");
    }

    private double Value(string name, string detail = "") => double.Parse(
        _lines.Single(line => line.StartsWith($"BENCH {name} ") && line.EndsWith(detail)).Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
}
