using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using NUnit.Framework;

namespace Crime.House.Tests;

/// <summary>
/// The public members of the library's packages are listed in a file, so that no change of them goes unnoticed. Only with an intention:
/// <c>CRIME_WRITE_API=1 dotnet test tests/Crime.House.Tests --filter PublicApi</c> writes the file anew.
/// </summary>
public sealed class PublicApiTests
{
    private const string ListFile = "firmware/Crime.Device/PublicApi.txt";
    private const string Shared = "Crime.Shared";

    private static readonly string[] s_assemblies = ["Crime.Device", "Crime.Sensing", "Crime.Kernel"];

    [Test]
    public void ThePublicMembersAreThoseOfTheList()
    {
        var shared = new SortedSet<string>(StringComparer.Ordinal);
        string[] lines = [.. s_assemblies.SelectMany(name => Describe(Assembly.Load(name), shared)), "", $"# {Shared}, types that the members above name", .. shared];
        string path = Path.Combine(SourceTree.Root, ListFile);
        if (Environment.GetEnvironmentVariable("CRIME_WRITE_API") == "1") File.WriteAllLines(path, lines);
        Assert.That(lines, Is.EqualTo(File.ReadAllLines(path)));
    }

    /// <summary>An application sees the library and the parts that it is made of as little as it needs.</summary>
    [Test]
    public void TheLibraryShowsFewTypes() => Assert.That(
        Assembly.Load("Crime.Device").GetExportedTypes().Select(type => type.Name),
        Is.EquivalentTo(new[] { "BoardProgram", "CollaborativeClassifier", "ISensor" }));

    private static IEnumerable<string> Describe(Assembly assembly, SortedSet<string> shared)
    {
        yield return $"# {assembly.GetName().Name}";
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            yield return $"{KindOf(type)} {type.FullName}{BaseOf(type)}";
            const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
            IEnumerable<string> members = type.GetMembers(all).Where(IsVisible).Select(member => Text(member, shared));
            foreach (string member in members.Order(StringComparer.Ordinal)) yield return "  " + member;
        }
    }

    private static string KindOf(Type type) =>
        type.IsEnum ? "enum" : type.IsInterface ? "interface" : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsAbstract ? "abstract class" : "class";

    private static string BaseOf(Type type)
    {
        if (type.IsEnum || typeof(Delegate).IsAssignableFrom(type)) return "";
        IEnumerable<string> bases = new[] { type.BaseType }.Concat(type.GetInterfaces()).Where(item => item != null && item != typeof(object)).Select(item => item!.Name);
        return bases.Any() ? " : " + string.Join(", ", bases) : "";
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodInfo method => IsOpen(method) && !method.IsSpecialName,
        ConstructorInfo constructor => IsOpen(constructor) && !constructor.IsStatic,
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        PropertyInfo property => property.GetAccessors(true).Any(IsOpen),
        EventInfo item => IsOpen(item.AddMethod!),
        Type nested => nested.IsNestedPublic,
        _ => true,
    };

    private static bool IsOpen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Text(MemberInfo member, SortedSet<string> shared) => member switch
    {
        MethodInfo method => $"{Word(method)}{Name(method.ReturnType, shared)} {method.Name}({Parameters(method, shared)})",
        ConstructorInfo constructor => $"new({Parameters(constructor, shared)})",
        FieldInfo { IsLiteral: true } constant => $"const {Name(constant.FieldType, shared)} {constant.Name} = {constant.GetRawConstantValue()}",
        FieldInfo field => $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType, shared)} {field.Name}",
        PropertyInfo property => $"{Name(property.PropertyType, shared)} {property.Name} {{ {string.Join(" ", property.GetAccessors().Select(Accessor))} }}",
        EventInfo item => $"event {Name(item.EventHandlerType!, shared)} {item.Name}",
        _ => member.Name,
    };

    private static string Accessor(MethodInfo method) => method.ReturnType == typeof(void) ? "set;" : "get;";

    private static string Word(MethodInfo method) =>
        method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "";

    private static string Parameters(MethodBase method, SortedSet<string> shared) =>
        string.Join(", ", method.GetParameters().Select(parameter => $"{(parameter.IsOut ? "out " : "")}{Name(parameter.ParameterType, shared)} {parameter.Name}"));

    private static string Name(Type type, SortedSet<string> shared)
    {
        if (type.IsByRef) return Name(type.GetElementType()!, shared);
        if (type.IsArray) return Name(type.GetElementType()!, shared) + "[]";
        if (type.Assembly.GetName().Name == Shared) shared.Add(type.FullName!);
        return type.Name;
    }
}
