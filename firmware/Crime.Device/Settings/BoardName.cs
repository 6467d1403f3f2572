// The default name of a board.

using System;
using System.Net.NetworkInformation;
using Crime.Device.Terminal;

namespace Crime.Device.Settings;

/// <summary>Makes a name from the network interface, so that two boards differ.</summary>
internal static class BoardName
{
    /// <summary>Name of a board without a readable MAC address.</summary>
    public const string Unnamed = "board";

    private const string Prefix = "esp32-";
    private const int AddressSize = 6;

    /// <summary>Returns "esp32-" and the last three bytes of the MAC address in hexadecimal digits.</summary>
    public static string OfNetwork()
    {
        try
        {
            NetworkInterface[] interfaces = NetworkInterface.GetAllNetworkInterfaces();
            for (int i = 0; i < interfaces.Length; i++)
            {
                byte[] address = interfaces[i].PhysicalAddress;
                if (address != null && address.Length == AddressSize && IsUsed(address)) return Prefix + LastDigits(address);
            }
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            // Without an interface the board never connects.
        }
        return Unnamed;
    }

    private static bool IsUsed(byte[] address)
    {
        for (int i = 0; i < address.Length; i++)
            if (address[i] != 0) return true;
        return false;
    }

    private static string LastDigits(byte[] address)
    {
        // The first two of eight digits are zeros.
        return new LineWriter().Hex((uint)(address[3] << 16 | address[4] << 8 | address[5])).ToString().Substring(2);
    }
}
