// Stand-in for GPIO pins on a host: each pin keeps the level that was written and is not connected.

namespace System.Device.Gpio
{
    /// <summary>Modes of a pin.</summary>
    public enum PinMode
    {
        /// <summary>Input.</summary>
        Input = 0,

        /// <summary>Input with a pull-down resistor.</summary>
        InputPullDown = 1,

        /// <summary>Input with a pull-up resistor.</summary>
        InputPullUp = 2,

        /// <summary>Output.</summary>
        Output = 3,
    }

    /// <summary>Level of a pin.</summary>
    public struct PinValue
    {
        private readonly byte _value;

        private PinValue(byte value) => _value = value;

        /// <summary>High level.</summary>
        public static PinValue High => new PinValue(1);

        /// <summary>Low level.</summary>
        public static PinValue Low => new PinValue(0);

        /// <summary>Whether two levels are equal.</summary>
        public static bool operator ==(PinValue a, PinValue b) => a._value == b._value;

        /// <summary>Whether two levels differ.</summary>
        public static bool operator !=(PinValue a, PinValue b) => a._value != b._value;

        /// <inheritdoc/>
        public override bool Equals(object obj) => obj is PinValue && ((PinValue)obj)._value == _value;

        /// <inheritdoc/>
        public override int GetHashCode() => _value;
    }

    /// <summary>An open pin.</summary>
    public sealed class GpioPin : IDisposable
    {
        private PinValue _value;

        internal GpioPin(int pinNumber, PinMode mode)
        {
            PinNumber = pinNumber;
            _value = mode == PinMode.InputPullUp ? PinValue.High : PinValue.Low;
        }

        /// <summary>Number of the GPIO.</summary>
        public int PinNumber { get; }

        /// <summary>Returns the level that was written last.</summary>
        public PinValue Read() => _value;

        /// <summary>Sets the level.</summary>
        public void Write(PinValue value) => _value = value;

        /// <summary>Closes the pin.</summary>
        public void Dispose()
        {
        }
    }

    /// <summary>The pins of the board.</summary>
    public sealed class GpioController : IDisposable
    {
        /// <summary>Opens a pin.</summary>
        public GpioPin OpenPin(int pinNumber, PinMode mode) => new GpioPin(pinNumber, mode);

        /// <summary>Closes all pins.</summary>
        public void Dispose()
        {
        }
    }
}
