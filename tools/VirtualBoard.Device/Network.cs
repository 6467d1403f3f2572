// nanoFramework.System.Net: the network interface, of which the firmware reads the address.

using System.IO;
using System.Security.Cryptography;
using System.Text;
using Crime.VirtualBoard.Boards;

namespace System.Net.NetworkInformation;

/// <summary>A network interface.</summary>
public class NetworkInterface
{
    private readonly byte[] _address;

    private NetworkInterface(byte[] address) => _address = address;

    /// <summary>MAC address.</summary>
    public byte[] PhysicalAddress => [.. _address];

    /// <summary>The interfaces of the board: the station of its radio.</summary>
    public static NetworkInterface[] GetAllNetworkInterfaces()
    {
        BoardOptions options = Board.Running.Options;
        return [new NetworkInterface(options.MacAddress ?? AddressOf(options.FlashFolder))];
    }

    /// <summary>An address of Espressif whose last bytes follow from the folder, so that the boards of a host differ.</summary>
    private static byte[] AddressOf(string folder)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(folder)));
        return [0x24, 0x0A, 0xC4, hash[0], hash[1], hash[2]];
    }
}
