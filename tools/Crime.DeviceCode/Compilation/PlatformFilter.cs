// Turns an assembly of .NET into a reference assembly that holds what a device has and nothing else.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.DeviceCode.Api;
using Mono.Cecil;

namespace Crime.DeviceCode.Compilation;

/// <summary>
/// Removes from an assembly every type and member that a device lacks, so that the compiler chooses overloads and constructs as it does when it
/// compiles for a device: string interpolation becomes <c>String.Format</c>, and <c>Span</c> or <c>Nullable</c> do not exist.
/// </summary>
internal sealed class PlatformFilter
{
    private const string SpanOfBytes = "System.SpanByte";

    private readonly DeviceApi _api;
    private readonly HashSet<TypeDefinition> _kept;
    private readonly ModuleDefinition _module;
    private readonly TypeReference _spanByte;
    private readonly bool _isCoreLibrary;

    private PlatformFilter(DeviceApi api, ModuleDefinition module, IReadOnlySet<string> definedElsewhere, AssemblyNameReference spanAssembly)
    {
        _api = api;
        _module = module;
        _kept = module.GetTypes().Where(type => IsVisible(type) && api.Contains(DocumentationId.Of(type)) && !definedElsewhere.Contains(type.FullName)).ToHashSet();
        var scope = new AssemblyNameReference(spanAssembly.Name, spanAssembly.Version);
        // The core library has no references; a compiler knows it by that. Its members that take a SpanByte are left out.
        _isCoreLibrary = module.AssemblyReferences.Count == 0;
        if (!_isCoreLibrary) module.AssemblyReferences.Add(scope);
        _spanByte = new TypeReference("System", "SpanByte", module, scope, valueType: true);
    }

