// Rewrites the IL of device code: counts its instructions, redirects its calls, accounts for what it allocates, and ends the board where
// the device's CLR would end.

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
    private readonly MethodReference _reserveArray;
    private readonly MethodReference _reserveObject;
    private readonly MethodReference _holdArray;
    private readonly MethodReference _holdObject;
    private readonly MethodReference _loadElement;
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
        _reserveArray = module.ImportReference(typeof(VirtualHeap).GetMethod(nameof(VirtualHeap.ReserveArray))!);
        _reserveObject = module.ImportReference(typeof(VirtualHeap).GetMethod(nameof(VirtualHeap.ReserveObject))!);
        _holdArray = module.ImportReference(typeof(VirtualHeap).GetMethod(nameof(VirtualHeap.HoldArray))!);
        _holdObject = module.ImportReference(typeof(VirtualHeap).GetMethod(nameof(VirtualHeap.HoldObject))!);
        _loadElement = module.ImportReference(typeof(VirtualHeap).GetMethod(nameof(VirtualHeap.LoadElement))!);
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
            Account(body, instruction);
            GuardElement(instruction);
            _redirects.Apply(instruction);
        }
        body.OptimizeMacros();
    }

    /// <summary>Arrays and objects of the device code ask the board's heap for room, and are held against it while they live.</summary>
    private void Account(MethodBody body, Instruction instruction)
    {
        bool isArray = instruction.OpCode.Code == Code.Newarr;
        bool isObject = instruction.OpCode.Code == Code.Newobj && instruction.Operand is MethodReference { DeclaringType.IsValueType: false } made && !IsLibrary(made);
        if (!isArray && !isObject) return;
        int size = isArray ? DeviceSizes.Element((TypeReference)instruction.Operand) : DeviceSizes.Object(((MethodReference)instruction.Operand).DeclaringType);
        ILProcessor il = body.GetILProcessor();
        Instruction number = il.Create(OpCodes.Ldc_I4, size), reserve = il.Create(OpCodes.Call, isArray ? _reserveArray : _reserveObject);
        BasicBlocks.InsertBefore(body, instruction, isArray ? [il.Create(OpCodes.Dup), number, reserve] : [number, reserve]);
        // In their order: a copy of the reference, the size, the call.
        il.InsertAfter(instruction, il.Create(OpCodes.Call, isArray ? _holdArray : _holdObject));
        il.InsertAfter(instruction, il.Create(OpCodes.Ldc_I4, size));
        il.InsertAfter(instruction, il.Create(OpCodes.Dup));
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

    private static bool IsLibrary(MethodReference called) =>
        !called.DeclaringType.IsArray
        && called.DeclaringType.GetElementType().Scope is AssemblyNameReference scope
        && !DeviceAssemblies.Contains(scope.Name);
}

/// <summary>What instrumented code calls.</summary>
public static class VirtualCpu
{
    /// <summary>The calling thread executes so many instructions.</summary>
    public static void Charge(int instructions) => BoardClock.Charge(instructions);
}

/// <summary>What instrumented code calls before and after it takes from the heap.</summary>
public static class VirtualHeap
{
    /// <summary>An array is about to be made.</summary>
    /// <param name="length">Its elements.</param>
    /// <param name="elementSize">Bytes of one.</param>
    public static void ReserveArray(int length, int elementSize) => Board.Current?.Heap?.Reserve(DeviceSizes.Array(length, elementSize));

    /// <summary>An object is about to be made.</summary>
    /// <param name="size">Its bytes.</param>
    public static void ReserveObject(int size) => Board.Current?.Heap?.Reserve(size);

    /// <summary>An array has been made.</summary>
    /// <param name="made">The array.</param>
    /// <param name="elementSize">Bytes of one element.</param>
    public static void HoldArray(Array made, int elementSize) => Board.Current?.Heap?.Hold(made, DeviceSizes.Array(made.Length, elementSize));

    /// <summary>An object has been made.</summary>
    /// <param name="made">The object.</param>
    /// <param name="size">Its bytes.</param>
    public static void HoldObject(object made, int size) => Board.Current?.Heap?.Hold(made, size);

    /// <summary>Returns an element of a reference array. An element of a string array that was never set ends the board.</summary>
    /// <param name="array">The array.</param>
    /// <param name="index">Index of the element.</param>
    public static object? LoadElement(object?[] array, int index)
    {
        object? element = array[index];
        if (element == null && array is string[]) Board.Current?.EndBy(new UnsetElementException(index));
        return element;
    }
}

/// <summary>
/// Device code read an element of a string array that was never set. On the device such an element is not null: comparing it with a string
/// ends the CLR with an access violation, and storing the outcome of a test for null stores false.
/// </summary>
/// <param name="index">Index of the element.</param>
public sealed class UnsetElementException(int index)
    : Exception($"element {index} of a string array was read before it was set; on the device this ends the CLR");
