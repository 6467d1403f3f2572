using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Crime.VirtualBoard.Assemblies;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;
using Crime.VirtualBoard.Redirects;
using Crime.VirtualBoard.Tests.Model;
using Mono.Cecil;
using Mono.Cecil.Cil;
using NUnit.Framework;
using nanoFramework.M2Mqtt;
using nanoFramework.M2Mqtt.Messages;
using DeviceGC = nanoFramework.Runtime.Native.GC;

namespace Crime.VirtualBoard.Tests.Heap;

/// <summary>What a board with a limited heap counts, and what becomes of an allocation that finds no room.</summary>
public sealed class BoardHeapTests
{
    private const int Limit = 60_000;

    private static void Run(Action<BoardHeap> code, int limit = Limit)
    {
        using Board board = TestBoards.Make(heapBytes: limit);
        TestBoards.Run(board, () => code(board.Heap!));
    }

    private static int StartedSizeBytes
    {
        get
        {
            using Board board = TestBoards.Make(heapBytes: Limit);
            return board.Heap!.StartedSizeBytes;
        }
    }

    private static uint Free() => DeviceGC.Run(true);

    [Test]
    public void TheFreeBytesAreTheLimitLessTheStartedClr() => Run(heap => Assert.That(Free(), Is.EqualTo(Limit - heap.StartedSizeBytes)));

    /// <summary>Each type, method, field and reference has an entry in the tables of the CLR; a constant has none.</summary>
    [Test]
    public void AnAssemblyTakesMoreHeapWithEveryMember()
    {
        using ModuleDefinition module = ModuleDefinition.CreateModule("Sample", ModuleKind.Dll);
        // The record and the type that every module has: 148 bytes, in blocks of 12.
        Assert.That(AssemblyTables.SizeBytes(module), Is.EqualTo(156));
        var type = new TypeDefinition("Sample", "Type", TypeAttributes.Class);
        module.Types.Add(type);
        for (int i = 0; i < 10; i++) type.Fields.Add(new FieldDefinition("F" + i, FieldAttributes.Private, module.TypeSystem.Int32));
        for (int i = 0; i < 20; i++) type.Methods.Add(new MethodDefinition("M" + i, MethodAttributes.Abstract, module.TypeSystem.Void));
        type.Fields.Add(new FieldDefinition("Constant", FieldAttributes.Literal | FieldAttributes.Static, module.TypeSystem.Int32));
        Assert.That(AssemblyTables.SizeBytes(module), Is.EqualTo(228), "148 + 8 + 10 * 2 + 20 * 2 = 216, and 8 for what the type system refers to");
        type.Fields.Add(new FieldDefinition("Shared", FieldAttributes.Static, module.TypeSystem.Int32));
        Assert.That(AssemblyTables.SizeBytes(module), Is.EqualTo(240));
    }

    [Test]
    public void WhatCanBeReachedIsHeldAndTheRestIsFreed() => Run(heap =>
    {
        uint free = Free();
        object kept = Keep(heap);
        Assert.That(Free(), Is.EqualTo(free - 120));
        GC.KeepAlive(kept);
    });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte[] Keep(BoardHeap heap)
    {
        for (int i = 0; i < 3; i++) heap.Hold(new byte[1000], 1020);
        var kept = new byte[100];
        VirtualHeap.HoldLibraryArray(kept);
        return kept;
    }

    [Test]
    public void AStringOfALibraryIsHeldForAsLongAsTheBoardHasIt() => Run(_ =>
    {
        uint free = Free();
        Assert.That(FreeWithASeven(), Is.EqualTo(free - 24));
        Assert.That(Free(), Is.EqualTo(free));
    });

    /// <summary>.NET keeps the string of a small number for ever; the board does not.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint FreeWithASeven()
    {
        string? seven = VirtualHeap.OwnString(7.ToString());
        Assert.That(seven, Is.EqualTo("7"));
        uint free = Free();
        GC.KeepAlive(seven);
        return free;
    }

    [Test]
    public void GarbageIsFreedByTheNextCollectionAndALeaseIsNot() => Run(heap =>
    {
        uint free = Free();
        VirtualHeap.Literal();
        heap.Drop(1000);
        using (heap.Lease(500)) Assert.That(Free(), Is.EqualTo(free - 500));
        Assert.That(Free(), Is.EqualTo(free));
        Assert.That(heap.LeastFree, Is.EqualTo(free - 500));
    });

