// Finds the classes and members of other assemblies that an assembly refers to, in the order and by the rules of the CLR: a field in its
// class only, a method in its class or a base class.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Compilation.Pe;
using Mono.Cecil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>An assembly that is referred to.</summary>
/// <param name="Name">Its name on the board.</param>
/// <param name="Version">The version that is asked for.</param>
internal sealed record PeReference(string Name, Version Version)
{
    /// <summary>All of an assembly, in the order of its table.</summary>
    /// <exception cref="NotSupportedException">A name is missing, or one name stands there twice.</exception>
    public static IReadOnlyList<PeReference> Of(PeImage image)
    {
        const int versionOffset = 4;
        PeReference[] found = image.Rows(PeTable.AssemblyReferences)
            .Select(row => new PeReference(image.Identifier(row.UInt16(0)), PeImage.VersionOf(row, versionOffset))).ToArray();
        return found.DistinctBy(reference => reference.Name).Count() == found.Length
            ? found : throw LoadRefusal.NotPlayed("it refers to two assemblies of one name");
    }

    /// <summary>The CLR compares the first two numbers of a version.</summary>
    public bool Accepts(string name, Version version) => name == Name && version.Major == Version.Major && version.Minor == Version.Minor;
}

/// <summary>The classes and members that an assembly refers to.</summary>
internal sealed class PeReferences
{
    private readonly PeImage _image;
    private readonly ModuleDefinition _module;
    private readonly TypeReference[] _types;

    /// <summary>Finds all classes; <see cref="FindMembers"/> finds the rest.</summary>
    /// <param name="image">The assembly.</param>
    /// <param name="module">The module that is made of it.</param>
    /// <param name="assemblies">The assemblies that it refers to, in the order of its table.</param>
    /// <exception cref="Exception">An assembly does not have a class, as the CLR reports it.</exception>
    /// <exception cref="NotSupportedException">A class is nested or not public.</exception>
    public PeReferences(PeImage image, ModuleDefinition module, IReadOnlyList<AssemblyDefinition> assemblies)
    {
        _image = image;
        _module = module;
        _types = image.Rows(PeTable.TypeReferences).Select(row => FindType(row, assemblies)).ToArray();
    }

    /// <summary>Fields by the index of their reference.</summary>
    public IReadOnlyList<FieldDefinition> Fields { get; private set; } = [];

    /// <summary>Methods by the index of their reference.</summary>
    public IReadOnlyList<MethodDefinition> Methods { get; private set; } = [];

    /// <summary>A class of another assembly, by the index of its reference.</summary>
    /// <exception cref="NotSupportedException">There is none.</exception>
    public TypeReference Type(int index) =>
        index < _types.Length ? _types[index] : throw LoadRefusal.NotPlayed($"type reference {index} is missing");

    /// <summary>Finds fields and methods.</summary>
    /// <param name="signatures">Reads their types.</param>
    /// <exception cref="Exception">A class does not have a member, as the CLR reports it.</exception>
    public void FindMembers(PeSignature signatures)
    {
        Fields = _image.Rows(PeTable.FieldReferences).Select(row => FindField(row, signatures)).ToArray();
        Methods = _image.Rows(PeTable.MethodReferences).Select(row => FindMethod(row, signatures)).ToArray();
    }

    private TypeReference FindType(PeRow row, IReadOnlyList<AssemblyDefinition> assemblies)
    {
        string name = _image.Identifier(row.UInt16(0)), space = _image.Namespace(row.UInt16(2));
        int scope = row.UInt16(4);
        if (scope >= assemblies.Count) throw LoadRefusal.NotPlayed($"class {name} lies in no assembly");
        TypeDefinition found = assemblies[scope].MainModule.GetType(space, name)
            ?? throw LoadRefusal.Unresolved($"there is no class {space}.{name} in {assemblies[scope].Name.Name}");
        if (!found.IsPublic || !found.IsClass || found.IsValueType || found.HasGenericParameters)
            throw LoadRefusal.NotPlayed($"{found.FullName} is not a public class");
        return _module.ImportReference(found);
    }

    private FieldDefinition FindField(PeRow row, PeSignature signatures)
    {
        string name = _image.Identifier(row.UInt16(0));
        TypeDefinition owner = Type(row.UInt16(2)).Resolve();
        TypeReference type = signatures.Field(row.UInt16(4));
        FieldDefinition found = owner.Fields.FirstOrDefault(field => field.Name == name && PeSignature.IsSame(field.FieldType, type))
            ?? throw LoadRefusal.Unresolved($"{owner.FullName} has no field {name} of this type");
        return found.IsStatic ? throw LoadRefusal.NotPlayed($"field {name} is static") : found;
    }

    private MethodDefinition FindMethod(PeRow row, PeSignature signatures)
    {
        string name = MethodName(_image, row);
        TypeDefinition owner = Type(row.UInt16(2)).Resolve();
        MethodShape shape = signatures.Method(row.UInt16(4));
        for (TypeDefinition? at = owner; at != null; at = at.BaseType?.Resolve())
            if (at.Methods.FirstOrDefault(method => method.Name == name && shape.Fits(method)) is { } found)
                return found;
        throw LoadRefusal.Unresolved($"{owner.FullName} has no method {name} of this shape");
    }

    /// <summary>Name of a method: that of a constructor, or an identifier.</summary>
    public static string MethodName(PeImage image, PeRow row) => image.Identifier(row.UInt16(0));
}
