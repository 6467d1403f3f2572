// nanoFramework.System.Device.Gpio: pins that the host can see and drive.

using Crime.VirtualBoard.Boards;

namespace System.Device.Gpio;

/// <summary>What a pin is used for.</summary>
public enum PinMode
{
    /// <summary>An input.</summary>
    Input = 0,

    /// <summary>An input that is low when nothing drives it.</summary>
    InputPullDown = 1,

    /// <summary>An input that is high when nothing drives it.</summary>
    InputPullUp = 2,

    /// <summary>An output.</summary>
    Output = 3,
}

/// <summary>Level of a pin.</summary>
public readonly struct PinValue
{
    private readonly bool _isHigh;

    private PinValue(bool isHigh) => _isHigh = isHigh;

    /// <summary>The upper level.</summary>
    public static PinValue High => new(true);

    /// <summary>The lower level.</summary>
    public static PinValue Low => new(false);

    /// <summary>Whether two levels are the same.</summary>
    public static bool operator ==(PinValue a, PinValue b) => a._isHigh == b._isHigh;

    /// <summary>Whether two levels differ.</summary>
    public static bool operator !=(PinValue a, PinValue b) => !(a == b);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PinValue other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => _isHigh ? 1 : 0;
}

/// <summary>A pin that was opened.</summary>
public class GpioPin : IDisposable
{
    private readonly Board _board = Board.Running;
    private readonly PinMode _mode;

    internal GpioPin(int pinNumber, PinMode mode)
    {
        PinNumber = pinNumber;
        _mode = mode;
    }

    /// <summary>Number of the GPIO.</summary>
    public int PinNumber { get; }

    /// <summary>The level now.</summary>
    public PinValue Read() => _board.Pins.Read(PinNumber, _board.Clock.NowUs()) ? PinValue.High : PinValue.Low;

    /// <summary>Sets the level.</summary>
    public void Write(PinValue value)
    {
        if (_mode != PinMode.Output) throw new InvalidOperationException();
        _board.Pins.Write(PinNumber, value == PinValue.High, _board.Clock.NowUs());
    }

    /// <summary>Closes the pin.</summary>
    public void Dispose() => _board.Pins.Release(PinNumber);
}

/// <summary>The board's pins.</summary>
public class GpioController
{
    /// <summary>Opens a pin.</summary>
    /// <exception cref="InvalidOperationException">The board has no such pin, or it is open already, as in the device's library.</exception>
    /// <exception cref="ArgumentException">The pin cannot have this mode.</exception>
    public GpioPin OpenPin(int pinNumber, PinMode mode)
    {
        Board board = Board.Running;
        string chip = board.Options.Profile.Hardware.Chip;
        if (!Exists(chip, pinNumber) || !board.Pins.TryReserve(pinNumber)) throw new InvalidOperationException();
        if (CanBe(chip, pinNumber, mode)) return new GpioPin(pinNumber, mode);
        board.Pins.Release(pinNumber);
        throw new ArgumentException($"pin {pinNumber} cannot be {mode}");
    }

    /// <summary>Returns true for pins that the chip has and that its flash does not take.</summary>
    private static bool Exists(string chip, int pin) => chip switch
    {
        "ESP32-S3" => pin is >= 0 and <= 48 and not (>= 22 and <= 32),
        "ESP32-C3" => pin is >= 0 and <= 21 and not (>= 11 and <= 17),
        _ => pin is >= 0 and <= 39 and not (>= 6 and <= 11),
    };

    /// <summary>Returns false for outputs at pins 34 to 39 of the ESP32, which are inputs only.</summary>
    private static bool CanBe(string chip, int pin, PinMode mode) => chip != "ESP32" || pin < 34 || mode != PinMode.Output;
}
