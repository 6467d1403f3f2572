// The name of a board that nobody has named.

using System;
using System.Net.NetworkInformation;

namespace Crime.Device.Settings;

/// <summary>Makes a name from the network interface, so that two boards differ.</summary>
public static class BoardName
{
    /// <summary>Name of a board whose interface tells no address.</summary>
    public const string Unnamed = "board";

    private const string Prefix = "esp32-";
    private const int AddressSize = 6;
    private const int UsedSize = 3;

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
        var digits = new char[2 * UsedSize];
        for (int i = 0; i < UsedSize; i++)
        {
            byte value = address[address.Length - UsedSize + i];
            digits[2 * i] = Digit(value >> 4);
            digits[2 * i + 1] = Digit(value & 15);
        }
        return new string(digits);
    }

    private static char Digit(int value) => (char)(value < 10 ? '0' + value : 'a' + value - 10);
}
