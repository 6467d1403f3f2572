// Ports for programs that have to be told theirs before they start. They come from below the range that systems hand to outgoing
// connections (32768 to 60999 on Linux, from 49152 on elsewhere): a port from within it may belong to somebody's connection by the
// time the program listens.

using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace Crime.VirtualBoard;

/// <summary>Finds TCP ports that nothing listens on.</summary>
public static class FreePorts
{
    private const int First = 16_384;
    private const int Count = 16_384;
    private static int s_last = Random.Shared.Next(Count);

    /// <summary>A port that nothing uses at this moment; not the same one twice until all have been given out.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static int Next()
    {
        for (int i = 0; i < Count; i++)
        {
            int port = First + (Interlocked.Increment(ref s_last) & int.MaxValue) % Count;
            if (IsFree(port)) return port;
        }
        throw new InvalidOperationException($"no TCP port from {First} to {First + Count - 1} is free");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Any, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
