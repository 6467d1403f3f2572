// Everything that can be set.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Gateway.Configuration;

/// <summary>The settings, in the order of the usage text.</summary>
public static class Settings
{
    /// <summary>Prefix of environment variables; two underscores stand for the colon.</summary>
    public const string EnvironmentPrefix = "CRIME_";

    /// <summary>Most gateways that requests may be passed on to.</summary>
    public const int MaxUpstreams = DecisionTable.MaxCandidates;

    private const int LastPort = 65535;
    private const int LongestHost = 253;
    private const int MaxWorkers = 255;

    // The unit's TimeoutStopSec= leaves room for this.
    private const int MaxDrainMs = 60_000;

    /// <summary>Which broker.</summary>
    public static readonly Setting BrokerMode = Setting.Word("Broker:Mode", ["embedded", "external"],
        "run a broker inside the gateway, or use one on the network");

    /// <summary>Where the broker is.</summary>
    public static readonly Setting BrokerHost = Setting.Text("Broker:Host", "", "a name or an address",
        "external: the broker's host (default localhost); embedded: address to listen on (default all)", IsHost);

    /// <summary>The broker's port.</summary>
    public static readonly Setting BrokerPort = Setting.Number("Broker:Port", 1, LastPort, 1883, "TCP port of the broker");

    /// <summary>User name at the broker.</summary>
    public static readonly Setting BrokerUsername = Setting.Text("Broker:Username", "", "any text",
        "external: user name at the broker; embedded: one that all clients share (default none)", _ => true);

    /// <summary>Password at the broker.</summary>
    public static readonly Setting BrokerPassword = Setting.Secret("Broker:Password",
        "its password; better given as CRIME_Broker__Password, where 'ps' does not show it");

    /// <summary>Clients that the embedded broker admits.</summary>
    public static readonly Setting BrokerAccess = Setting.Word("Broker:Access", ["local", "enrolled", "open"],
        "embedded: clients that may connect: all of this machine and enrolled ones from elsewhere, enrolled ones alone, or all");

    /// <summary>Folder of the enrolled clients.</summary>
    public static readonly Setting DataFolder = Setting.FolderOrNone("Data:Folder",
        "folder with the clients that 'crime board add' has enrolled; read again when it changes (default none)");

    /// <summary>Port of the model download.</summary>
    public static readonly Setting HttpPort = Setting.Number("Http:Port", 1, LastPort, 8080, "TCP port of model download, health and metrics");

    /// <summary>Where the models are.</summary>
    public static readonly Setting ModelsFolder = Setting.Folder("Models:Folder", "models",
        "folder with the .crime files to serve (default beside the program)");

    /// <summary>The right to upload models.</summary>
    public static readonly Setting ModelsUploadToken = Setting.Secret("Models:UploadToken",
        "token that an upload from another machine must send; without one only this machine uploads (default none); better given as CRIME_Models__UploadToken");

    /// <summary>Where accepted inputs are kept.</summary>
    public static readonly Setting ResultsFolder = Setting.FolderOrNone("Results:Folder",
        "folder that keeps accepted inputs until their results are published; without one no receipts are given (default none)");

    /// <summary>When a receipt is given.</summary>
    public static readonly Setting ResultsFlush = Setting.Word("Results:Flush", ["disk", "process"],
        "receipts once the disk has the input, or once it outlives the process but no power cut");

    /// <summary>Name of the gateway.</summary>
    public static readonly Setting NodeId = Setting.Text("Node:Id", "gateway",
        $"1 to {Topics.MaxNodeIdLength} of a-z, A-Z, 0-9, '-', '_' and '.'",
        "name of the gateway in topics, and its MQTT client id: one per broker", Topics.IsNodeId);

    /// <summary>Group of the gateway.</summary>
    public static readonly Setting NodeGroup = Setting.Text("Node:Group", "",
        $"empty, or 1 to {Topics.MaxNodeIdLength} of a-z, A-Z, 0-9, '-', '_' and '.'",
        "group of gateways at one external broker that boards see as one; the same for all of them (default none)",
        text => text.Length == 0 || Topics.IsNodeId(text));

    /// <summary>Size of the queue.</summary>
    public static readonly Setting QueueCapacity = Setting.Number("Queue:Capacity", 1, 65535, 256,
        "most requests that may wait; what comes on top is refused");

