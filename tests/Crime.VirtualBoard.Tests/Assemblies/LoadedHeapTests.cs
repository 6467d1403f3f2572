using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.VirtualBoard.Assemblies;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Model;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;
using DeviceGC = nanoFramework.Runtime.Native.GC;

namespace Crime.VirtualBoard.Tests.Assemblies;

/// <summary>Heap of loaded assemblies, which they keep until the board restarts.</summary>
public sealed class LoadedHeapTests
{
    private const int Limit = 150_000;

    private static Driver Driver => DeviceProgram.Driver;

    private static uint Free() => DeviceGC.Run(true);

    private static KernelAssemblies Compile(CellKind kind, int inputs, int hidden, int vocabulary = 0) =>
        KernelAssemblies.Compile(LoadedModels.Read(LoadedModels.Make(kind, inputs, [hidden], vocabulary)));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static object? LoadAll(KernelAssemblies assemblies)
    {
        for (int part = 0; part + 1 < assemblies.Parts.Count; part++) Driver.LoadCopy(assemblies.Parts[part], null);
        return Driver.LoadCopy(assemblies.Parts[^1], assemblies.FullName);
    }

    /// <summary>The figures of docs/decisions/0011, measured on the CLR: 252 bytes for one part and 480 for two, beside the arrays.</summary>
    [TestCase(CellKind.Lstm, 3, 16, 0, 1, 252)]
    [TestCase(CellKind.Gru, 12, 16, 0, 1, 252)]
    [TestCase(CellKind.Lstm, 13, 32, 0, 2, 480)]
    [TestCase(CellKind.Lstm, 24, 24, 30, 2, 480)]
    public void LoadingTakesWhatWasMeasuredAndTheArraysStay(CellKind kind, int inputs, int hidden, int vocabulary, int parts, int expected)
    {
        KernelAssemblies assemblies = Compile(kind, inputs, hidden, vocabulary);
        Assert.That(assemblies.Parts, Has.Count.EqualTo(parts));
        using Board board = TestBoards.Make(heapBytes: Limit);
        TestBoards.Run(board, () =>
        {
            uint free = Free();
            object? made = LoadAll(assemblies);
            int arrays = assemblies.Parts.Sum(part => DeviceSizes.Array(part.Length, 1));
            Assert.That(free - Free() - arrays, Is.EqualTo(expected));
            GC.KeepAlive(made);
        });
    }

    [Test]
    public void ARefusedAssemblyTakesNothing()
    {
        KernelAssemblies assemblies = Compile(CellKind.Lstm, 13, 32);
        using Board board = TestBoards.Make(heapBytes: Limit);
        TestBoards.Run(board, () =>
        {
            uint free = Free();
            Assert.That(Driver.Refusal(assemblies.Parts[1]), Is.EqualTo("System.Exception"), "the first part is missing");
            board.Heap!.Drop((int)free - 100);
            using (board.Heap.Lease((int)free - 100)) Assert.That(Driver.Refusal(PePatch.Small()), Is.EqualTo("System.OutOfMemoryException"));
            Assert.That(Free(), Is.EqualTo(free));
        });
    }

    [Test]
    public void LoadingTheSameBytesAgainTakesTheMemoryAgain()
    {
        KernelAssemblies assemblies = PePatch.Compiled();
        using Board board = TestBoards.Make(heapBytes: Limit);
        TestBoards.Run(board, () =>
        {
            uint free = Free();
            object? first = LoadAll(assemblies);
            uint once = free - Free();
            object? second = LoadAll(assemblies);
            Assert.That(free - Free(), Is.EqualTo(2 * once));
            Assert.That(second!.GetType(), Is.EqualTo(first!.GetType()));
        });
    }

    [Test]
    public void TwoBoardsAndARestartedOneLoadTheSameBytes()
    {
        KernelAssemblies assemblies = Compile(CellKind.Lstm, 13, 32);
        using Board first = TestBoards.Make(), second = TestBoards.Make();
        var made = new List<object?>();
        foreach (Board board in new[] { first, second }) TestBoards.Run(board, () => made.Add(LoadAll(assemblies)));
        first.Assemblies.Restart();
        TestBoards.Run(first, () => Assert.That(Driver.Refusal(assemblies.Parts[1]), Is.EqualTo("System.Exception"), "a restarted board has nothing"));
        TestBoards.Run(first, () => made.Add(LoadAll(assemblies)));
        Assert.That(made.Select(item => item!.GetType()).Distinct().Count(), Is.EqualTo(1), "it is translated once");
    }

