// The bounds on connections to the embedded broker.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;

namespace Crime.Gateway.Broker;

/// <summary>Counts connections, altogether and by address. Thread-safe.</summary>
public sealed class ConnectionLimits
{
    /// <summary>Most connections at a time.</summary>
    public const int MaxConnections = 6000;

    /// <summary>Most connections at a time that have not sent CONNECT. The oldest one is closed for a further one: a client sends its CONNECT at once.</summary>
    public const int MaxUnnamed = 1024;

    /// <summary>The same for one address of another machine.</summary>
    public const int MaxUnnamedPerAddress = 128;

    /// <summary>Most connections at a time without a credential of their own, from one address of another machine.</summary>
    public const int MaxStrangersPerAddress = 256;

    /// <summary>Time in ms from the opening of a connection to its CONNECT.</summary>
    public const int ConnectWithinMs = 5000;

    /// <summary>Longest keep-alive in seconds; a client that wants none gets this one.</summary>
    public const int MaxKeepAliveS = 600;

    private const int FewestConnections = 64;

    private readonly Dictionary<IPAddress, int> _strangers = [];
    private readonly Dictionary<IPAddress, LinkedList<ConnectionPlace>> _unnamedOf = [];
    private readonly LinkedList<ConnectionPlace> _unnamed = [];
    private readonly int _most;
    private int _count;

    /// <summary>Makes the counts of a broker without connections.</summary>
    /// <param name="most">Most connections at a time, at most <see cref="MaxConnections"/>.</param>
    public ConnectionLimits(int most = MaxConnections) => _most = Math.Min(most, MaxConnections);

    /// <summary>Connections at this time.</summary>
    public int Count
    {
        get
        {
            lock (_unnamed) return _count;
        }
    }

    /// <summary>The limits of this process: half of its file descriptors stay for files and for HTTP.</summary>
    public static ConnectionLimits OfThisProcess()
    {
        const string limits = "/proc/self/limits", row = "Max open files";
        if (!File.Exists(limits)) return new ConnectionLimits();
        string? soft = File.ReadLines(limits).FirstOrDefault(line => line.StartsWith(row, StringComparison.Ordinal))?[row.Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        bool isKnown = int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int descriptors);
        return new ConnectionLimits(isKnown ? Math.Max(FewestConnections, descriptors / 2) : MaxConnections);
    }

    /// <summary>Takes a new connection in.</summary>
    /// <param name="address">Its address, from <see cref="AddressOf"/>.</param>
    /// <param name="abort">Closes it.</param>
    /// <returns>Its place, or null where there is none.</returns>
    public ConnectionPlace? TryOpen(IPAddress address, Action abort)
    {
        ConnectionPlace place;
        ConnectionPlace? oldest = null;
        lock (_unnamed)
        {
            if (_count >= _most) return null;
            if (!_unnamedOf.TryGetValue(address, out LinkedList<ConnectionPlace>? here)) _unnamedOf[address] = here = [];
            if (here.Count >= MaxUnnamedPerAddress && !IPAddress.IsLoopback(address)) oldest = here.First!.Value;
            else if (_unnamed.Count >= MaxUnnamed) oldest = _unnamed.First!.Value;
            place = new ConnectionPlace(address, abort);
            place.InAll = _unnamed.AddLast(place);
            place.OfAddress = here.AddLast(place);
            _count++;
            if (oldest != null) RemoveUnnamed(oldest);
        }
        oldest?.Abort();
        return place;
    }

    /// <summary>A connection has sent its CONNECT.</summary>
    /// <param name="place">Its place.</param>
    public void OnNamed(ConnectionPlace place)
    {
        lock (_unnamed) RemoveUnnamed(place);
    }

    /// <summary>Counts a client without a credential of its own.</summary>
    /// <param name="place">Its place.</param>
    /// <returns>False where its address has too many already.</returns>
    public bool TryAdmitStranger(ConnectionPlace place)
    {
        lock (_unnamed)
        {
            int here = _strangers.GetValueOrDefault(place.Address);
            if (here >= MaxStrangersPerAddress && !IPAddress.IsLoopback(place.Address)) return false;
            _strangers[place.Address] = here + 1;
            place.IsStranger = true;
            return true;
        }
    }

    /// <summary>A connection has ended.</summary>
    /// <param name="place">Its place.</param>
    public void OnClosed(ConnectionPlace place)
    {
        lock (_unnamed)
        {
            _count--;
            RemoveUnnamed(place);
            if (!place.IsStranger) return;
            if (--_strangers[place.Address] == 0) _strangers.Remove(place.Address);
        }
    }

    /// <summary>The address of a connection, in one form for IPv4.</summary>
    /// <param name="endPoint">The remote end.</param>
    public static IPAddress AddressOf(EndPoint? endPoint)
    {
        if (endPoint is not IPEndPoint { Address: { } address }) return IPAddress.None;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private void RemoveUnnamed(ConnectionPlace place)
    {
        if (place.InAll == null || place.OfAddress == null) return;
        LinkedList<ConnectionPlace> here = _unnamedOf[place.Address];
        _unnamed.Remove(place.InAll);
        here.Remove(place.OfAddress);
        if (here.Count == 0) _unnamedOf.Remove(place.Address);
        place.InAll = place.OfAddress = null;
    }
}

/// <summary>The place of one connection among those that <see cref="ConnectionLimits"/> counts.</summary>
/// <param name="address">The address of the other end.</param>
/// <param name="abort">Closes the connection.</param>
public sealed class ConnectionPlace(IPAddress address, Action abort)
{
    /// <summary>The address of the other end.</summary>
    public IPAddress Address { get; } = address;

    /// <summary>Closes the connection.</summary>
    public Action Abort { get; } = abort;

    /// <summary>True for a client without a credential of its own.</summary>
    internal bool IsStranger { get; set; }

    /// <summary>Its node among all connections without CONNECT; null afterwards.</summary>
    internal LinkedListNode<ConnectionPlace>? InAll { get; set; }

    /// <summary>Its node among those of its address; null afterwards.</summary>
    internal LinkedListNode<ConnectionPlace>? OfAddress { get; set; }
}
