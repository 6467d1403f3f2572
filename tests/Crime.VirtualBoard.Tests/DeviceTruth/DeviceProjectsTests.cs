using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.DeviceCode.Projects;
using Crime.VirtualBoard.Loading;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>
/// The projects that build for the device cannot be built on every machine: what can go wrong in them is held here. Both ways of
/// building take the same source and the same packages. That these hold everything that device code refers to is a rule of the gate.
/// </summary>
public sealed class DeviceProjectsTests
{
    private const string VersionFile = "firmware/AssemblyVersion.cs";

    private static readonly DeviceTree s_tree = DeviceTree.Find(TestContext.CurrentContext.TestDirectory)!;
    private static readonly DeviceProject s_shared = Read("firmware/Shared/Crime.Shared.nfproj"), s_sdkShared = Read("firmware/Sdk/Shared/Crime.Shared.csproj");
    private static readonly DeviceProject s_kernel = Read("firmware/Crime.Kernel/Crime.Kernel.nfproj"), s_sdkKernel = Read("firmware/Sdk/Kernel/Crime.Kernel.csproj");
    private static readonly DeviceProject s_sensing = Read("firmware/Crime.Sensing/Crime.Sensing.nfproj");
    private static readonly DeviceProject s_sdkSensing = Read("firmware/Sdk/Sensing/Crime.Sensing.csproj");
    private static readonly DeviceProject s_device = Read("firmware/Crime.Device/Crime.Device.nfproj"), s_sdkDevice = Read("firmware/Sdk/Device/Crime.Device.csproj");
    private static readonly DeviceProject s_app = Read("firmware/apps/Gestures/Crime.Gestures.nfproj"), s_sdkApp = Read("firmware/Sdk/Gestures/Crime.Gestures.csproj");
    private static readonly DeviceProject s_meter = Read("firmware/apps/Meter/Crime.Meter.nfproj"), s_sdkMeter = Read("firmware/Sdk/Meter/Crime.Meter.csproj");
    private static readonly DeviceProject s_minimal = Read("firmware/apps/Minimal/Crime.Minimal.nfproj");
    private static readonly DeviceProject s_sdkMinimal = Read("firmware/Sdk/Minimal/Crime.Minimal.csproj");
    private static readonly DeviceProject s_bench = Read("firmware/apps/Bench/Crime.Bench.nfproj"), s_sdkBench = Read("firmware/Sdk/Bench/Crime.Bench.csproj");

    // Libraries of the bench with generated code only, by the name of the assembly.
    private static readonly Dictionary<string, (DeviceProject Stable, DeviceProject Sdk)> s_benchKernels = DeviceAssemblies.BenchKernels.ToDictionary(
        assembly => assembly,
        assembly => (
            Read($"firmware/apps/Bench.Kernels/{assembly.Split('.')[^1]}/{assembly}.nfproj"),
            Read($"firmware/Sdk/Bench{assembly.Split('.')[^1]}/{assembly}.csproj")));

    private static DeviceProject Read(string path) => new(s_tree, path);

    private static IEnumerable<TestCaseData> Pairs()
    {
        yield return new TestCaseData(s_shared, s_sdkShared).SetArgDisplayNames("shared");
        yield return new TestCaseData(s_kernel, s_sdkKernel).SetArgDisplayNames("kernel");
        yield return new TestCaseData(s_sensing, s_sdkSensing).SetArgDisplayNames("sensing");
        yield return new TestCaseData(s_device, s_sdkDevice).SetArgDisplayNames("device");
        yield return new TestCaseData(s_app, s_sdkApp).SetArgDisplayNames("gestures");
        yield return new TestCaseData(s_meter, s_sdkMeter).SetArgDisplayNames("meter");
        yield return new TestCaseData(s_minimal, s_sdkMinimal).SetArgDisplayNames("minimal");
        yield return new TestCaseData(s_bench, s_sdkBench).SetArgDisplayNames("bench");
        foreach (var (assembly, projects) in s_benchKernels) yield return new TestCaseData(projects.Stable, projects.Sdk).SetArgDisplayNames(assembly);
    }