    [Test]
    public void AnAllocationWithoutRoomThrowsAndLeavesTheHeapAsItWas() => Run(heap =>
    {
        uint free = Free();
        heap.Drop((int)free - 10);
        heap.Reserve(1000);
        Assert.That(() => heap.Lease((int)free + 1), Throws.TypeOf<OutOfMemoryException>());
        Assert.That(() => VirtualHeap.ReserveObject((int)free + 1), Throws.TypeOf<OutOfMemoryException>());
        Assert.That(() => VirtualHeap.OwnString(new string('x', (int)free)), Throws.TypeOf<OutOfMemoryException>());
        Assert.That(Free(), Is.EqualTo(free));
    });

    [Test]
    public void ABoardWithoutALimitCountsNothing()
    {
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () => Assert.That(Free(), Is.EqualTo(4 << 20)));
        Assert.That(board.LeastFreeHeapBytes, Is.Null);
    }

    [Test]
    public void AThreadTakesItsFramesWhileItRuns() => Run(_ =>
    {
        uint free = Free();
        var started = new System.Threading.AutoResetEvent(false);
        var thread = ThreadStandIn.New(() =>
        {
            EventWaitHandleStandIn.Set(started);
            ThreadStandIn.Sleep(300);
        });
        ThreadStandIn.Start(thread);
        WaitHandleStandIn.WaitOne(started);
        Assert.That(Free(), Is.EqualTo(free - HeapCosts.RunningThread));
        thread.Join();
        Assert.That(Free(), Is.EqualTo(free));
    });

    [Test]
    public async System.Threading.Tasks.Task AConnectionHoldsItsMemoryUntilItIsClosed()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        Run(_ =>
        {
            uint free = Free();
            var client = new MqttClient("127.0.0.1", broker.Port, false, null, null, MqttSslProtocols.None);
            Assert.That(Free(), Is.EqualTo(free - HeapCosts.MqttClient));
            client.Connect("board", null, null, false, MqttQoSLevel.AtMostOnce, false, null, null, true, 15);
            client.Publish("a", new byte[200], null, null, MqttQoSLevel.AtMostOnce, false);
            Assert.That(Free(), Is.EqualTo(free - HeapCosts.MqttClient - HeapCosts.MqttConnection), "what a publish takes is freed");
            client.Close();
            Assert.That(Free(), Is.EqualTo(free));
        });
    }

    [Test]
    public async System.Threading.Tasks.Task AConnectionThatDoesNotFitThrowsInItsCaller()
    {
        await using TestBroker broker = await TestBroker.StartAsync();
        Run(
            _ =>
            {
                var client = new MqttClient("127.0.0.1", broker.Port, false, null, null, MqttSslProtocols.None);
                Assert.That(
                    () => client.Connect("board", null, null, false, MqttQoSLevel.AtMostOnce, false, null, null, true, 15), Throws.TypeOf<OutOfMemoryException>());
            },
            StartedSizeBytes + HeapCosts.MqttClient + HeapCosts.MqttConnection - 1);
    }

    /// <summary>Instrumented code counts what the same code took on the CLR.</summary>
    [Test]
    public void EveryAllocatingInstructionIsSurrounded()
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(typeof(Allocating).Assembly.Location);
        MethodDefinition method = module.GetType(typeof(Allocating).FullName!.Replace('+', '/')).Methods.Single(item => item.Name == nameof(Allocating.All));
        var accounting = new HeapAccounting(module);
        foreach (Instruction instruction in method.Body.Instructions.ToList()) accounting.Apply(method.Body, instruction);
        IEnumerable<string> calls = method.Body.Instructions.Select(item => item.Operand).OfType<MethodReference>()
            .Where(called => called.DeclaringType.Name == nameof(VirtualHeap)).Select(called => called.Name);
        Assert.That(calls, Is.EqualTo(new[]
        {
            "ReserveArray", "HoldArray", "ReserveObject", "HoldObject", "ReserveObject", "HoldObject", "Literal", "Literal", "OwnString", "HoldLibraryArray",
        }));
        int[] sizes = method.Body.Instructions.Where(item => item.Next?.Operand is MethodReference { Name: "ReserveObject" }).Select(item => (int)item.Operand).ToArray();
        Assert.That(sizes, Is.EqualTo(new[] { 24, 120 }), "a boxed number, an ArrayList");
    }

    /// <summary>One of each.</summary>
    private static class Allocating
    {
        public static object?[] Results { get; } = new object?[5];

        public static void All(int n)
        {
            short[] array = new short[n];
            object boxed = n;
            object list = new System.Collections.ArrayList();
            string text = string.Concat("literal", Results.Length > 9 ? null : "");
            Use(array, boxed, list, text, text.ToCharArray());
        }

        private static void Use(object a, object b, object c, object d, object e) => (Results[0], Results[1], Results[2], Results[3], Results[4]) = (a, b, c, d, e);
    }
}
