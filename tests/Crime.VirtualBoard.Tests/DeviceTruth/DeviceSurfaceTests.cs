using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.DeviceCode.Api;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>The virtual board has nothing that the real assemblies lack.</summary>
public sealed class DeviceSurfaceTests
{
    [Test]
    public void EveryPublicMemberOfTheVirtualDeviceExistsOnTheRealOne()
    {
        string path = Path.Combine(TestContext.CurrentContext.TestDirectory, "Crime.VirtualBoard.Device.dll");
        using var assembly = AssemblyDefinition.ReadAssembly(path);
        List<string> foreign = assembly.MainModule.GetTypes().Where(IsVisible).SelectMany(Surface).Where(id => !DeviceApi.Bundled.Contains(id)).ToList();
        Assert.That(foreign, Is.Empty);
    }

    private static bool IsVisible(TypeDefinition type) => type.IsPublic || (type.IsNestedPublic && IsVisible(type.DeclaringType));

    private static IEnumerable<string> Surface(TypeDefinition type)
    {
        yield return DocumentationId.Of(type);
        foreach (MethodDefinition method in type.Methods.Where(method => method.IsPublic || method.IsFamily))
        {
            // The compiler gives every delegate these; an override says nothing new.
            if (method.IsVirtual && !method.IsNewSlot) continue;
            if (type.BaseType?.FullName == "System.MulticastDelegate") continue;
            yield return DocumentationId.Of(method);
        }
        foreach (FieldDefinition field in type.Fields.Where(field => field.IsPublic && !field.IsSpecialName)) yield return DocumentationId.Of(field);
    }
}
