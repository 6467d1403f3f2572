using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>The virtual board has nothing that the real assemblies lack.</summary>
public sealed class DeviceSurfaceTests
{
    [Test]
    public void EveryPublicMemberOfTheVirtualDeviceExistsOnTheRealOne()
    {
        DeviceApi api = DeviceApi.LoadOrIgnore();
        string path = Path.Combine(TestContext.CurrentContext.TestDirectory, "Crime.VirtualBoard.Device.dll");
        using var assembly = AssemblyDefinition.ReadAssembly(path);
        List<string> foreign = assembly.MainModule.GetTypes().Where(IsVisible).SelectMany(Surface).Where(id => !api.Contains(id)).ToList();
        Assert.That(foreign, Is.Empty);
    }

    private static bool IsVisible(TypeDefinition type) => type.IsPublic || (type.IsNestedPublic && IsVisible(type.DeclaringType));

    private static IEnumerable<string> Surface(TypeDefinition type)
    {
        yield return DeviceApi.IdOf(type);
        foreach (MethodDefinition method in type.Methods.Where(method => method.IsPublic || method.IsFamily))
        {
            // The compiler gives every delegate these; an override says nothing new.
            if (method.IsVirtual && !method.IsNewSlot) continue;
            if (type.BaseType?.FullName == "System.MulticastDelegate") continue;
            yield return DeviceApi.IdOf(method);
        }
        foreach (FieldDefinition field in type.Fields.Where(field => field.IsPublic && !field.IsSpecialName)) yield return DeviceApi.IdOf(field);
    }
}