    /// <summary>Filters an assembly.</summary>
    /// <param name="path">The assembly's file.</param>
    /// <param name="api">What a device has.</param>
    /// <param name="definedElsewhere">Full names of types that another assembly defines for the device.</param>
    /// <param name="spanAssembly">The assembly that defines <c>System.SpanByte</c>.</param>
    /// <returns>The reference assembly.</returns>
    public static byte[] Run(string path, DeviceApi api, IReadOnlySet<string> definedElsewhere, AssemblyNameReference spanAssembly)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(path));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var assembly = AssemblyDefinition.ReadAssembly(path, new ReaderParameters { AssemblyResolver = resolver });
        new PlatformFilter(api, assembly.MainModule, definedElsewhere, spanAssembly).Run();
        assembly.CustomAttributes.Clear();
        using var filtered = new MemoryStream();
        assembly.Write(filtered);
        return filtered.ToArray();
    }

    private void Run()
    {
        foreach (TypeDefinition type in _kept) Reduce(type);
        foreach (TypeDefinition type in _module.Types.ToList())
            if (type.FullName != "<Module>" && !_kept.Contains(type)) _module.Types.Remove(type);
        _module.CustomAttributes.Clear();
        _module.Resources.Clear();
        _module.Attributes = ModuleAttributes.ILOnly;
        _module.Architecture = TargetArchitecture.I386;
    }

    private void Reduce(TypeDefinition type)
    {
        bool isDelegate = type.BaseType?.FullName == "System.MulticastDelegate";
        var methods = type.Methods.Where(method => IsVisible(method) && (isDelegate || IsOnDevice(method, type))).ToList();
        var ids = methods.Select(method => IdOf(method, type)).ToHashSet();
        foreach (TypeDefinition ancestor in Ancestors(type))
        {
            if (_kept.Contains(ancestor) || IsForeignAndListed(ancestor)) continue;
            foreach (MethodDefinition inherited in ancestor.Methods.Where(method => IsVisible(method) && !method.IsConstructor && IsOnDevice(method, type)))
                if (ids.Add(IdOf(inherited, type))) methods.Add(CopyOf(inherited));
        }
        methods.RemoveAll(method => !CanWrite(method));
        Replace(type.Methods, methods);
        foreach (MethodDefinition method in methods) Strip(method);
        ReduceFields(type);
        foreach (PropertyDefinition property in type.Properties.ToList())
        {
            if (!methods.Contains(property.GetMethod)) property.GetMethod = null;
            if (!methods.Contains(property.SetMethod)) property.SetMethod = null;
            if (property.GetMethod == null && property.SetMethod == null) type.Properties.Remove(property);
            else property.CustomAttributes.Clear();
        }
        foreach (EventDefinition raised in type.Events.ToList())
            if (!methods.Contains(raised.AddMethod) || !methods.Contains(raised.RemoveMethod)) type.Events.Remove(raised);
        foreach (TypeDefinition nested in type.NestedTypes.ToList())
            if (!_kept.Contains(nested)) type.NestedTypes.Remove(nested);
        foreach (InterfaceImplementation implemented in type.Interfaces.ToList())
        {
            if (!CanWrite(implemented.InterfaceType)) type.Interfaces.Remove(implemented);
            else implemented.CustomAttributes.Clear();
        }
        foreach (GenericParameter parameter in type.GenericParameters)
        {
            parameter.CustomAttributes.Clear();
            parameter.Constraints.Clear();
        }
        if (type.BaseType != null && !CanWrite(type.BaseType)) type.BaseType = NearestBase(type);
        StripAttributes(type.CustomAttributes);
        type.SecurityDeclarations.Clear();
    }

    private void ReduceFields(TypeDefinition type)
    {
        bool hadState = type.Fields.Any(field => !field.IsStatic);
        foreach (FieldDefinition field in type.Fields.ToList())
        {
            bool isKept = (IsVisible(field) && _api.Contains(DocumentationId.Of(field)) && CanWrite(field.FieldType)) || field.Name == "value__";
            if (!isKept) type.Fields.Remove(field);
            else field.CustomAttributes.Clear();
        }
        // A struct without fields would count as assigned before anything was assigned to it.
        if (type is { IsValueType: true, IsEnum: false } && !type.IsPrimitive && hadState && type.Fields.All(field => field.IsStatic))
            type.Fields.Add(new FieldDefinition("_state", FieldAttributes.Private, _module.TypeSystem.Int32));
    }

    /// <summary>Also where the device's method takes a <c>SpanByte</c> in place of a span; the method takes one then too.</summary>
    private bool IsOnDevice(MethodDefinition method, TypeDefinition type)
    {
        string id = IdOf(method, type);
        if (_api.Contains(id)) return true;
        if (_isCoreLibrary || !method.Parameters.Any(parameter => IsSpanOfBytes(parameter.ParameterType)) || method.DeclaringType != type) return false;
        if (!_api.Contains(id.Replace("System.ReadOnlySpan{System.Byte}", SpanOfBytes).Replace("System.Span{System.Byte}", SpanOfBytes))) return false;
        foreach (ParameterDefinition parameter in method.Parameters)
            if (IsSpanOfBytes(parameter.ParameterType)) parameter.ParameterType = _spanByte;
        return true;
    }

    private static bool IsSpanOfBytes(TypeReference type) =>
        type is GenericInstanceType { GenericArguments: [{ FullName: "System.Byte" }], ElementType.FullName: "System.ReadOnlySpan`1" or "System.Span`1" };

    private static string IdOf(MethodDefinition method, TypeDefinition type) => DocumentationId.Of(method, DocumentationId.NameOf(type));

    private static MethodDefinition CopyOf(MethodDefinition method)
    {
        var copy = new MethodDefinition(method.Name, method.Attributes, method.ReturnType);
        foreach (ParameterDefinition parameter in method.Parameters)
            copy.Parameters.Add(new ParameterDefinition(parameter.Name, parameter.Attributes, parameter.ParameterType));
        return copy;
    }

    private static void Strip(MethodDefinition method)
    {
        method.Body = null;
        method.IsPInvokeImpl = false;
        method.Overrides.Clear();
        method.SecurityDeclarations.Clear();
        method.CustomAttributes.Clear();
        method.MethodReturnType.CustomAttributes.Clear();
        foreach (ParameterDefinition parameter in method.Parameters) StripAttributes(parameter.CustomAttributes);
        if (!method.IsAbstract && !method.IsRuntime) method.IsInternalCall = true;
    }

    private static void StripAttributes(Mono.Collections.Generic.Collection<CustomAttribute> attributes)
    {
        foreach (CustomAttribute attribute in attributes.ToList())
            if (attribute.AttributeType.Name is not ("ParamArrayAttribute" or "DefaultMemberAttribute" or "FlagsAttribute" or "AttributeUsageAttribute"))
                attributes.Remove(attribute);
    }

    private static void Replace(Mono.Collections.Generic.Collection<MethodDefinition> methods, List<MethodDefinition> kept)
    {
        foreach (MethodDefinition method in methods.ToList())
            if (!kept.Contains(method)) methods.Remove(method);
        foreach (MethodDefinition method in kept)
            if (method.DeclaringType == null) methods.Add(method);
    }

    private TypeReference NearestBase(TypeDefinition type) =>
        Ancestors(type).FirstOrDefault(ancestor => _kept.Contains(ancestor)) ?? _module.TypeSystem.Object;

    private static IEnumerable<TypeDefinition> Ancestors(TypeDefinition type)
    {
        for (TypeDefinition? at = type.BaseType?.Resolve(); at != null; at = at.BaseType?.Resolve()) yield return at;
    }

    private bool IsForeignAndListed(TypeDefinition type) => type.Module != _module && _api.Contains(DocumentationId.Of(type));

    private bool CanWrite(MethodDefinition method) =>
        CanWrite(method.ReturnType) && method.Parameters.All(parameter => CanWrite(parameter.ParameterType));

    private bool CanWrite(TypeReference type) => type switch
    {
        GenericInstanceType generic => CanWrite(generic.ElementType) && generic.GenericArguments.All(CanWrite),
        RequiredModifierType => false,
        TypeSpecification composed => CanWrite(composed.ElementType),
        GenericParameter => true,
        TypeDefinition own => _kept.Contains(own),
        _ => type == _spanByte || _api.Contains(DocumentationId.Of(type)),
    };

    private static bool IsVisible(TypeDefinition type) =>
        type.IsPublic || ((type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamilyOrAssembly) && IsVisible(type.DeclaringType));

    private static bool IsVisible(MethodDefinition method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldDefinition field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;
}
