// What the gateway was told, once everything has been checked.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Configuration;

/// <summary>Which broker the gateway speaks to.</summary>
public enum BrokerMode
{
    /// <summary>One inside this process.</summary>
    Embedded = 0,

    /// <summary>One on the network.</summary>
    External = 1,
}

/// <summary>Clients that the embedded broker admits.</summary>
public enum BrokerAccess
{
    /// <summary>Every client on this machine, and enrolled ones from elsewhere.</summary>
    Local = 0,

    /// <summary>Enrolled clients alone.</summary>
    Enrolled = 1,

    /// <summary>Every client, wherever it is.</summary>
    Open = 2,
}

/// <summary>The broker.</summary>
/// <param name="Mode">Inside or outside.</param>
/// <param name="Host">External: its host. Embedded: the address to listen on, empty for all.</param>
/// <param name="Port">Its TCP port.</param>
/// <param name="Username">User name, empty for none.</param>
/// <param name="Password">Password, empty for none.</param>
public sealed record BrokerOptions(BrokerMode Mode, string Host, int Port, string Username, string Password)
{
    /// <summary>Clients that the embedded broker admits.</summary>
    public BrokerAccess Access { get; init; }
}

/// <summary>When to publish the status.</summary>
/// <param name="HeartbeatMs">Longest time between two statuses.</param>
/// <param name="MinIntervalMs">Shortest time between two statuses.</param>
public sealed record StatusOptions(int HeartbeatMs, int MinIntervalMs);

/// <summary>How log lines look.</summary>
public enum LogFormat
{
    /// <summary>One line of text; under systemd with the priority that journald reads.</summary>
    Text = 0,

    /// <summary>One JSON object a line, with every field of the message by its name.</summary>
    Json = 1,
}

/// <summary>When a receipt is given.</summary>
public enum ResultsFlush
{
    /// <summary>Once the disk has the input: it outlives a power cut.</summary>
    Disk = 0,

    /// <summary>Once the operating system has the input: it outlives the process.</summary>
    Process = 1,
}

/// <summary>When the gateway counts as wedged.</summary>
/// <param name="StallMs">Longest time that requests may wait without one being taken.</param>
/// <param name="LinkDownMs">Longest time without a broker.</param>
public sealed record WatchdogOptions(int StallMs, int LinkDownMs);