    // What two projects compile is in two assemblies: that is for the version, and for applications that do without a library.
    [Test]
    public void EveryDeviceFileIsInOneProjectAndOnlyTheBenchBorrows()
    {
        DeviceProject[] single = [s_shared, s_kernel, s_sensing, s_device, s_app, s_meter, s_minimal];
        IEnumerable<string> own = single.Concat(s_benchKernels.Values.Select(projects => projects.Stable))
            .SelectMany(project => project.Sources)
            .Concat(s_bench.Sources.Where(path => path.StartsWith("firmware/apps/Bench/")));
        Assert.That(own.Where(path => path != VersionFile), Is.EquivalentTo(s_tree.Files.Where(path => path != VersionFile)));
        Assert.That(s_bench.Sources.Where(path => !path.StartsWith("firmware/apps/Bench/") && path != VersionFile), Is.EquivalentTo(new[]
        {
            "firmware/Crime.Device/Terminal/LineWriter.cs", "firmware/apps/Gestures/GesturesKernel.g.cs",
        }));
    }

    // An assembly of a compiled kernel refers to the kernels and to the shared code, so neither may refer to an application.
    [Test]
    public void ProjectsReferToThoseBelowThem()
    {
        const string shared = "firmware/Shared/Crime.Shared.nfproj", kernel = "firmware/Crime.Kernel/Crime.Kernel.nfproj";
        const string device = "firmware/Crime.Device/Crime.Device.nfproj", sensing = "firmware/Crime.Sensing/Crime.Sensing.nfproj";
        Assert.That(s_shared.Projects, Is.Empty);
        Assert.That(s_kernel.Projects, Is.EqualTo(new[] { shared }));
        Assert.That(s_sensing.Projects, Is.EqualTo(new[] { kernel, shared }));
        Assert.That(s_device.Projects, Is.EqualTo(new[] { kernel, sensing, shared }));
        foreach (DeviceProject app in new[] { s_app, s_meter, s_minimal }) Assert.That(app.Projects, Is.EqualTo(new[] { device, kernel, sensing, shared }));
        foreach (var (assembly, projects) in s_benchKernels)
            Assert.That(projects.Stable.Projects, Is.EqualTo(assembly == "Crime.Bench.Code" ? [] : new[] { kernel, shared }), assembly);
        Assert.That(
            s_bench.Projects,
            Is.EqualTo(DeviceAssemblies.BenchKernels.Select(name => $"firmware/apps/Bench.Kernels/{name.Split('.')[^1]}/{name}.nfproj").Concat([kernel, shared])));
    }

    [TestCaseSource(nameof(Pairs))]
    public void BothWaysReferToTheSameProjects(object stable, object sdk) => Assert.That(
        ((DeviceProject)sdk).Projects.Select(Path.GetFileNameWithoutExtension), Is.EqualTo(((DeviceProject)stable).Projects.Select(Path.GetFileNameWithoutExtension)));

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
    public void TheMqttClientIsOneThatReconnects()
    {
        // 5.1.220 is the first after 2026-07-13, when the hang on reconnect was mended; it asks for System.Net 1.11.60, which
        // firmware from 2026-07-10 on accepts.
        Assert.That(Version.Parse(s_device.Packages["nanoFramework.M2Mqtt"]), Is.GreaterThanOrEqualTo(new Version(5, 1, 220)));
        Assert.That(Version.Parse(s_device.Packages["nanoFramework.System.Net"]), Is.GreaterThanOrEqualTo(new Version(1, 11, 60)));
    }

    [Test]
    public void TheSdkIsPinnedAndTheSolutionDoesWithoutIt()
    {
        using JsonDocument pins = JsonDocument.Parse(File.ReadAllText(Path.Combine(s_tree.Root, "global.json")));
        Assert.That(pins.RootElement.GetProperty("msbuild-sdks").GetProperty("nanoFramework.NET.Sdk").GetString(), Does.Match(@"^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$"));
        string solution = File.ReadAllText(Path.Combine(s_tree.Root, "Crime.Embedded.sln"));
        Assert.That(solution, Does.Not.Contain("nfproj").And.Not.Contain(@"firmware\Sdk").And.Not.Contain("firmware/Sdk"));
    }
}
