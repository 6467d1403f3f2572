// Makes a .NET assembly of a nanoFramework assembly. It plays what the compiler of kernels writes - classes with fields, a constructor and
// methods of numbers and arrays - and refuses everything else by name. A kernel that loads computes what it computes on a board.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Compilation.Pe;
using Mono.Cecil;

namespace Crime.VirtualBoard.Assemblies;

/// <summary>Translates one assembly.</summary>
internal sealed class AssemblyTranslator
{
    private const PeTypeFlags KnownTypeFlags =
        PeTypeFlags.NestedPrivate | PeTypeFlags.Public | PeTypeFlags.Abstract | PeTypeFlags.Sealed | PeTypeFlags.BeforeFieldInit;

    private readonly PeImage _image;
    private readonly ModuleDefinition _module;
    private readonly PeReferences _references;
    private readonly PeSignature _signatures;
    private readonly List<TypeDefinition> _types = [];
    private readonly List<FieldDefinition> _fields = [];
    private readonly List<MethodDefinition> _methods = [];

    private AssemblyTranslator(PeImage image, ModuleDefinition module, IReadOnlyList<AssemblyDefinition> assemblies)
    {
        _image = image;
        _module = module;
        _references = new PeReferences(image, module, assemblies);
        _signatures = new PeSignature(image, module.TypeSystem, Own, _references.Type);
    }

    /// <summary>Translates an assembly.</summary>
    /// <param name="image">The assembly as a board has it.</param>
    /// <param name="name">Name of the result, which no other assembly of the process has.</param>
    /// <param name="assemblies">The assemblies that it refers to, in the order of its table.</param>
    /// <param name="resolver">Finds these and those of .NET.</param>
    /// <exception cref="Exception">A class or member is missing, as the CLR reports it.</exception>
    /// <exception cref="NotSupportedException">It has contents that the virtual board does not play.</exception>
    public static AssemblyDefinition Translate(PeImage image, string name, IReadOnlyList<AssemblyDefinition> assemblies, IAssemblyResolver resolver)
    {
        var translated = AssemblyDefinition.CreateAssembly(
            new AssemblyNameDefinition(name, image.Version), name, new ModuleParameters { Kind = ModuleKind.Dll, AssemblyResolver = resolver });
        // The basic types are those that device code refers to.
        AssemblyNameReference core = assemblies.SelectMany(assembly => assembly.MainModule.AssemblyReferences)
            .FirstOrDefault(reference => reference.Name == CoreName) ?? throw LoadRefusal.NotPlayed("it refers to no library");
        translated.MainModule.AssemblyReferences.Add(new AssemblyNameReference(core.Name, core.Version) { PublicKeyToken = core.PublicKeyToken });
        new AssemblyTranslator(image, translated.MainModule, assemblies).Run();
        return translated;
    }

    private const string CoreName = "System.Runtime";

    private void Run()
    {
        PeRow[] rows = _image.Rows(PeTable.Types);
        foreach (PeRow row in rows) AddType(row);
        // Signatures name any class, so all classes are there before the first member.
        _references.FindMembers(_signatures);
        for (int i = 0; i < rows.Length; i++)
        {
            AddFields(_types[i], rows[i]);
            AddMethods(_types[i], rows[i]);
        }
        if (_fields.Count != _image.Count(PeTable.Fields) || _methods.Count != _image.Count(PeTable.Methods))
            throw LoadRefusal.NotPlayed("it has members without a class");
        var bodies = new MethodTranslator(_image, _signatures, _methods, _fields, _references);
        for (int i = 0; i < _methods.Count; i++) bodies.Translate(i);
    }

    private TypeReference Own(int index) =>
        index < _types.Count ? _types[index] : throw LoadRefusal.NotPlayed($"type {index} is missing or comes too late");

    private void AddType(PeRow row)
    {
        string name = _image.Identifier(row.UInt16(0)), space = _image.Namespace(row.UInt16(2));
        ushort baseToken = row.UInt16(4), outer = row.UInt16(6);
        var flags = (PeTypeFlags)row.UInt16(22);
        if (row.UInt16(8) != PeFormat.None || row.Byte(15) != (byte)PeDataType.Class || baseToken == PeFormat.None)
            throw LoadRefusal.NotPlayed($"{name} is not a class without interfaces");
        if (row.Byte(14) != 0 || row.Byte(20) != 0) throw LoadRefusal.NotPlayed($"{name} has static members");
        PeTypeFlags visibility = flags & PeTypeFlags.NestedPrivate;
        if ((flags & ~KnownTypeFlags) != 0 || visibility != (outer == PeFormat.None ? PeTypeFlags.Public : PeTypeFlags.NestedPrivate))
            throw LoadRefusal.NotPlayed($"{name} has flags 0x{(int)flags:x}");
        // A base class and an outer class come first, so that no class is its own.
        bool isExternal = (baseToken & PeFormat.External) != 0;
        TypeReference baseType = isExternal ? _references.Type(baseToken & ~PeFormat.External) : Own(baseToken);
        TypeAttributes attributes = (TypeAttributes)visibility
            | (flags.HasFlag(PeTypeFlags.Abstract) ? TypeAttributes.Abstract : 0)
            | (flags.HasFlag(PeTypeFlags.Sealed) ? TypeAttributes.Sealed : 0)
            | (flags.HasFlag(PeTypeFlags.BeforeFieldInit) ? TypeAttributes.BeforeFieldInit : 0);
        var added = new TypeDefinition(space, name, attributes, baseType);
        if (_types.Any(type => type.Name == name && type.Namespace == space)) throw LoadRefusal.NotPlayed($"it has two classes {space}.{name}");
        if (outer == PeFormat.None) _module.Types.Add(added);
        else ((TypeDefinition)Own(outer)).NestedTypes.Add(added);
        _types.Add(added);
    }

