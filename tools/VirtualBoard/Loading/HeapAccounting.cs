// Puts the heap's calls around the instructions of device code that allocate: arrays, objects, boxed numbers, string literals, and calls
// of library members that return a new string or array.

using System.Linq;
using Crime.VirtualBoard.Model;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Loading;

/// <summary>Accounts for what the methods of a module allocate.</summary>
/// <param name="module">The module.</param>
internal sealed class HeapAccounting(ModuleDefinition module)
{
    private readonly MethodReference _reserveArray = Import(module, nameof(VirtualHeap.ReserveArray));
    private readonly MethodReference _reserveObject = Import(module, nameof(VirtualHeap.ReserveObject));
    private readonly MethodReference _holdArray = Import(module, nameof(VirtualHeap.HoldArray));
    private readonly MethodReference _holdObject = Import(module, nameof(VirtualHeap.HoldObject));
    private readonly MethodReference _literal = Import(module, nameof(VirtualHeap.Literal));
    private readonly MethodReference _ownString = Import(module, nameof(VirtualHeap.OwnString));
    private readonly MethodReference _holdLibraryArray = Import(module, nameof(VirtualHeap.HoldLibraryArray));

    /// <summary>Accounts for one instruction; most allocate nothing.</summary>
    /// <param name="body">The method that it is in.</param>
    /// <param name="instruction">The instruction as it was compiled.</param>
    public void Apply(MethodBody body, Instruction instruction)
    {
        switch (instruction.OpCode.Code)
        {
            case Code.Newarr:
                Surround(body, instruction, DeviceSizes.Element((TypeReference)instruction.Operand), isArray: true);
                break;
            case Code.Box:
                Surround(body, instruction, DeviceSizes.Boxed, isArray: false);
                break;
            case Code.Ldstr:
                BasicBlocks.InsertBefore(body, instruction, Call(_literal));
                break;
            case Code.Newobj when ((MethodReference)instruction.Operand).DeclaringType is { IsValueType: false } type:
                if (type.FullName == "System.String") InsertAfter(body, instruction, Call(_ownString));
                else Surround(body, instruction, DeviceSizes.Object(type), isArray: false);
                break;
            case Code.Call or Code.Callvirt when instruction.Operand is MethodReference called && Instrumenter.IsLibrary(called):
                HoldReturned(body, instruction, called);
                break;
        }
    }

    /// <summary>A getter returns what exists already; every other string or array of a library's is new.</summary>
    private void HoldReturned(MethodBody body, Instruction instruction, MethodReference called)
    {
        if (called.Name.StartsWith("get_", System.StringComparison.Ordinal)) return;
        if (called.ReturnType.FullName == "System.String") InsertAfter(body, instruction, Call(_ownString));
        else if (called.ReturnType.IsArray) InsertAfter(body, instruction, Instruction.Create(OpCodes.Dup), Call(_holdLibraryArray));
    }

    /// <summary>What is made asks the board's heap for room, and is held against it while it lives.</summary>
    private void Surround(MethodBody body, Instruction instruction, int size, bool isArray)
    {
        if (size == 0) return;
        Instruction number = Instruction.Create(OpCodes.Ldc_I4, size), reserve = Call(isArray ? _reserveArray : _reserveObject);
        BasicBlocks.InsertBefore(body, instruction, isArray ? [Instruction.Create(OpCodes.Dup), number, reserve] : [number, reserve]);
        InsertAfter(
            body, instruction, Instruction.Create(OpCodes.Dup), Instruction.Create(OpCodes.Ldc_I4, size), Call(isArray ? _holdArray : _holdObject));
    }

    private static void InsertAfter(MethodBody body, Instruction instruction, params Instruction[] inserted)
    {
        ILProcessor il = body.GetILProcessor();
        foreach (Instruction next in inserted.Reverse()) il.InsertAfter(instruction, next);
    }

    private static Instruction Call(MethodReference method) => Instruction.Create(OpCodes.Call, method);

    private static MethodReference Import(ModuleDefinition module, string name) => module.ImportReference(typeof(VirtualHeap).GetMethod(name)!);
}