    /// <summary>The CLR finds the first assembly of a name.</summary>
    [Test]
    public void APartIsLinkedToTheFirstAssemblyOfTheName()
    {
        DeviceTarget target = DeviceTarget.Default;
        ModelFile model = LoadedModels.Read(LoadedModels.Make(CellKind.Lstm, 13, [32]));
        KernelAssemblies old = KernelAssemblies.Compile(model);
        KernelAssemblies later = KernelAssemblies.Compile(model, target: target with { Version = new Version(target.Version.Major, target.Version.Minor, 9) });
        Assert.That(later.Parts[0], Is.Not.EqualTo(old.Parts[0]));
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            Assembly first = board.Assemblies.Load(old.Parts[0]);
            Assembly second = board.Assemblies.Load(later.Parts[0]);
            Assembly last = board.Assemblies.Load(later.Parts[1]);
            Type layer = last.GetTypes().First(type => type.BaseType!.Assembly == first || type.BaseType.Assembly == second);
            Assert.That(layer.BaseType!.Assembly, Is.EqualTo(first));
        });
    }

    [Test]
    public void ANameThatIsNoClassGivesNull()
    {
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            Assembly loaded = board.Assemblies.Load(PePatch.Small());
            string known = PePatch.Compiled().FullName;
            Assert.That(Driver.Make(loaded, known), Is.Not.Null);
            foreach (string name in new[] { "", "Nothing", known + "[]", known + ", mscorlib", known + "&", known + "+", "`1" })
                Assert.That(Driver.Make(loaded, name), Is.Null, name);
        });
    }

    [Test]
    public void BytesThatChangeAfterwardsEndTheBoard() => AssertEnds(board =>
    {
        byte[] assembly = PePatch.Small();
        board.Assemblies.Load(assembly);
        assembly[^1] ^= 1;
        board.Assemblies.Load(PePatch.Small());
    });

    [Test]
    public void BytesThatChangeBeforeTheKernelIsMadeEndTheBoard() => AssertEnds(board =>
    {
        byte[] assembly = PePatch.Small();
        Assembly loaded = board.Assemblies.Load(assembly);
        assembly[^1] ^= 1;
        Driver.Make(loaded, PePatch.Compiled().FullName);
    });

    [Test]
    public void TheClrHasRoomForSoManyAssemblies() => AssertEnds(board =>
    {
        for (int i = 0; i < LoadedAssemblies.MaxCount; i++) board.Assemblies.Load(PePatch.Small());
        TestContext.Out.WriteLine($"{LoadedAssemblies.MaxCount} assemblies");
        board.Assemblies.Load(PePatch.Small());
    });

    private static void AssertEnds(Action<Board> code)
    {
        using Board board = TestBoards.Make();
        bool goesOn = false;
        Thread thread = board.Run(() =>
        {
            code(board);
            goesOn = true;
        });
        Assert.That(thread.Join(TimeSpan.FromMinutes(5)), Is.True);
        Assert.That(board.Crash, Is.TypeOf<LoadedAssemblyException>());
        Assert.That(goesOn, Is.False);
    }

    /// <summary>A process that plays boards for days must not keep every kernel that any of them ever had.</summary>
    [Test]
    public void AKernelThatNoBoardUsesIsCollectedWhenOthersHaveCome()
    {
        WeakReference first = LoadOnAnotherBoard(seed: 1);
        for (int seed = 2; seed < 40; seed++) LoadOnAnotherBoard(seed);
        for (int i = 0; i < 30 && first.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.That(first.IsAlive, Is.False);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference LoadOnAnotherBoard(int seed)
    {
        using Board board = TestBoards.Make();
        WeakReference? loaded = null;
        KernelAssemblies assemblies = KernelAssemblies.Compile(LoadedModels.Read(LoadedModels.Make(CellKind.Gru, 2, [2], seed: seed)));
        TestBoards.Run(board, () => loaded = new WeakReference(board.Assemblies.Load(assemblies.Parts.Single())));
        return loaded!;
    }

    [Test]
    public void ADeepSleepFreesTheArrays()
    {
        using Board board = TestBoards.Make(heapBytes: Limit);
        WeakReference held = LoadAndSleep(board);
        GC.Collect();
        Assert.That(held.IsAlive, Is.False);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference LoadAndSleep(Board board)
    {
        WeakReference? held = null;
        Thread thread = board.Run(() =>
        {
            held = Load(board);
            GC.Collect();
            if (held.IsAlive) board.DeepSleep();
        });
        Assert.That(thread.Join(TimeSpan.FromMinutes(5)), Is.True);
        Assert.That(board.DeepSleeps, Is.EqualTo(1), "the array was held");
        return held!;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Load(Board board)
    {
        byte[] bytes = PePatch.Small();
        board.Assemblies.Load(bytes);
        return new WeakReference(bytes);
    }
}
