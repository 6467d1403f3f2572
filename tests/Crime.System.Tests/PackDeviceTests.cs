using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using System.Xml.Linq;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The packages of the device library. The output of a build stands for itself: no build for a device runs here.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class PackDeviceTests
{
    private static readonly string[] s_assemblies = ["Crime.Shared", "Crime.Kernel", "Crime.Sensing", "Crime.Device"];

    private string _built = null!;
    private string _packages = null!;

    [SetUp]
    public void MakeOutput()
    {
        _built = Path.Combine(Checkout.NewFolder(), "netnano1.0");
        _packages = Path.Combine(Path.GetDirectoryName(_built)!, "packages");
        Directory.CreateDirectory(_built);
        foreach (string assembly in s_assemblies)
        {
            File.WriteAllText(At(assembly + ".pe"), "NFMRK1 of " + assembly);
            foreach (string ending in new[] { ".dll", ".pdbx", ".xml", ".pdb" }) File.WriteAllText(At(assembly + ending), assembly + ending);
        }
        File.WriteAllText(At("mscorlib.dll"), "of another package");
    }

    private string At(string name) => Path.Combine(_built, name);

    private Task<CrimeCommand.Outcome> PackAsync(params string[] more) =>
        CrimeCommand.RunAsync(["pack-device", "--from", Path.GetDirectoryName(_built)!, "-o", _packages, .. more]);

    [Test]
    public async Task EveryPackageHasItsAssembliesAndPinsWhatTheyWereBuiltWith()
    {
        JsonElement result = (await PackAsync("--json")).Json();
        Assert.That(result.GetProperty("packages").EnumerateArray().Select(package => package.GetProperty("path").GetString()),
            Is.EqualTo(new[] { Path.Combine(_packages, "Crime.Sensing.0.1.0.nupkg"), Path.Combine(_packages, "Crime.Device.0.1.0.nupkg") }));
        Check("Crime.Sensing", ["Crime.Kernel", "Crime.Sensing", "Crime.Shared"], Pins("Shared").Concat(Pins("Kernel")).Concat(Pins("Sensing")));
        Check("Crime.Device", ["Crime.Device"], Pins("Device").Append(new("Crime.Sensing", "[0.1.0]")));
    }

    private void Check(string id, string[] assemblies, IEnumerable<KeyValuePair<string, string>> pins)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(_packages, id + ".0.1.0.nupkg"));
        IEnumerable<string> library = package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("lib/", StringComparison.Ordinal));
        Assert.That(library, Is.EquivalentTo(assemblies.SelectMany(name => new[] { ".dll", ".pe", ".pdbx", ".xml" }.Select(ending => $"lib/{name}{ending}"))));
        Assert.That(package.GetEntry("README.md"), Is.Not.Null);
        using var content = new StreamReader(package.GetEntry($"lib/{assemblies[0]}.pe")!.Open());
        Assert.That(content.ReadToEnd(), Is.EqualTo("NFMRK1 of " + assemblies[0]));
        XElement nuspec = XElement.Load(package.GetEntry(id + ".nuspec")!.Open());
        Assert.That(nuspec.Descendants().Single(element => element.Name.LocalName == "version").Value, Is.EqualTo("0.1.0"));
        Dictionary<string, string> dependencies = nuspec.Descendants().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
        Assert.That(dependencies, Is.EquivalentTo(pins.Distinct()));
    }

    /// <summary>Returns the versions that the project of an assembly pins.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Pins(string project) =>
        XElement.Load(Checkout.PathOf("firmware", "Sdk", project, $"Crime.{project}.csproj")).Descendants("PackageReference")
            .Select(reference => new KeyValuePair<string, string>(reference.Attribute("Include")!.Value, reference.Attribute("Version")!.Value));

    [TestCase("Crime.Kernel.pe", null, "no Crime.Kernel.pe there; build the library anew")]
    [TestCase("Crime.Device.dll", null, "no Crime.Device.dll there; build the library anew")]
    [TestCase("Crime.Sensing.pe", "NFMRK2 of a preview", "not a PE file of nanoFramework that released firmware loads (NFMRK1)")]
    [TestCase("Crime.Device.pe", null, "build the library first: dotnet build firmware/Sdk/Device -c Release")]
    public async Task AnIncompleteBuildIsRefusedAndNothingIsWritten(string name, string? content, string message)
    {
        if (content == null) File.Delete(At(name));
        else File.WriteAllText(At(name), content);
        CrimeCommand.Outcome outcome = await PackAsync();
        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.Error);
        Assert.That(outcome.Error.Trim(), Does.EndWith(message).And.Not.Contain("\n"));
        Assert.That(Directory.Exists(_packages), Is.False);
    }

    [Test]
    public async Task TwoBuildsAreNoBuild()
    {
        string other = Path.Combine(Path.GetDirectoryName(_built)!, "debug");
        Directory.CreateDirectory(other);
        File.WriteAllText(Path.Combine(other, "Crime.Device.pe"), "NFMRK1");
        CrimeCommand.Outcome outcome = await PackAsync();
        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.Error);
        Assert.That(outcome.Error, Does.Contain("give one of them with --from"));
    }
}
