using System.IO;
using System.Linq;
using Crime.DeviceCode.Projects;
using Crime.DeviceCode.Rules;
using NUnit.Framework;

namespace Crime.DeviceCode.Tests;

/// <summary>The gate over the product's own device code.</summary>
public sealed class TreeTests
{
    private static readonly DeviceTree s_tree = DeviceTree.Find(TestContext.CurrentContext.TestDirectory)!;

    [Test]
    public void TheDeviceCodeOfTheTreeIsClean()
    {
        GateReport report = DeviceGate.CheckTree(s_tree);
        Assert.That(report.Findings, Is.Empty, string.Join('\n', report.Findings));
        Assert.That(report.FileCount, Is.GreaterThanOrEqualTo(s_tree.Files.Count));
    }

    [Test]
    public void EveryFileOfDeviceCodeIsInAProject() =>
        Assert.That(s_tree.Projects.SelectMany(project => project.Sources).Distinct(), Is.EquivalentTo(s_tree.Files));

    [Test]
    public void AFaultInACopyOfTheTreeIsFoundInItsFile()
    {
        string copy = Path.Combine(Path.GetTempPath(), "crime-gate-tree-" + TestContext.CurrentContext.Random.GetString(8));
        try
        {
            foreach (string path in s_tree.Files.Concat(s_tree.Projects.Select(project => project.Path)).Append("Crime.Embedded.sln")) Copy(path, copy);
            string folder = Path.Combine(copy, "firmware", "Crime.Device", "Offload");
            File.WriteAllText(
                Path.Combine(folder, "Planted.cs"), "namespace Planted; internal static class Names\n{\n    public static string First() => (new string[1])[0];\n}\n");
            Finding[] expected = [.. DeviceGate.CheckFolder(folder).Findings];
            Assert.That(expected.Select(found => (found.File, found.Line)), Is.EqualTo(new[] { ("firmware/Crime.Device/Offload/Planted.cs", 3) }));
            Assert.That(DeviceGate.CheckFolder(copy).Findings, Is.EqualTo(expected));
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    [Test]
    public void AFolderWithoutDeviceCodeIsRefused()
    {
        string folder = Directory.CreateTempSubdirectory("crime-gate-").FullName;
        Assert.That(() => DeviceGate.CheckFolder(folder), Throws.TypeOf<DeviceSourceException>().With.Message.Contains("no C# file"));
        Assert.That(() => DeviceGate.CheckFolder(Path.Combine(folder, "missing")), Throws.TypeOf<DeviceSourceException>().With.Message.Contains("not a folder"));
        Directory.Delete(folder);
    }

    private static void Copy(string path, string root)
    {
        string target = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(Path.Combine(s_tree.Root, path), target);
    }
}
