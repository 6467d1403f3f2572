using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>
/// The projects that build for the device cannot be built on every machine: what can go wrong in them is held here. Both ways of
/// building take the same source and the same packages, and everything that device code refers to is among them.
/// </summary>
public sealed class DeviceProjectsTests
{
    private static readonly DeviceProject s_app = new("firmware/Crime.Firmware.nfproj"), s_sdkApp = new("firmware/Sdk/Firmware/Crime.Firmware.csproj");
    private static readonly DeviceProject s_bench = new("firmware/Bench/Crime.Bench.nfproj"), s_sdkBench = new("firmware/Sdk/Bench/Crime.Bench.csproj");
    private static readonly DeviceProject s_shared = new("firmware/Shared/Crime.Shared.nfproj"), s_sdkShared = new("firmware/Sdk/Shared/Crime.Shared.csproj");

    private static IEnumerable<TestCaseData> Pairs()
    {
        yield return new TestCaseData(s_app, s_sdkApp).SetArgDisplayNames("firmware");
        yield return new TestCaseData(s_bench, s_sdkBench).SetArgDisplayNames("bench");
        yield return new TestCaseData(s_shared, s_sdkShared).SetArgDisplayNames("shared");
    }

    [Test]
    public void TheProductIsEveryFileOfTheFirmwareButTheBench() => Assert.That(
        s_app.Sources, Is.EquivalentTo(DeviceProject.DeviceFiles.Where(path => path.StartsWith("firmware/") && !path.StartsWith("firmware/Bench/"))));

    // An assembly holds 64 KiB of byte code: what is shared is one of its own, and compiled kernels have the firmware's to themselves.
    [Test]
    public void TheSharedCodeIsAnAssemblyThatBothApplicationsReferTo()
    {
        Assert.That(s_shared.Sources, Is.EquivalentTo(DeviceProject.DeviceFiles.Where(path => path.StartsWith("shared/"))));
        foreach (DeviceProject application in new[] { s_app, s_bench })
            Assert.That(application.Projects, Is.EqualTo(new[] { "firmware/Shared/Crime.Shared.nfproj" }));
        foreach (DeviceProject application in new[] { s_sdkApp, s_sdkBench })
            Assert.That(application.Projects, Is.EqualTo(new[] { "firmware/Sdk/Shared/Crime.Shared.csproj" }));
    }

    [Test]
    public void TheBenchIsItsOwnFilesAndWhatItMeasures()
    {
        Assert.That(s_bench.Sources, Is.Unique.And.SupersetOf(DeviceProject.DeviceFiles.Where(
            path => path.StartsWith("firmware/Bench/") || path.StartsWith("firmware/Kernel/"))));
        Assert.That(s_bench.Sources, Has.None.StartsWith("firmware/App/").And.None.StartsWith("firmware/Offload/").And.None.StartsWith("shared/"));
    }

    [TestCaseSource(nameof(Pairs))]
    public void BothWaysCompileTheSameFiles(object stable, object sdk) =>
        Assert.That(((DeviceProject)sdk).Sources, Is.EquivalentTo(((DeviceProject)stable).Sources));

    [TestCaseSource(nameof(Pairs))]
    public void BothWaysPinTheSameVersionsExactly(object stable, object sdk)
    {
        var pinned = ((DeviceProject)sdk).Packages;
        Assert.That(pinned.Values, Has.All.Match(@"^\[\d+\.\d+\.\d+\]$"));
        Assert.That(pinned.ToDictionary(item => item.Key, item => item.Value.Trim('[', ']')), Is.EquivalentTo(((DeviceProject)stable).Packages));
    }

    [TestCaseSource(nameof(Pairs))]
    public void EveryAssemblyLiesInAPinnedPackage(object stable, object sdk)
    {
        _ = sdk;
        var project = (DeviceProject)stable;
        IEnumerable<string> folders = project.Packages.Select(package => $"packages/{package.Key}.{package.Value}/lib/");
        foreach (var (assembly, path) in project.Assemblies)
            Assert.That(folders.Any(folder => path.EndsWith(folder + assembly + ".dll")), Is.True, path);
        foreach (string folder in folders)
            Assert.That(project.Assemblies.Values.Any(path => path.Contains(folder)), Is.True, $"nothing is referenced from {folder}");
    }

    [Test]
    public void EveryAssemblyThatTheProductNeedsIsReferenced() =>
        Assert.That(Missing(s_app, type => !IsShared(type) && !type.FullName.StartsWith("Crime.Firmware.Bench.")), Is.Empty);

    [Test]
    public void EveryAssemblyThatTheBenchNeedsIsReferenced() => Assert.That(
        Missing(s_bench, type => type.Namespace.StartsWith("Crime.Firmware.Bench") || type.Namespace is "Crime.Firmware.Kernel"
            || type.Name == "LineWriter"),
        Is.Empty);

    [Test]
    public void EveryAssemblyThatTheSharedCodeNeedsIsReferenced() => Assert.That(Missing(s_shared, IsShared), Is.Empty);

    private static bool IsShared(TypeDefinition type) => type.Module.Name == "Crime.Shared.dll";

    /// <summary>Types of the real assemblies that a project uses and does not reference.</summary>
    private static List<string> Missing(DeviceProject project, Func<TypeDefinition, bool> belongs)
    {
        DeviceApi api = DeviceApi.LoadOrIgnore();
        var missing = new SortedSet<string>();
        foreach (string name in new[] { "Crime.Firmware.dll", "Crime.Shared.dll" })
        {
            using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(Path.Combine(TestContext.CurrentContext.TestDirectory, name));
            foreach (var (id, _) in DeviceReferences.Of(DeviceReferences.TypesOf(assembly).Where(type => belongs(Outermost(type)))))
            {
                string type = TypeOf(id);
                if (!api.AssembliesOf(type).Any(project.Assemblies.ContainsKey)) missing.Add($"{type}: {string.Join(" or ", api.AssembliesOf(type))}");
            }
        }
        return missing.ToList();
    }

    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType == null ? type : Outermost(type.DeclaringType);

    /// <summary>"M:System.Math.Abs(System.Int32)" is a member of "T:System.Math".</summary>
    private static string TypeOf(string id)
    {
        if (id[0] == 'T') return id;
        string name = id[2..].Split('(', '~')[0];
        return "T:" + name[..name.LastIndexOf('.')];
    }

    [Test]
    public void TheMqttClientIsOneThatReconnects()
    {
        // 5.1.220 is the first after 2026-07-13, when the hang on reconnect was mended; it asks for System.Net 1.11.60, which
        // firmware from 2026-07-10 on accepts.
        Assert.That(Version.Parse(s_app.Packages["nanoFramework.M2Mqtt"]), Is.GreaterThanOrEqualTo(new Version(5, 1, 220)));
        Assert.That(Version.Parse(s_app.Packages["nanoFramework.System.Net"]), Is.GreaterThanOrEqualTo(new Version(1, 11, 60)));
    }

    [Test]
    public void TheSdkIsPinnedAndTheSolutionDoesWithoutIt()
    {
        using JsonDocument pins = JsonDocument.Parse(File.ReadAllText(Path.Combine(DeviceProject.Root, "global.json")));
        Assert.That(pins.RootElement.GetProperty("msbuild-sdks").GetProperty("nanoFramework.NET.Sdk").GetString(), Does.Match(@"^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$"));
        string solution = File.ReadAllText(Path.Combine(DeviceProject.Root, "Crime.Embedded.sln"));
        Assert.That(solution, Does.Not.Contain("nfproj").And.Not.Contain(@"firmware\Sdk").And.Not.Contain("firmware/Sdk"));
    }
}
