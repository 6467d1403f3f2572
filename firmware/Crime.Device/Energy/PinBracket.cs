// Holds a pin up while an inference runs, so that a second board can measure this one without taking any of its time.

using System.Device.Gpio;

using Crime.Costs;

namespace Crime.Device.Energy;

/// <summary>A meter whose inferences show on a pin.</summary>
internal sealed class PinBracket : IEnergyMeter
{
    private readonly IEnergyMeter _inner;
    private readonly GpioPin _pin;

    /// <summary>Brackets what a meter measures.</summary>
    /// <param name="inner">The meter that speaks on this board's console.</param>
    /// <param name="pin">GPIO that the meter board watches.</param>
    public PinBracket(IEnergyMeter inner, int pin)
    {
        _inner = inner;
        _pin = new GpioController().OpenPin(pin, PinMode.Output);
        _pin.Write(PinValue.Low);
    }

    /// <inheritdoc/>
    public string Name => _inner.Name;

    /// <inheritdoc/>
    public bool IsMeasured => _inner.IsMeasured;

    /// <inheritdoc/>
    public void Start()
    {
        _inner.Start();
        _pin.Write(PinValue.High);
    }

    /// <inheritdoc/>
    public int Stop(RadioTimeline timeline)
    {
        _pin.Write(PinValue.Low);
        return _inner.Stop(timeline);
    }
}