    /// <summary>Number of workers.</summary>
    public static readonly Setting WorkersCount = Setting.Number("Workers:Count", 1, MaxWorkers,
        Math.Clamp(Environment.ProcessorCount - 1, 1, MaxWorkers), "threads that compute (default one less than the cores, at least 1)");

    /// <summary>Time between statuses.</summary>
    public static readonly Setting StatusHeartbeatMs = Setting.Number("Status:HeartbeatMs", 100, 5000, 1000,
        "longest time between two statuses; boards forget a gateway after 10 s");

    /// <summary>Least time between statuses.</summary>
    public static readonly Setting StatusMinIntervalMs = Setting.Number("Status:MinIntervalMs", 10, 5000, 50,
        "shortest time between two statuses; 0.15 ms per board, up to 150 ms, where that is more, and 150 ms at an external broker");

    /// <summary>Time to finish what waits at the end.</summary>
    public static readonly Setting ShutdownDrainMs = Setting.Number("Shutdown:DrainMs", 0, MaxDrainMs, 10_000,
        "at a stop, longest time to finish the requests that wait; the rest is refused");

    /// <summary>How long the queue may stand still.</summary>
    public static readonly Setting WatchdogStallMs = Setting.Number("Watchdog:StallMs", 100, 600_000, 10_000,
        "longest time that requests may wait without one being taken before the watchdog is no longer fed");

    /// <summary>How long the broker may be away.</summary>
    public static readonly Setting WatchdogLinkDownMs = Setting.Number("Watchdog:LinkDownMs", 1000, 86_400_000, 120_000,
        "longest time without a broker before the watchdog is no longer fed");

    /// <summary>How log lines look.</summary>
    public static readonly Setting LogFormat = Setting.Word("Log:Format", ["text", "json"],
        "log lines as text (under systemd with journald's priority), or each as a JSON object with named fields");

    /// <summary>Name of a gateway behind this one.</summary>
    public static readonly Setting UpstreamNode = Setting.Text("Upstreams:N:Node", "",
        $"1 to {Topics.MaxNodeIdLength} of a-z, A-Z, 0-9, '-', '_' and '.'",
        $"name of a gateway, or a group, that requests may be passed on to; N counts from 0 to {MaxUpstreams - 1}", Topics.IsNodeId);

    /// <summary>Where its broker is.</summary>
    public static readonly Setting UpstreamHost = Setting.Text("Upstreams:N:Host", "", "a name or an address",
        "host of its broker (default the broker of this gateway)", IsHost);

    /// <summary>Its broker's port.</summary>
    public static readonly Setting UpstreamPort = Setting.Number("Upstreams:N:Port", 1, LastPort, 1883, "TCP port of its broker");

    /// <summary>User name at its broker.</summary>
    public static readonly Setting UpstreamUsername = Setting.Text("Upstreams:N:Username", "", "any text",
        "user name at its broker (default none)", _ => true);

    /// <summary>Password at its broker.</summary>
    public static readonly Setting UpstreamPassword = Setting.Secret("Upstreams:N:Password",
        "the password there; better given as CRIME_Upstreams__0__Password, where 'ps' does not show it");

    /// <summary>All settings.</summary>
    public static readonly IReadOnlyList<Setting> All =
    [
        BrokerMode, BrokerHost, BrokerPort, BrokerUsername, BrokerPassword, BrokerAccess, DataFolder, HttpPort, ModelsFolder, ModelsUploadToken,
        ResultsFolder, ResultsFlush, NodeId, NodeGroup,
        QueueCapacity, WorkersCount, StatusHeartbeatMs, StatusMinIntervalMs, ShutdownDrainMs, WatchdogStallMs, WatchdogLinkDownMs, LogFormat,
        UpstreamNode, UpstreamHost, UpstreamPort, UpstreamUsername, UpstreamPassword,
    ];

    /// <summary>The setting of a configuration key, in any case; null for an unknown one.</summary>
    public static Setting? Find(string name) =>
        All.FirstOrDefault(setting => setting.IsOfList
            ? Enumerable.Range(0, MaxUpstreams).Any(place => string.Equals(setting.At(place).Name, name, StringComparison.OrdinalIgnoreCase))
            : string.Equals(setting.Name, name, StringComparison.OrdinalIgnoreCase));

    private static bool IsHost(string text) =>
        text.Length == 0 || text.Length <= LongestHost && Uri.CheckHostName(text) != UriHostNameType.Unknown;
}
