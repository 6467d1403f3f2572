// The gateways behind this one, as they were set. A list: every entry has the same settings, and its mistakes are named by its place.

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.Extensions.Configuration;

namespace Crime.Gateway.Configuration;

/// <summary>A gateway, or a group of gateways, that requests may be passed on to.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Broker">Where it is reached; null at the broker that this gateway uses itself.</param>
public sealed record UpstreamOptions(string Node, BrokerAddress? Broker);

/// <summary>Checks and reads the list.</summary>
internal static class UpstreamList
{
    private const string Section = "Upstreams";

    /// <summary>Checks every entry.</summary>
    /// <param name="configuration">Values by the keys of <see cref="Settings"/>.</param>
    /// <param name="problems">Receives one line per value that cannot be used.</param>
    public static void AddProblems(IConfiguration configuration, List<(string Key, string Line)> problems)
    {
        var nodes = new HashSet<string>(StringComparer.Ordinal)
        {
            Settings.NodeId.TextIn(configuration), Settings.NodeGroup.TextIn(configuration),
        };
        foreach (int place in PlacesIn(configuration))
        {
            Setting[] settings = Settings.All.Where(setting => setting.IsOfList).Select(setting => setting.At(place)).ToArray();
            foreach (Setting setting in settings)
                if (!setting.Accepts(configuration)) problems.Add(GatewayOptions.Refusal(setting, configuration, setting.Accepted));
            Setting node = Settings.UpstreamNode.At(place);
            if (node.Accepts(configuration) && !nodes.Add(node.TextIn(configuration)))
                problems.Add(GatewayOptions.Refusal(node, configuration, "neither this gateway, nor its group, nor named twice"));
            AddContradictions(configuration, place, problems);
        }
    }

    /// <summary>Reads a list that has no problems.</summary>
    public static UpstreamOptions[] Read(IConfiguration configuration) => PlacesIn(configuration).Select(place =>
    {
        string TextOf(Setting setting) => setting.At(place).TextIn(configuration);
        string host = TextOf(Settings.UpstreamHost);
        BrokerAddress? broker = host.Length == 0 ? null : new BrokerAddress(
            host, Settings.UpstreamPort.At(place).NumberIn(configuration), TextOf(Settings.UpstreamUsername), TextOf(Settings.UpstreamPassword));
        return new UpstreamOptions(TextOf(Settings.UpstreamNode), broker);
    }).ToArray();

    private static void AddContradictions(IConfiguration configuration, int place, List<(string Key, string Line)> problems)
    {
        Setting host = Settings.UpstreamHost.At(place), username = Settings.UpstreamUsername.At(place), password = Settings.UpstreamPassword.At(place);
        Setting[] needHost = [Settings.UpstreamPort.At(place), username, password];
        bool isHostMissing = host.TextIn(configuration).Length == 0;
        if (isHostMissing && needHost.FirstOrDefault(setting => setting.TextIn(configuration) != setting.DefaultText) is { } reason)
            problems.Add(GatewayOptions.Refusal(host, configuration, $"given together with {reason.Name}"));
        if (password.TextIn(configuration).Length > 0 && username.TextIn(configuration).Length == 0)
            problems.Add(GatewayOptions.Refusal(username, configuration, $"given together with {password.Name}"));
    }

    /// <summary>The places of which anything is set.</summary>
    private static int[] PlacesIn(IConfiguration configuration) => Enumerable.Range(0, Settings.MaxUpstreams)
        .Where(place => configuration.GetSection($"{Section}:{place}").AsEnumerable().Any(pair => pair.Value != null)).ToArray();
}
