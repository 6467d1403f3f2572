// Which members of .NET's own libraries device code must not reach directly, and what it reaches instead.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.VirtualBoard.Loading;

/// <summary>Marks a class whose static methods stand in for the members of another class.</summary>
/// <remarks>
/// A static method stands in for the static method of the same name and parameters, or for the instance method whose object
/// is its first parameter. A method named New stands in for a constructor.
/// </remarks>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class StandsInForAttribute(Type type) : Attribute
{
    /// <summary>The class that device code names.</summary>
    public Type Type { get; } = type;
}

/// <summary>Redirects calls in a module.</summary>
internal sealed class RedirectMap
{
    /// <summary>Types whose members wait, return the time, load code or touch the host: each one in use must be redirected or listed.</summary>
    private static readonly string[] Guarded =
    [
        "System.Threading.Thread", "System.Threading.WaitHandle", "System.Threading.EventWaitHandle", "System.Threading.AutoResetEvent",
        "System.Threading.ManualResetEvent", "System.Threading.Timer", "System.IO.File", "System.IO.Directory", "System.IO.FileStream",
        "System.Console", "System.Diagnostics.Debug", "System.DateTime", "System.Reflection.Assembly",
        "System.Reflection.ConstructorInfo",
    ];

    private static readonly HashSet<string> Harmless =
    [
        "System.Threading.AutoResetEvent::.ctor", "System.Threading.ManualResetEvent::.ctor", "System.Threading.EventWaitHandle::Reset",
        "System.Threading.WaitHandle::Dispose", "System.IO.FileStream::Dispose",
        "System.DateTime::get_Ticks", "System.DateTime::get_Year",
        // A comparison with null. The device's classes have no operators: there it is one instruction.
        "System.Reflection.Assembly::op_Equality", "System.Reflection.Assembly::op_Inequality",
        "System.Reflection.ConstructorInfo::op_Equality", "System.Reflection.ConstructorInfo::op_Inequality",
    ];

    private readonly Dictionary<string, MethodReference> _standIns = [];

    /// <summary>Collects the stand-ins for a module.</summary>
    public RedirectMap(ModuleDefinition module)
    {
        foreach (Type type in typeof(RedirectMap).Assembly.GetTypes())
        {
            if (type.GetCustomAttribute<StandsInForAttribute>() is not { } attribute) continue;
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Static | BindingFlags.Public))
                _standIns[Key(attribute.Type, method)] = module.ImportReference(method);
        }
    }

    /// <summary>Redirects one instruction where it calls something that has a stand-in.</summary>
    /// <exception cref="NotSupportedException">The device code uses a guarded member that the virtual board does not play.</exception>
    public void Apply(Instruction instruction)
    {
        if (instruction.Operand is not MethodReference called || instruction.OpCode.Code is not (Code.Call or Code.Callvirt or Code.Newobj)) return;
        string type = called.DeclaringType.FullName;
        string key = $"{type}::{called.Name}({string.Join(",", called.Parameters.Select(p => p.ParameterType.FullName))})";
        if (_standIns.TryGetValue(key, out MethodReference? standIn))
        {
            instruction.OpCode = OpCodes.Call;
            instruction.Operand = standIn;
        }
        else if (Guarded.Contains(type) && !Harmless.Contains($"{type}::{called.Name}"))
        {
            throw new NotSupportedException($"the firmware calls {key}, which the virtual board does not play");
        }
    }

    private static string Key(Type type, MethodInfo method)
    {
        IEnumerable<ParameterInfo> parameters = method.GetParameters();
        bool isInstance = method.Name != "New" && parameters.FirstOrDefault()?.ParameterType == type;
        string name = method.Name == "New" ? ".ctor" : method.Name;
        return $"{type.FullName}::{name}({string.Join(",", parameters.Skip(isInstance ? 1 : 0).Select(p => p.ParameterType.FullName))})";
    }
}
