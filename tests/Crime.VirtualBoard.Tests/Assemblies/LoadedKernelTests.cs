using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Packaging;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Tests.Model;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Assemblies;

/// <summary>Kernels from packages on a virtual board: they compute and cost what they do in the firmware.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class LoadedKernelTests
{
    private static Driver Driver => DeviceProgram.Driver;

    [TestCaseSource(typeof(LoadedModels), nameof(LoadedModels.All))]
    public void ALoadedKernelComputesWhatTheTableDrivenOneDoes(byte[] image)
    {
        ModelFile model = LoadedModels.Read(image);
        byte[] package = KernelPackager.Build(model);
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            object? compiled = Driver.LoadPackage(image, package);
            Assert.That(compiled, Is.Not.Null, "the golden vectors");
            object loaded = Driver.NewKernel(image, compiled), table = Driver.NewKernel(image, null);
            Assert.That((Driver.IsCompiled(loaded), Driver.IsCompiled(table)), Is.EqualTo((true, false)));
            Random random = TestSeed.Random();
            for (int sequence = 0; sequence < 60; sequence++)
            {
                Driver.Reset(loaded);
                Driver.Reset(table);
                for (int step = 0; step < 12; step++)
                {
                    short[] values = Values(model, random, sequence);
                    Driver.Advance(loaded, values, 1);
                    Driver.Advance(table, values, 1);
                    Assert.That(Driver.Read(loaded), Is.EqualTo(Driver.Read(table)), $"sequence {sequence}, step {step}");
                }
            }
        });
    }

    /// <summary>The program that runs on the real CLR, with the same checks.</summary>
    [Test]
    public void TheProgramOfTheRealClrFindsNoDifference()
    {
        byte[][] images = [LoadedModels.Gestures(), LoadedModels.Make(CellKind.Lstm, 13, [32]), LoadedModels.Make(CellKind.Lstm, 8, [10], vocabulary: 30)];
        foreach (byte[] image in images)
        {
            using Board board = TestBoards.Make();
            byte[] package = KernelPackager.Build(LoadedModels.Read(image));
            TestBoards.Run(board, () => Assert.That(DeviceProgram.Probe(image, package), Is.Null));
        }
    }

    [Test]
    public void AStepExecutesAsManyInstructionsAsInTheFirmware()
    {
        byte[] image = LoadedModels.Gestures();
        ModelFile model = LoadedModels.Read(image);
        byte[] package = KernelPackager.Build(model);
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            object deployed = Driver.NewKernel(image, DeviceProgram.New("Crime.Gestures", "Crime.Kernel.Compiled.GesturesKernel"));
            object loaded = Driver.NewKernel(image, Driver.LoadPackage(image, package));
            object table = Driver.NewKernel(image, null);
            Assert.That((Driver.IsCompiled(deployed), Driver.IsCompiled(loaded)), Is.EqualTo((true, true)));
            long[] inFirmware = Counts(board, model, deployed), overTheAir = Counts(board, model, loaded), byTable = Counts(board, model, table);
            TestContext.Out.WriteLine($"{inFirmware.Average():F1} in the firmware, {overTheAir.Average():F1} over the air, {byTable.Average():F1} by tables");
            Assert.That(overTheAir, Is.EqualTo(inFirmware));
            Assert.That(byTable.Average(), Is.GreaterThan(1.5 * inFirmware.Average()));
        });
    }

    /// <summary>A part calls its base class in an earlier part, and each part loads its operands.</summary>
    [Test]
    public void ASecondPartCostsAFewPercent()
    {
        byte[] image = LoadedModels.Make(CellKind.Lstm, 13, [32]);
        ModelFile model = LoadedModels.Read(image);
        EmittedKernel emitted = KernelEmitter.Emit(model, "WholeKernel");
        byte[] package = KernelPackager.Build(model);
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            object whole = Driver.NewKernel(image, DeviceProgram.Emitted(emitted));
            object parts = Driver.NewKernel(image, Driver.LoadPackage(image, package));
            double inOne = Counts(board, model, whole).Average(), inParts = Counts(board, model, parts).Average();
            TestContext.Out.WriteLine($"{inOne:F1} in one class, {inParts:F1} in two parts");
            Assert.That(inParts / inOne, Is.InRange(1.001, 1.03));
        });
    }

    [TestCase("Loaded.7.Kernel.1", false)]
    [TestCase("Crime.Kernel", false)]
    [TestCase("System.Runtime", true)]
    [TestCase("LoadedElsewhere", true)]
    public void ACallOfAnEarlierPartIsNotOneOfALibrary(string assembly, bool isLibrary)
    {
        using ModuleDefinition module = ModuleDefinition.CreateModule("caller", ModuleKind.Dll);
        var type = new TypeReference("Some", "Class", module, new AssemblyNameReference(assembly, new Version(1, 0)));
        Assert.That(Instrumenter.IsLibrary(new MethodReference("Called", module.TypeSystem.Void, type)), Is.EqualTo(isLibrary));
    }

    /// <summary>Instructions of each step of a random sequence.</summary>
    private static long[] Counts(Board board, ModelFile model, object kernel)
    {
        var random = new Random(9);
        var counts = new List<long>();
        for (int step = 0; step < 200; step++)
        {
            short[] values = Values(model, random, step);
            board.Clock.NowUs();
            long before = board.ExecutedIl;
            Driver.Advance(kernel, values, 1);
            board.Clock.NowUs();
            counts.Add(board.ExecutedIl - before);
        }
        return [.. counts];
    }

    /// <summary>From small numbers to all of 16 bits.</summary>
    private static short[] Values(ModelFile model, Random random, int sequence)
    {
        int range = 1 << (3 + sequence % 13);
        bool isToken = model.Input == InputKind.Tokens;
        return Enumerable.Range(0, model.ValuesPerStep)
            .Select(_ => (short)(isToken ? random.Next(model.VocabularyCount + 1) : random.Next(-range, range))).ToArray();
    }
}