/// <summary>Everything that can be set.</summary>
/// <param name="Broker">The broker.</param>
/// <param name="HttpPort">TCP port of model download and health.</param>
/// <param name="ModelsFolder">Absolute path of the folder with the models.</param>
/// <param name="NodeId">Name of the gateway.</param>
/// <param name="QueueCapacity">Most requests that may wait.</param>
/// <param name="WorkerCount">Threads that compute.</param>
/// <param name="Status">When to publish the status.</param>
public sealed record GatewayOptions(
    BrokerOptions Broker, int HttpPort, string ModelsFolder, string NodeId, int QueueCapacity, int WorkerCount, StatusOptions Status)
{
    /// <summary>The group whose requests this gateway shares with others; empty for none.</summary>
    public string GroupId { get; init; } = "";

    /// <summary>Absolute path of the folder with the enrolled clients; empty where none are enrolled.</summary>
    public string DataFolder { get; init; } = "";

    /// <summary>Token that an upload from another machine must send; empty where only this machine uploads. It is never logged.</summary>
    public string UploadToken { get; init; } = "";

    /// <summary>Absolute path of the folder with accepted inputs; empty where no receipts are given.</summary>
    public string ResultsFolder { get; init; } = "";

    /// <summary>When a receipt is given.</summary>
    public ResultsFlush ResultsFlush { get; init; }

    private const int LongestShownValue = 60;
    private const string LogLevelSection = "Logging:LogLevel";

    /// <summary>At a stop, longest time to finish the requests that wait.</summary>
    public int DrainMs { get; init; } = DefaultOf(Settings.ShutdownDrainMs);

    /// <summary>When the gateway counts as wedged.</summary>
    public WatchdogOptions Watchdog { get; init; } = new(DefaultOf(Settings.WatchdogStallMs), DefaultOf(Settings.WatchdogLinkDownMs));

    /// <summary>How log lines look.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>The gateways that requests may be passed on to; none in most places.</summary>
    public IReadOnlyList<UpstreamOptions> Upstreams { get; init; } = [];

    private static string LogLevels => string.Join(" or ", Enum.GetNames<LogLevel>());

    /// <summary>Checks a configuration and takes the options from it.</summary>
    /// <param name="configuration">Values by the keys of <see cref="Settings"/>.</param>
    /// <param name="problems">Receives one line per value that cannot be used and per key that nobody knows.</param>
    /// <param name="originOf">Where the value of a key was set, to follow "set"; null where that is not known.</param>
    /// <returns>The options, or null when there is a problem here.</returns>
    public static GatewayOptions? Read(IConfiguration configuration, List<string> problems, Func<string, string?>? originOf = null)
    {
        var found = new List<(string Key, string Line)>();
        AddRefusedValues(configuration, found);
        AddUnknownKeys(configuration, found);
        AddContradictions(configuration, found);
        UpstreamList.AddProblems(configuration, found);
        foreach (var (key, line) in found) problems.Add(originOf?.Invoke(key) is { } origin ? $"{line}, set {origin}" : line);
        return found.Count == 0 ? FromChecked(configuration) : null;
    }

    /// <summary>A value as it may stand in a message: one line, not too long.</summary>
    internal static string Shown(string value)
    {
        string line = new(value.Select(letter => char.IsControl(letter) ? '?' : letter).ToArray());
        return line.Length <= LongestShownValue ? line : line[..LongestShownValue] + "...";
    }

    private static void AddRefusedValues(IConfiguration configuration, List<(string Key, string Line)> problems)
    {
        foreach (Setting setting in Settings.All.Where(setting => !setting.IsOfList))
            if (!setting.Accepts(configuration)) problems.Add(Refusal(setting, configuration, setting.Accepted));
        foreach (IConfigurationSection level in configuration.GetSection(LogLevelSection).GetChildren())
            if (!Enum.TryParse(level.Value, ignoreCase: true, out LogLevel parsed) || !Enum.IsDefined(parsed))
                problems.Add((level.Path, $"{level.Path}: '{Shown(level.Value ?? "")}' cannot be used, it must be {LogLevels}"));
    }

    /// <summary>A misspelt name must not pass for a default.</summary>
    private static void AddUnknownKeys(IConfiguration configuration, List<(string Key, string Line)> problems)
    {
        var sections = Settings.All.Select(setting => setting.Name.Split(':')[0]).Distinct();
        foreach (string section in sections)
            foreach (var (key, value) in configuration.GetSection(section).AsEnumerable())
                // A list without entries has a key of its own, with nothing.
                if (value != null && Settings.Find(key) == null && (key != section || value.Length > 0))
                    problems.Add((key, $"{Shown(key)}: no such setting (--help lists them)"));
    }

    /// <summary>Values that are good by themselves, but not together.</summary>
    private static void AddContradictions(IConfiguration configuration, List<(string Key, string Line)> problems)
    {
        Setting host = Settings.BrokerHost, least = Settings.StatusMinIntervalMs, most = Settings.StatusHeartbeatMs;
        bool isEmbedded = Settings.BrokerMode.Accepts(configuration) && ModeIn(configuration) == BrokerMode.Embedded;
        bool isHostGiven = host.Accepts(configuration) && host.TextIn(configuration).Length > 0;
        if (isEmbedded && isHostGiven && !IPAddress.TryParse(host.TextIn(configuration), out _))
            problems.Add(Refusal(host, configuration, "with the embedded broker an IP address of this machine"));

        bool hasPassword = Settings.BrokerPassword.TextIn(configuration).Length > 0;
        if (hasPassword && Settings.BrokerUsername.TextIn(configuration).Length == 0)
            problems.Add(Refusal(Settings.BrokerUsername, configuration, $"given together with {Settings.BrokerPassword.Name}"));

        bool isEnrolledOnly = isEmbedded && Settings.BrokerAccess.Accepts(configuration) && AccessIn(configuration) == BrokerAccess.Enrolled;
        bool hasShared = Settings.BrokerUsername.TextIn(configuration).Length > 0;
        if (isEnrolledOnly && hasShared)
            problems.Add(Refusal(Settings.BrokerUsername, configuration, $"empty with {Settings.BrokerAccess.Name}=enrolled: each client has a password of its own"));
        if (isEnrolledOnly && Settings.DataFolder.TextIn(configuration).Length == 0)
            problems.Add(Refusal(Settings.DataFolder, configuration, $"a folder with {Settings.BrokerAccess.Name}=enrolled: 'crime board add' enrols clients there"));

        string group = Settings.NodeGroup.TextIn(configuration);
        if (isEmbedded && group.Length > 0)
            problems.Add(Refusal(Settings.NodeGroup, configuration, "empty with the embedded broker: a group meets at an external one"));
        else if (group.Length > 0 && group == Settings.NodeId.TextIn(configuration))
            problems.Add(Refusal(Settings.NodeGroup, configuration, $"another name than {Settings.NodeId.Name}"));

        bool areIntervalsKnown = least.Accepts(configuration) && most.Accepts(configuration);
        if (areIntervalsKnown && least.NumberIn(configuration) > most.NumberIn(configuration))
            problems.Add(Refusal(least, configuration, $"at most {most.Name}, {most.TextIn(configuration)}"));

        Setting http = Settings.HttpPort, broker = Settings.BrokerPort;
        bool arePortsKnown = isEmbedded && http.Accepts(configuration) && broker.Accepts(configuration);
        if (arePortsKnown && http.NumberIn(configuration) == broker.NumberIn(configuration))
            problems.Add(Refusal(http, configuration, $"another port than {broker.Name}"));
    }

    /// <summary>The line on a value that cannot be used.</summary>
    internal static (string Key, string Line) Refusal(Setting setting, IConfiguration configuration, string accepted) =>
        (setting.Name, $"{setting.Name}: '{Shown(setting.TextIn(configuration))}' cannot be used, it must be {accepted}");

    private static GatewayOptions FromChecked(IConfiguration configuration)
    {
        BrokerMode mode = ModeIn(configuration);
        string host = Settings.BrokerHost.TextIn(configuration);
        if (mode == BrokerMode.External && host.Length == 0) host = "localhost";
        var broker = new BrokerOptions(
            mode, host, Settings.BrokerPort.NumberIn(configuration),
            Settings.BrokerUsername.TextIn(configuration), Settings.BrokerPassword.TextIn(configuration))
        {
            Access = AccessIn(configuration),
        };
        return new GatewayOptions(
            broker,
            Settings.HttpPort.NumberIn(configuration),
            Path.GetFullPath(Settings.ModelsFolder.TextIn(configuration), AppContext.BaseDirectory),
            Settings.NodeId.TextIn(configuration),
            Settings.QueueCapacity.NumberIn(configuration),
            Settings.WorkersCount.NumberIn(configuration),
            new StatusOptions(Settings.StatusHeartbeatMs.NumberIn(configuration), Settings.StatusMinIntervalMs.NumberIn(configuration)))
        {
            Upstreams = UpstreamList.Read(configuration),
            GroupId = Settings.NodeGroup.TextIn(configuration),
            UploadToken = Settings.ModelsUploadToken.TextIn(configuration),
            ResultsFolder = FolderOrNone(Settings.ResultsFolder, configuration),
            DataFolder = FolderOrNone(Settings.DataFolder, configuration),
            ResultsFlush = Enum.Parse<ResultsFlush>(Settings.ResultsFlush.TextIn(configuration), ignoreCase: true),
            LogFormat = Enum.Parse<LogFormat>(Settings.LogFormat.TextIn(configuration), ignoreCase: true),
            DrainMs = Settings.ShutdownDrainMs.NumberIn(configuration),
            Watchdog = new WatchdogOptions(
                Settings.WatchdogStallMs.NumberIn(configuration), Settings.WatchdogLinkDownMs.NumberIn(configuration)),
        };
    }

    private static string FolderOrNone(Setting setting, IConfiguration configuration)
    {
        string text = setting.TextIn(configuration);
        return text.Length == 0 ? "" : Path.GetFullPath(text, AppContext.BaseDirectory);
    }

    private static int DefaultOf(Setting setting) => int.Parse(setting.DefaultText, CultureInfo.InvariantCulture);

    private static BrokerAccess AccessIn(IConfiguration configuration) =>
        Enum.Parse<BrokerAccess>(Settings.BrokerAccess.TextIn(configuration), ignoreCase: true);

    private static BrokerMode ModeIn(IConfiguration configuration) =>
        Enum.Parse<BrokerMode>(Settings.BrokerMode.TextIn(configuration), ignoreCase: true);
}
