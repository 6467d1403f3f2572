using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.DeviceCode.Api;
using Crime.DeviceCode.Projects;
using NUnit.Framework;

namespace Crime.DeviceCode.Tests.Api;

/// <summary>The list of the device's members.</summary>
public sealed class DeviceApiTests
{
    [TestCase("T:System.String", true)]
    [TestCase("M:System.String.Concat(System.String,System.String)", true)]
    [TestCase("F:System.String.Empty", true)]
    [TestCase("M:System.SpanByte.op_Implicit(System.Byte[])~System.SpanByte", true)]
    [TestCase("M:System.Console.WriteLine(System.Int32)", false)]
    [TestCase("T:System.Collections.Generic.List`1", false)]
    [TestCase("T:System.Nullable`1", false)]
    public void MembersOfADeviceAreInIt(string id, bool isOnDevice) => Assert.That(DeviceApi.Bundled.Contains(id), Is.EqualTo(isOnDevice));

    [Test]
    public void ATypeKnowsItsAssemblies()
    {
        Assert.That(DeviceApi.Bundled.AssembliesOf("T:System.Math"), Is.EquivalentTo(new[] { "System.Math" }));
        Assert.That(DeviceApi.Bundled.AssembliesOf("T:System.Span`1"), Is.Empty);
        Assert.That(DeviceApi.TypeOf("M:System.Math.Abs(System.Int32)"), Is.EqualTo("T:System.Math"));
    }

    [Test]
    public void EveryAssemblyThatADeviceProjectReferencesIsInIt()
    {
        DeviceTree tree = DeviceTree.Find(TestContext.CurrentContext.TestDirectory)!;
        Assert.That(tree.Projects.SelectMany(project => project.Assemblies.Keys).Distinct(), Is.SubsetOf(DeviceApi.Bundled.Assemblies));
    }

    [Test]
    public void ItIsTheReferenceMaterial()
    {
        if (ReferenceData.Folder == null)
            Assert.Ignore("the reference material (../shared beside the checkout, or CRIME_SHARED) is absent: this comparison and the cases with real data do not run");
        string folder = ReferenceData.PathOf("nano/api");
        IEnumerable<string> reference = Directory.GetFiles(folder, "*.txt").SelectMany(File.ReadLines)
            .Where(line => line.Length > 2 && line[1] == ':' && line[0] is 'T' or 'M' or 'F');
        Assert.That(DeviceApi.Bundled.Members, Is.EquivalentTo(reference.Distinct()));
    }
}
