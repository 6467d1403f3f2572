using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.Architecture.Tests;

/// <summary>Data flows one way: between the product's assemblies by the arrows listed here, and between the namespaces of one without a cycle.</summary>
public sealed class NamespaceTests
{
    // What each assembly may reference of the product. Analyses and tools may reference the libraries below them, never an executable.
    private static readonly Dictionary<string, string[]> s_arrows = new(StringComparer.Ordinal)
    {
        ["Crime.Shared"] = [],
        ["Crime.Kernel"] = ["Crime.Shared"],
        ["Crime.Sensing"] = ["Crime.Kernel", "Crime.Shared"],
        // The virtual board's assembly stands for nanoFramework's.
        ["Crime.Device"] = ["Crime.Kernel", "Crime.Sensing", "Crime.Shared", "Crime.VirtualBoard.Device"],
        ["Crime.Gateway.Core"] = ["Crime.Shared"],
        ["Crime.Gateway.Inference"] = ["Crime.Shared"],
        ["Crime.Gateway"] = ["Crime.Gateway.Core", "Crime.Gateway.Inference", "Crime.Modelling.Compilation", "Crime.Shared"],
        ["Crime.Modelling.Compilation"] = ["Crime.Shared"],
        ["Crime.Modelling"] =
        [
            "Crime.Bench", "Crime.Device", "Crime.DeviceCode", "Crime.Gateway.Inference", "Crime.Gestures", "Crime.Kernel", "Crime.Modelling.Compilation",
            "Crime.Sensing", "Crime.Shared", "Crime.VirtualBoard",
        ],
        ["Crime.Chaos"] = ["Crime.Gateway.Core", "Crime.Gateway.Inference", "Crime.Kernel", "Crime.Modelling", "Crime.Shared"],
        ["Crime.Simulation"] = ["Crime.Gateway.Core", "Crime.Modelling", "Crime.Modelling.Compilation", "Crime.Shared", "Crime.VirtualBoard"],
    };

    private static readonly string[] s_withoutCycle =
    [
        "Crime.Shared", "Crime.Kernel", "Crime.Sensing", "Crime.Device", "Crime.Gateway.Core", "Crime.Gateway.Inference", "Crime.Gateway", "Crime.Simulation",
        "Crime.Chaos", "Crime.Modelling.Compilation", "Crime.DeviceCode", "Crime.Modelling", "crime", "Crime.VirtualBoard",
    ];

    [TestCaseSource(nameof(s_withoutCycle))]
    public void NamespacesFormNoCycle(string assembly)
    {
        var graph = new NamespaceGraph(PathOf(assembly));
        Assert.That(graph.Namespaces.Count(), Is.Positive);
        IReadOnlyList<string> cycle = graph.FindCycle();
        Assert.That(cycle, Is.Empty, string.Join("\n", cycle));
    }

    [Test]
    public void AssembliesReferenceEachOtherByTheAllowedArrowsOnly()
    {
        foreach ((string assembly, string[] allowed) in s_arrows)
        {
            using ModuleDefinition module = ModuleDefinition.ReadModule(PathOf(assembly));
            IEnumerable<string> used = module.AssemblyReferences.Select(reference => reference.Name).Where(name => name.StartsWith("Crime.", StringComparison.Ordinal));
            Assert.That(used, Is.SubsetOf(allowed), assembly);
        }
    }

    /// <summary>The gateway's behaviour runs in the simulator and in the fault test: it must know no network and no clock.</summary>
    [Test]
    public void TheGatewaysCoreKnowsNoNetworkAndNoClock()
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(PathOf("Crime.Gateway.Core"));
        string[] forbidden = ["System.TimeProvider", "System.DateTime", "System.Diagnostics.Stopwatch", "System.Environment", "System.Threading.Thread"];
        Assert.That(module.GetTypeReferences().Select(type => type.FullName), Has.None.AnyOf(forbidden));
        Assert.That(module.AssemblyReferences.Select(reference => reference.Name), Has.None.StartsWith("MQTTnet").And.None.StartsWith("Microsoft.AspNetCore"));
        Assert.That(module.GetTypeReferences().Select(type => type.Namespace), Has.None.StartsWith("System.Net").And.None.StartsWith("System.IO"));
    }

    /// <summary>The board's behaviour runs in the simulator and in the fault test as well: the shared code must know no clock, thread, socket or file.</summary>
    [Test]
    public void TheSharedCodeKnowsNoClockThreadSocketAndFile()
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(PathOf("Crime.Shared"));
        string[] used = module.GetTypeReferences().Select(type => type.FullName).ToArray();
        Assert.That(used, Has.None.AnyOf("System.TimeProvider", "System.DateTime", "System.Diagnostics.Stopwatch", "System.Environment", "System.Threading.Thread"));
        Assert.That(used, Has.None.StartsWith("System.Net.").And.None.EqualTo("System.IO.File").And.None.EqualTo("System.IO.FileStream"));
    }

    private static string PathOf(string assembly) => Path.Combine(TestContext.CurrentContext.TestDirectory, assembly + ".dll");
}