    private void AddFields(TypeDefinition type, PeRow row)
    {
        const PeFieldFlags known = PeFieldFlags.Private | PeFieldFlags.Family | PeFieldFlags.InitOnly;
        CheckFirst(row.UInt16(18), _fields.Count, type);
        for (int i = 0; i < row.Byte(21); i++)
        {
            PeRow field = _image.Row(PeTable.Fields, _fields.Count);
            string name = _image.Identifier(field.UInt16(0));
            var flags = (PeFieldFlags)field.UInt16(6);
            PeFieldFlags access = flags & (PeFieldFlags.Private | PeFieldFlags.Family);
            if ((flags & ~known) != 0 || access is not (PeFieldFlags.Private or PeFieldFlags.Family) || field.UInt16(4) != PeFormat.None)
                throw LoadRefusal.NotPlayed($"field {name} has flags 0x{(int)flags:x} or a value");
            if (type.Fields.Any(other => other.Name == name)) throw LoadRefusal.NotPlayed($"{type.Name} has two fields {name}");
            // The CLR lets any method set a field that the compiler restricts to the constructor.
            var added = new FieldDefinition(
                name, access == PeFieldFlags.Private ? FieldAttributes.Private : FieldAttributes.Family, _signatures.Field(field.UInt16(2)));
            type.Fields.Add(added);
            _fields.Add(added);
        }
    }

    private void AddMethods(TypeDefinition type, PeRow row)
    {
        CheckFirst(row.UInt16(10), _methods.Count, type);
        int virtualCount = row.Byte(12), count = virtualCount + row.Byte(13);
        for (int i = 0; i < count; i++)
        {
            PeRow method = _image.Row(PeTable.Methods, _methods.Count);
            MethodDefinition added = CreateMethod(method);
            if (added.IsVirtual != i < virtualCount) throw LoadRefusal.NotPlayed($"method {added.Name} is in the wrong place");
            var shape = new MethodShape(false, added.ReturnType, added.Parameters.Select(parameter => parameter.ParameterType).ToArray());
            if (type.Methods.Any(other => other.Name == added.Name && shape.Fits(other)))
                throw LoadRefusal.NotPlayed($"{type.Name} has two methods {added.Name}");
            type.Methods.Add(added);
            _methods.Add(added);
        }
    }

    private MethodDefinition CreateMethod(PeRow row)
    {
        const PeMethodFlags known = (PeMethodFlags)7 | PeMethodFlags.Virtual | PeMethodFlags.HideBySignature | PeMethodFlags.SpecialName
            | PeMethodFlags.Constructor;
        string name = PeReferences.MethodName(_image, row);
        var flags = (PeMethodFlags)row.UInt32(4);
        PeMethodFlags access = flags & (PeMethodFlags)7;
        bool isConstructor = flags.HasFlag(PeMethodFlags.Constructor);
        MethodShape shape = _signatures.Method(row.UInt16(14));
        if ((flags & ~known) != 0 || access is not (PeMethodFlags.Private or PeMethodFlags.Family or PeMethodFlags.Public) || shape.IsStatic)
            throw LoadRefusal.NotPlayed($"method {name} has flags 0x{(int)flags:x}");
        bool isNamedSo = name == ConstructorName && flags.HasFlag(PeMethodFlags.SpecialName) && !flags.HasFlag(PeMethodFlags.Virtual);
        if (isConstructor != (name[0] == '.') || (isConstructor && (!isNamedSo || shape.Returns.MetadataType != MetadataType.Void)))
            throw LoadRefusal.NotPlayed($"method {name} is half a constructor");
        if (row.Byte(9) != shape.Parameters.Count + 1 || row.Byte(8) != _signatures.ReturnByte(row.UInt16(14)))
            throw LoadRefusal.NotPlayed($"method {name} has other arguments or another result than its signature");
        MethodAttributes attributes = (MethodAttributes)access
            | (flags.HasFlag(PeMethodFlags.Virtual) ? MethodAttributes.Virtual : 0)
            | (flags.HasFlag(PeMethodFlags.HideBySignature) ? MethodAttributes.HideBySig : 0)
            | (flags.HasFlag(PeMethodFlags.SpecialName) ? MethodAttributes.SpecialName : 0)
            | (isConstructor ? MethodAttributes.RTSpecialName : 0);
        var method = new MethodDefinition(name, attributes, shape.Returns);
        foreach (TypeReference parameter in shape.Parameters) method.Parameters.Add(new ParameterDefinition(parameter));
        return method;
    }

    private const string ConstructorName = ".ctor";

    private static void CheckFirst(int first, int expected, TypeDefinition type)
    {
        if (first != expected) throw LoadRefusal.NotPlayed($"the members of {type.Name} do not follow those of the class before it");
    }
}
