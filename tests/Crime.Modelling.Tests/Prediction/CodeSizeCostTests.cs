using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Kernel.Compiled;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Prediction;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Prediction;

/// <summary>The cost of code over its size, and the code that it is measured with.</summary>
public sealed class CodeSizeCostTests
{
    private static CodeSizeCost Cost(params (int Bytes, double Ns)[] sweep) => CodeSizeCost.FromSweep(sweep, "a test");

    [TestCase(500, 0)]
    [TestCase(1000, 0)]
    [TestCase(32_000, 1)]
    [TestCase(40_000, 3)]
    [TestCase(48_000, 5)]
    [TestCase(60_000, 5)]
    public void BetweenTheSizesOfTheSweepIsAStraightLine(int bytes, double expected) =>
        Assert.That(Cost((48_000, 15), (1000, 10), (32_000, 11)).ExtraNs(bytes), Is.EqualTo(expected).Within(1e-9));

    [Test]
    public void WhatNoiseMadeFallIsLevelled()
    {
        CodeSizeCost cost = Cost((1000, 12), (2000, 10), (4000, 11), (8000, 14), (16_000, 13));
        // 12, 10 and 11 become 11; 14 and 13 become 13.5.
        Assert.That(cost.Points.Select(point => (point.Bytes, point.ExtraNs)), Is.EqualTo(new[] { (1000, 0.0), (2000, 0.0), (4000, 0.0), (8000, 2.5), (16_000, 2.5) }));
    }

    [Test]
    public void WithoutASweepTheSizeCostsNothing()
    {
        CodeSizeCost cost = Cost();
        Assert.That((cost.Points.Count, cost.ExtraNs(60_000)), Is.EqualTo((0, 0.0)));
        Assert.That(cost.Source, Does.Contain("code.sweep"));
    }

    /// <summary>A kernel of loops has no cost of size, a compiled one has that of its bytes.</summary>
    [Test]
    public void APredictionAddsTheCostOfTheKernelsBytes()
    {
        byte[] bytes = ModelLoading.ReadModel("synthetic:12x16");
        var model = ModelLoading.Parse(bytes, "synthetic");
        CostProfile flat = CostProfile.Load("esp32-devkitc"), steep = flat with { Code = new CodeSizeCost([new CodePoint(1, 10)], "a test", "estimate") };
        Forecast Make(CountedKernel kernel, CostProfile profile) =>
            Forecast.Make(bytes, model, kernel, CountedInputs.Random(model, 1), profile, new GatewayCost(2, 500, 0));
        Forecast before = Make(CountedKernel.Compiled, flat), after = Make(CountedKernel.Compiled, steep);
        Assert.That(after.Code.Bytes, Is.EqualTo(13_950).Within(10).Percent);
        Assert.That(after.Code.UsPerStep, Is.EqualTo(0.01 * before.IlPerStep).Within(1).Percent);
        Assert.That(after.TimeUs.PerStep, Is.EqualTo(before.TimeUs.PerStep + after.Code.UsPerStep).Within(1e-9));
        Assert.That(after.TimeUs.Start, Is.EqualTo(before.TimeUs.Start));
        Forecast table = Make(CountedKernel.Table, steep);
        Assert.That((table.Code.Bytes, table.Code.UsPerStep), Is.EqualTo((0, 0.0)));
    }

    [TestCase("esp32-devkitc")]
    [TestCase("esp32-s3-devkitc")]
    [TestCase("esp32-c3-devkitm")]
    public void ABoardWithoutASweepSaysWhyItsCostIsZero(string board)
    {
        CodeSizeCost cost = CostProfile.Load(board).Code;
        Assert.That(cost.Points, Is.Empty);
        Assert.That(cost.Source, Does.Contain("cache"));
        Assert.That(cost.Confidence, Is.EqualTo("estimate"));
    }

    [Test]
    public void ABlockOfTheSweepExecutesAndMeasuresWhatItsConstantsSay()
    {
        var context = new CountingContext();
        try
        {
            var run = context.LoadFromAssemblyName(typeof(CodeBlocks).Assembly.GetName()).GetType(typeof(CodeBlocks).FullName!)!
                .GetMethod(nameof(CodeBlocks.Run))!.CreateDelegate<Action<int, short[], short[], short[]>>();
            long Executed(int blockCount)
            {
                context.Reset();
                run(blockCount, new short[CodeBlocks.InputCount], new short[CodeBlocks.StateCount], new short[CodeBlocks.TableLength]);
                return context.Count().Total;
            }
            // From the turn of 48 blocks to that of 60 there are twelve blocks and no more branches but the one that ends the former.
            Assert.That(Executed(60) - Executed(48), Is.EqualTo(12 * CodeBlocks.IlPerBlock));
        }
        finally
        {
            context.Unload();
        }
        string path = Path.Combine(AppContext.BaseDirectory, "Crime.Bench.Code.dll");
        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(path);
        IEnumerable<int> sizes = assembly.MainModule.GetType("Crime.Kernel.Compiled.CodeBlocks").Methods.Where(method => method.Name.StartsWith("Block"))
            .Select(method => method.Body.CodeSize);
        Assert.That(sizes, Has.Exactly(60).Items.And.All.EqualTo(CodeBlocks.BlockSize));
    }

    [TestCase("Crime.Bench.Hidden16")]
    [TestCase("Crime.Bench.Hidden24")]
    [TestCase("Crime.Bench.Hidden32")]
    [TestCase("Crime.Bench.Code")]
    public void TheGeneratedCodeOfALibraryFitsOneAssembly(string name)
    {
        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        // The host's tokens are two bytes longer than a board's, so this is an upper bound.
        int size = assembly.MainModule.Types.SelectMany(type => type.NestedTypes.Prepend(type)).SelectMany(type => type.Methods)
            .Sum(method => method.Body?.CodeSize ?? 0);
        Assert.That(size, Is.InRange(30_000, KernelFootprint.MaxByteCodeSize));
    }
}
