using System;
using System.Collections.Generic;
using System.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Crime.Architecture.Tests;

/// <summary>The namespaces of an assembly, and which of them uses which: by signatures, fields, attributes and method bodies.</summary>
internal sealed class NamespaceGraph
{
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _uses = new(StringComparer.Ordinal);
    private readonly string _assembly;

    /// <summary>Reads an assembly.</summary>
    /// <param name="path">Its file.</param>
    public NamespaceGraph(string path)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(path);
        _assembly = module.Assembly.Name.Name;
        foreach (TypeDefinition type in module.GetTypes()) AddType(type);
    }

    /// <summary>The namespaces, ordered.</summary>
    public IEnumerable<string> Namespaces => _uses.Keys;

    /// <summary>The namespaces of the same assembly that one uses, each with a type that shows it.</summary>
    public IReadOnlyDictionary<string, string> UsesOf(string name) => _uses[name];

    /// <summary>A cycle of namespaces, each with the use that leads on; empty when there is none.</summary>
    public IReadOnlyList<string> FindCycle()
    {
        foreach (string start in _uses.Keys)
        {
            if (WayBack(start) is { } way) return way;
        }
        return [];
    }

    /// <summary>The shortest way from a namespace back to it, or null.</summary>
    private List<string>? WayBack(string start)
    {
        var cameFrom = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Queue<string>([start]);
        while (open.TryDequeue(out string? at))
        {
            foreach (string next in _uses[at].Keys)
            {
                if (next == start) return Describe(start, at, cameFrom);
                if (cameFrom.TryAdd(next, at)) open.Enqueue(next);
            }
        }
        return null;
    }

    private List<string> Describe(string start, string last, Dictionary<string, string> cameFrom)
    {
        var way = new List<string> { start };
        for (string at = last; at != start; at = cameFrom[at]) way.Insert(0, at);
        way.Insert(0, start);
        return [.. way.Zip(way.Skip(1), (from, to) => $"{from} -> {to} ({_uses[from][to]})")];
    }

    private void AddType(TypeDefinition type)
    {
        string from = NamespaceOf(type);
        if (from.Length == 0) return;
        if (!_uses.ContainsKey(from)) _uses[from] = new(StringComparer.Ordinal);
        AddUse(type, type.BaseType);
        foreach (InterfaceImplementation implemented in type.Interfaces) AddUse(type, implemented.InterfaceType);
        foreach (FieldDefinition field in type.Fields) AddUse(type, field.FieldType);
        foreach (CustomAttribute attribute in type.CustomAttributes) AddUse(type, attribute.AttributeType);
        foreach (MethodDefinition method in type.Methods) AddMethod(type, method);
    }

    private void AddMethod(TypeDefinition type, MethodDefinition method)
    {
        AddUse(type, method.ReturnType);
        foreach (ParameterDefinition parameter in method.Parameters) AddUse(type, parameter.ParameterType);
        if (!method.HasBody) return;
        foreach (VariableDefinition variable in method.Body.Variables) AddUse(type, variable.VariableType);
        foreach (Instruction instruction in method.Body.Instructions)
        {
            if (instruction.Operand is TypeReference used) AddUse(type, used);
            else if (instruction.Operand is MemberReference member) AddUse(type, member.DeclaringType);
        }
    }

    private void AddUse(TypeDefinition by, TypeReference? used)
    {
        if (used == null || used.IsGenericParameter) return;
        if (used is GenericInstanceType generic)
        {
            foreach (TypeReference argument in generic.GenericArguments) AddUse(by, argument);
        }
        if (used is TypeSpecification wrapped)
        {
            AddUse(by, wrapped.ElementType);
            return;
        }
        bool isForeign = used.Scope is AssemblyNameReference scope && scope.Name != _assembly;
        string from = NamespaceOf(by), to = NamespaceOf(used);
        if (isForeign || to.Length == 0 || to == from) return;
        _uses[from].TryAdd(to, $"{by.Name} uses {used.Name}");
        if (!_uses.ContainsKey(to)) _uses[to] = new(StringComparer.Ordinal);
    }

    private static string NamespaceOf(TypeReference type)
    {
        while (type.DeclaringType != null) type = type.DeclaringType;
        return type.Namespace;
    }
}
