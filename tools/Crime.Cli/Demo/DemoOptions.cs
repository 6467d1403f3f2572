// What the demo is asked to show.

using System.Collections.Generic;
using Crime.Cli.Boards;

namespace Crime.Cli.Demo;

/// <summary>What goes wrong on purpose after a third of the inputs.</summary>
internal enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The gateway process is killed with SIGKILL.</summary>
    GatewayDown,

    /// <summary>Every link gets slower.</summary>
    SlowLink,

    /// <summary>Other clients keep the gateway busy.</summary>
    BusyGateway,
}

/// <summary>Options of the demo.</summary>
/// <param name="BoardCount">Virtual boards.</param>
/// <param name="InputCount">Inputs over all boards.</param>
/// <param name="Objective">time or energy.</param>
/// <param name="DataPath">Folder of a data set; null for the bundled gestures.</param>
/// <param name="ModelPath">Model file; null for the bundled one.</param>
/// <param name="TestLinesPath">For text: line numbers of the test part.</param>
/// <param name="Fault">What goes wrong.</param>
/// <param name="Seed">Chooses the inputs.</param>
/// <param name="Broker">An external broker; null for the gateway's own.</param>
/// <param name="Kernel">auto or table.</param>
/// <param name="Profile">Name of a bundled board.</param>
/// <param name="RttMs">Round trips of the boards in ms, through their access points; the last one also for all further boards.</param>
internal sealed record DemoOptions(
    int BoardCount, int InputCount, string Objective, string? DataPath, string? ModelPath, string? TestLinesPath, Fault Fault, int Seed,
    BrokerEndpoint? Broker, string Kernel, string Profile, IReadOnlyList<int> RttMs);
