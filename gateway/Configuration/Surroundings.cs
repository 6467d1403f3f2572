// Settings that are good by themselves, but not on this machine: a folder that cannot be read, a port that cannot be had. Found
// before anything listens, and all at once, where the first failing step of the start would name only itself.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;

namespace Crime.Gateway.Configuration;

/// <summary>Holds the options against the machine.</summary>
public static class Surroundings
{
    /// <summary>Checks folder and ports.</summary>
    /// <param name="options">Checked options.</param>
    /// <param name="problems">Receives one line per setting that cannot be used here.</param>
    public static void Check(GatewayOptions options, List<string> problems)
    {
        string? folder = RefusalOf(options.ModelsFolder, options.IsModelsFolderDefault);
        if (folder != null) problems.Add(Refusal(Settings.ModelsFolder, options.ModelsFolder, folder));
        if (options.Broker.Mode == BrokerMode.Embedded)
        {
            IPAddress address = options.Broker.Host.Length == 0 ? AnyAddress() : IPAddress.Parse(options.Broker.Host);
            AddPort(Settings.BrokerPort, address, options.Broker.Port, problems);
        }
        AddPort(Settings.HttpPort, AnyAddress(), options.HttpPort, problems);
    }

    private static string? RefusalOf(string folder, bool isDefault)
    {
        const string accepted = "a folder that the gateway can read";
        if (File.Exists(folder)) return $"{accepted}: this is a file";
        // Beside the program there need not be one: the gateway then serves no model and says so.
        if (!Directory.Exists(folder)) return isDefault ? null : $"{accepted}: there is none of this name, or not for user {Environment.UserName}";
        try
        {
            _ = Directory.EnumerateFileSystemEntries(folder).FirstOrDefault();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{accepted}: {e.Message}";
        }
    }

    private static void AddPort(Setting setting, IPAddress address, int port, List<string> problems)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            // Bound and let go again: nothing listens yet.
            socket.Bind(new IPEndPoint(address, port));
        }
        catch (SocketException e)
        {
            string value = port.ToString(CultureInfo.InvariantCulture);
            problems.Add(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => Refusal(setting, value, "a free TCP port: this one is in use"),
                SocketError.AccessDenied => Refusal(setting, value, "a TCP port that this user may have, 1024 or more: " + e.Message),
                _ => Refusal(Settings.BrokerHost, address.ToString(), "an address of this machine: " + e.Message),
            });
        }
    }

    private static IPAddress AnyAddress() => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    private static string Refusal(Setting setting, string value, string accepted) =>
        $"{setting.Name}: '{GatewayOptions.Shown(value)}' cannot be used, it must be {accepted}";
}
