// Opens pins that a person has set. The CLR throws several kinds of exceptions for a pin that does not exist, is in use, or is an input only.

using System;
using System.Device.Gpio;

namespace Crime.Device;

/// <summary>Opens pins.</summary>
internal static class Pins
{
    /// <summary>Opens a pin.</summary>
    /// <param name="pin">Number of the GPIO.</param>
    /// <param name="mode">The mode.</param>
    /// <returns>The pin; null when the board has no such pin, when it cannot have this mode, and when it is in use.</returns>
    public static GpioPin TryOpen(int pin, PinMode mode)
    {
        try
        {
            return new GpioController().OpenPin(pin, mode);
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            return null;
        }
    }
}
