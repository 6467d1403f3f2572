using System.Net;
using System.Net.Sockets;
using Crime.VirtualBoard;

namespace Crime.Testing;

/// <summary>TCP ports of this machine.</summary>
public static class Ports
{
    /// <summary>Returns a TCP port that no program uses at this moment.</summary>
    public static int Free() => FreePorts.Next();

    /// <summary>Returns whether a program accepts connections at a port of the loopback address.</summary>
    /// <param name="port">The TCP port.</param>
    public static bool IsListening(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
