// Rewrites the IL of device code: counts its instructions, redirects its calls, accounts for what it allocates, and ends the board where
// the device's CLR would end.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Crime.VirtualBoard.Model;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace Crime.VirtualBoard.Loading;

/// <summary>Rewrites the methods of a module.</summary>
internal sealed class Instrumenter
{
    private readonly ModuleDefinition _module;
    private readonly MethodReference _charge;
    private readonly MethodReference _loadElement;
    private readonly HeapAccounting _heap;
    private readonly RedirectMap _redirects;
    private readonly int _libraryCallIl;

    /// <summary>Prepares the rewriting of a module.</summary>
    /// <param name="module">A module of device code.</param>
    /// <param name="libraryCallIl">What a call outside the device code costs, in instructions.</param>
    public Instrumenter(ModuleDefinition module, int libraryCallIl)
    {
        _module = module;
        _libraryCallIl = libraryCallIl;
        _charge = module.ImportReference(typeof(VirtualCpu).GetMethod(nameof(VirtualCpu.Charge))!);
        _loadElement = module.ImportReference(typeof(VirtualHeap).GetMethod(nameof(VirtualHeap.LoadElement))!);
        _heap = new HeapAccounting(module);
        _redirects = new RedirectMap(module);
    }

    /// <summary>Rewrites all methods.</summary>
    public void Run()
    {
        foreach (TypeDefinition type in _module.GetTypes())
            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody))
                Rewrite(method);
    }

    private void Rewrite(MethodDefinition method)
    {
        MethodBody body = method.Body;
        body.SimplifyMacros();
        List<Instruction> original = body.Instructions.ToList();
        HashSet<Instruction> leaders = BasicBlocks.FindLeaders(body);
        ILProcessor il = body.GetILProcessor();

        for (int i = 0; i < original.Count;)
        {
            int end = i + 1;
            while (end < original.Count && !leaders.Contains(original[end])) end++;
            int cost = 0;
            for (int k = i; k < end; k++) cost += CostOf(original[k]);
            if (cost > 0) BasicBlocks.InsertBefore(body, original[i], il.Create(OpCodes.Ldc_I4, cost), il.Create(OpCodes.Call, _charge));
            i = end;
        }
        foreach (Instruction instruction in original)
        {
            _heap.Apply(body, instruction);
            GuardElement(instruction);
            _redirects.Apply(instruction);
        }
        body.OptimizeMacros();
    }

    /// <summary>Checks every element of a reference array that is read, except where a branch alone sees it.</summary>
    private void GuardElement(Instruction instruction)
    {
        if (instruction.OpCode.Code != Code.Ldelem_Ref || IsOnlyTested(instruction.Next)) return;
        instruction.OpCode = OpCodes.Call;
        instruction.Operand = _loadElement;
    }

    /// <summary>A branch on null does on the device what it does on .NET, whether the element was set or not.</summary>
    private static bool IsOnlyTested(Instruction? consumer)
    {
        if (consumer?.OpCode.Code == Code.Dup) consumer = consumer.Next;
        return consumer?.OpCode.Code is Code.Brtrue or Code.Brfalse;
    }

    private int CostOf(Instruction instruction)
    {
        if (instruction.OpCode.Code == Code.Nop) return 0;
        bool isCall = instruction.OpCode.Code is Code.Call or Code.Callvirt or Code.Newobj;
        return isCall && instruction.Operand is MethodReference called && IsLibrary(called) ? 1 + _libraryCallIl : 1;
    }

    /// <summary>Returns whether a member is neither of device code nor of an array.</summary>
    public static bool IsLibrary(MethodReference called) =>
        !called.DeclaringType.IsArray
        && called.DeclaringType.GetElementType().Scope is AssemblyNameReference scope
        && !DeviceAssemblies.Contains(scope.Name) && !DeviceAssemblies.IsLoaded(scope.Name);
}

/// <summary>Methods that instrumented code calls.</summary>
public static class VirtualCpu
{
    /// <summary>The calling thread executes so many instructions.</summary>
    public static void Charge(int instructions) => BoardClock.Charge(instructions);

    /// <summary>Ends a recursion that never ends, as the CLR does whose heap has no room for one more frame.</summary>
    /// <exception cref="OutOfMemoryException">The calling thread has nearly used up its stack.</exception>
    public static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new OutOfMemoryException();
    }
}
