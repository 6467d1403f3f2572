// Counts instructions and redirects calls in the IL of device code.

using System;
using System.Collections.Generic;
using System.Linq;
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
        HashSet<Instruction> leaders = FindLeaders(body);
        ILProcessor il = body.GetILProcessor();

        for (int i = 0; i < original.Count;)
        {
            int end = i + 1;
            while (end < original.Count && !leaders.Contains(original[end])) end++;
            int cost = 0;
            for (int k = i; k < end; k++) cost += CostOf(original[k]);
            if (cost > 0) InsertCharge(body, il, original[i], cost);
            i = end;
        }
        foreach (Instruction instruction in original) _redirects.Apply(instruction);
        body.OptimizeMacros();
    }

    /// <summary>First instructions of basic blocks: targets of branches, what follows a branch, starts of handlers.</summary>
    private static HashSet<Instruction> FindLeaders(MethodBody body)
    {
        var leaders = new HashSet<Instruction>();
        foreach (Instruction instruction in body.Instructions)
        {
            if (instruction.Operand is Instruction target) leaders.Add(target);
            if (instruction.Operand is Instruction[] targets) leaders.UnionWith(targets);
            bool ends = instruction.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw;
            if (ends && instruction.Next != null) leaders.Add(instruction.Next);
        }
        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            leaders.Add(handler.TryStart);
            leaders.Add(handler.HandlerStart);
            if (handler.FilterStart != null) leaders.Add(handler.FilterStart);
        }
        return leaders;
    }

    private int CostOf(Instruction instruction)
    {
        if (instruction.OpCode.Code == Code.Nop) return 0;
        bool isCall = instruction.OpCode.Code is Code.Call or Code.Callvirt or Code.Newobj;
        return isCall && instruction.Operand is MethodReference called && IsLibrary(called) ? 1 + _libraryCallIl : 1;
    }

    private static bool IsLibrary(MethodReference called) =>
        !called.DeclaringType.IsArray
        && called.DeclaringType.GetElementType().Scope is AssemblyNameReference scope
        && !scope.Name.StartsWith("Crime.Shared", StringComparison.Ordinal);

    /// <summary>Puts the charge before an instruction and lets everything that led to the instruction lead to the charge.</summary>
    private void InsertCharge(MethodBody body, ILProcessor il, Instruction first, int cost)
    {
        Instruction load = il.Create(OpCodes.Ldc_I4, cost), call = il.Create(OpCodes.Call, _charge);
        il.InsertBefore(first, load);
        il.InsertBefore(first, call);
        foreach (Instruction instruction in body.Instructions)
        {
            if (instruction.Operand == first) instruction.Operand = load;
            if (instruction.Operand is Instruction[] targets)
                for (int k = 0; k < targets.Length; k++)
                    if (targets[k] == first) targets[k] = load;
        }
        foreach (ExceptionHandler handler in body.ExceptionHandlers)
        {
            if (handler.TryStart == first) handler.TryStart = load;
            if (handler.TryEnd == first) handler.TryEnd = load;
            if (handler.HandlerStart == first) handler.HandlerStart = load;
            if (handler.HandlerEnd == first) handler.HandlerEnd = load;
            if (handler.FilterStart == first) handler.FilterStart = load;
        }
    }
}

/// <summary>What instrumented code calls.</summary>
public static class VirtualCpu
{
    /// <summary>The calling thread executes so many instructions.</summary>
    public static void Charge(int instructions) => BoardClock.Charge(instructions);
}
