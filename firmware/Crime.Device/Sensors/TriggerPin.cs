// A pin that marks a sequence: a button, or the output of another device.

using System.Device.Gpio;

namespace Crime.Device.Sensors;

/// <summary>A pin with a level at which the trigger is held.</summary>
internal sealed class TriggerPin
{
    private readonly GpioPin _pin;
    private readonly PinValue _heldLevel;

    private TriggerPin(GpioPin pin, PinValue heldLevel)
    {
        _pin = pin;
        _heldLevel = heldLevel;
    }

    /// <summary>Opens the pin, with a pull-up where the trigger is held at the low level.</summary>
    /// <param name="pin">Number of the GPIO.</param>
    /// <param name="isHeldLow">True for a button against ground.</param>
    /// <returns>The trigger; null when the pin is no input of the board, or is in use.</returns>
    public static TriggerPin TryOpen(int pin, bool isHeldLow)
    {
        GpioPin opened = Pins.TryOpen(pin, isHeldLow ? PinMode.InputPullUp : PinMode.Input);
        return opened == null ? null : new TriggerPin(opened, isHeldLow ? PinValue.Low : PinValue.High);
    }

    /// <summary>True while the trigger is held.</summary>
    public bool IsHeld => _pin.Read() == _heldLevel;
}
