// Settings that are good by themselves, but not on this machine: a folder that cannot be read, a port that cannot be had. Found
// before anything listens, and all at once, where the first failing step of the start would name only itself.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace Crime.Gateway.Configuration;

/// <summary>Holds settings against the machine.</summary>
public static class Surroundings
{
    private const string Readable = "a folder that the gateway can read";

    /// <summary>Checks folder and ports, each unless it is refused already for what it is.</summary>
    /// <param name="configuration">Values by the keys of <see cref="Settings"/>.</param>
    /// <param name="problems">Receives one line per setting that cannot be used here.</param>
    /// <param name="originOf">Where the value of a key was set, to follow "set"; null where that is not known.</param>
    public static void Check(IConfiguration configuration, List<string> problems, Func<string, string?>? originOf = null)
    {
        void Refuse(Setting setting, string accepted)
        {
            string line = $"{setting.Name}: '{GatewayOptions.Shown(setting.TextIn(configuration))}' cannot be used, it must be {accepted}";
            problems.Add(originOf?.Invoke(setting.Name) is { } origin ? $"{line}, set {origin}" : line);
        }
        if (Settings.ModelsFolder.Accepts(configuration) && RefusalOfFolder(configuration) is { } folder) Refuse(Settings.ModelsFolder, folder);
        bool isEmbedded = string.Equals(
            Settings.BrokerMode.TextIn(configuration), nameof(BrokerMode.Embedded), StringComparison.OrdinalIgnoreCase);
        if (isEmbedded && BrokerAddressIn(configuration) is { } address) TryPort(Settings.BrokerPort, address, configuration, Refuse);
        TryPort(Settings.HttpPort, AnyAddress(), configuration, Refuse);
    }

    private static string? RefusalOfFolder(IConfiguration configuration)
    {
        string text = Settings.ModelsFolder.TextIn(configuration), folder = Path.GetFullPath(text, AppContext.BaseDirectory);
        if (File.Exists(folder)) return $"{Readable}: this is a file";
        try
        {
            _ = Directory.EnumerateFileSystemEntries(folder).FirstOrDefault();
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            // The one beside the program need not be there: the gateway then serves no model and says so.
            return text == Settings.ModelsFolder.DefaultText ? null : $"{Readable}: there is none, or not for this user";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{Readable}: {e.Message}";
        }
    }

    private static void TryPort(Setting setting, IPAddress address, IConfiguration configuration, Action<Setting, string> refuse)
    {
        if (!setting.Accepts(configuration)) return;
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            // Bound and let go again: nothing listens yet.
            socket.Bind(new IPEndPoint(address, setting.NumberIn(configuration)));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            refuse(setting, "a free TCP port: this one is in use");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            refuse(setting, $"a TCP port that this user may have, such as 1024 and above: {e.Message}");
        }
        catch (SocketException e)
        {
            refuse(Settings.BrokerHost, $"an address of this machine: {e.Message}");
        }
    }

    private static IPAddress? BrokerAddressIn(IConfiguration configuration)
    {
        string host = Settings.BrokerHost.TextIn(configuration);
        if (host.Length == 0) return AnyAddress();
        return IPAddress.TryParse(host, out IPAddress? address) ? address : null;
    }

    private static IPAddress AnyAddress() => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
}
