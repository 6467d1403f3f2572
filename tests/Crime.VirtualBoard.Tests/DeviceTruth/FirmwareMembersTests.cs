using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.VirtualBoard.Loading;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>Device code refers to nothing that the real assemblies lack.</summary>
[TestFixtureSource(typeof(DeviceAssemblies), nameof(DeviceAssemblies.All))]
public sealed class FirmwareMembersTests(string assemblyName)
{
    private AssemblyDefinition _assembly = null!;

    [OneTimeSetUp]
    public void Open() =>
        _assembly = AssemblyDefinition.ReadAssembly(Path.Combine(TestContext.CurrentContext.TestDirectory, assemblyName + ".dll"));

    [OneTimeTearDown]
    public void Close() => _assembly.Dispose();

    [Test]
    public void EveryMemberExistsOnTheRealDevice()
    {
        DeviceApi api = DeviceApi.LoadOrIgnore();
        var foreign = new SortedSet<string>();
        foreach (var (id, user) in DeviceReferences.Of(DeviceTypes()))
            if (!api.Contains(id)) foreign.Add($"{id} (in {user})");
        Assert.That(foreign, Is.Empty);
    }

    [Test]
    public void NothingIsUsedThatTheClrLacks() => Assert.That(DeviceTypes().SelectMany(ClrRules.Problems), Is.Empty);

    private IEnumerable<TypeDefinition> DeviceTypes() => DeviceReferences.TypesOf(_assembly);
}
