using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>The public surface of the real nanoFramework assemblies: reference material beside the checkout, not part of the product.</summary>
internal sealed class DeviceApi
{
    private readonly HashSet<string> _members;
    private readonly ILookup<string, string> _assemblies;

    private DeviceApi(string folder)
    {
        var lines = Directory.GetFiles(folder, "*.txt")
            .SelectMany(path => File.ReadLines(path).Select(line => (Id: line, Assembly: Path.GetFileNameWithoutExtension(path))))
            .Where(line => line.Id.Length > 2 && line.Id[1] == ':')
            .ToList();
        _members = lines.Select(line => line.Id).ToHashSet();
        _assemblies = lines.Where(line => line.Id[0] == 'T').ToLookup(line => line.Id, line => line.Assembly);
    }

    /// <summary>Reads the reference, or ignores the calling test where it is absent.</summary>
    public static DeviceApi LoadOrIgnore()
    {
        string? folder = Environment.GetEnvironmentVariable("CRIME_NANO_API") ?? FindBesideCheckout();
        if (folder == null || !Directory.Exists(folder))
            Assert.Ignore("the list of the real nanoFramework members (../shared/nano/api beside the checkout, or CRIME_NANO_API) is not here");
        return new DeviceApi(folder!);
    }

    public bool Contains(string documentationId) => _members.Contains(documentationId);

    /// <summary>The assemblies that hold a type; several where it is forwarded or doubled, none for an unknown one.</summary>
    public IEnumerable<string> AssembliesOf(string typeId) => _assemblies[typeId];

    /// <summary>Doc-comment id of a type, as in "T:System.Int32".</summary>
    public static string IdOf(TypeReference type) => "T:" + NameOf(type.GetElementType());

    /// <summary>Doc-comment id of a method, as in "M:System.String.Concat(System.String,System.String)".</summary>
    public static string IdOf(MethodReference method)
    {
        string name = method.Name.Replace('.', '#');
        string parameters = method.Parameters.Count == 0 ? "" : "(" + string.Join(",", method.Parameters.Select(p => NameOf(p.ParameterType))) + ")";
        string result = method.Name is "op_Implicit" or "op_Explicit" ? "~" + NameOf(method.ReturnType) : "";
        return $"M:{NameOf(method.DeclaringType)}.{name}{parameters}{result}";
    }

    /// <summary>Doc-comment id of a field, as in "F:System.String.Empty".</summary>
    public static string IdOf(FieldReference field) => $"F:{NameOf(field.DeclaringType)}.{field.Name}";

    private static string NameOf(TypeReference type) => type switch
    {
        ByReferenceType reference => NameOf(reference.ElementType) + "@",
        ArrayType array => NameOf(array.ElementType) + (array.Rank == 1 ? "[]" : "[" + new string(',', array.Rank - 1) + "]"),
        GenericInstanceType generic => NameOf(generic.ElementType).Split('`')[0] + "{" + string.Join(",", generic.GenericArguments.Select(NameOf)) + "}",
        RequiredModifierType modified => NameOf(modified.ElementType),
        _ => type.FullName.Replace('/', '.'),
    };

    private static string? FindBesideCheckout()
    {
        for (DirectoryInfo? at = new(TestContext.CurrentContext.TestDirectory); at != null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Crime.Embedded.sln"))) return Path.Combine(at.FullName, "..", "shared", "nano", "api");
        return null;
    }
}
