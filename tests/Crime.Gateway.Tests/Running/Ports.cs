using System.Net;
using System.Net.Sockets;
using Crime.Cli.Demo;

namespace Crime.Gateway.Tests.Running;

internal static class Ports
{
    /// <summary>A TCP port that nothing uses at this moment.</summary>
    public static int Free() => FreePorts.Next();

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
