// Measures another board: adds up every conversion of the sensor in that board's supply while its pin is up. This board has
// nothing else to do, so it polls: the edges are found within the time of a few transfers, and no conversion is missed.

using System.Device.Gpio;

namespace Crime.Device.Energy;

/// <summary>Integrates power between the two edges of a pin.</summary>
internal sealed class BracketMeter
{
    // How often the bus voltage is read between two inferences: seldom, because a look at the pin must not wait for it.
    private const int BusIntervalUs = 50_000;

    // A reading while the pin is down weighs 1/16: a radio in modem sleep listens now and then.
    private const int IdleBits = 4;

    private readonly Ina219 _sensor;
    private readonly GpioPin _pin;

    /// <summary>Makes a meter.</summary>
    /// <param name="sensor">A sensor that has begun, without averaging.</param>
    /// <param name="pin">An input that the computing board holds up during an inference.</param>
    public BracketMeter(Ina219 sensor, GpioPin pin)
    {
        _sensor = sensor;
        _pin = pin;
    }

    /// <summary>How long the pin was up, in µs.</summary>
    public long TimeUs { get; private set; }

    /// <summary>Mean power while the pin was down, as last measured, in µW.</summary>
    public int IdleUw { get; private set; }

    /// <summary>Energy in that time above <see cref="IdleUw"/>, in µJ.</summary>
    public long EnergyUj { get; private set; }

    /// <summary>Conversions that were added up.</summary>
    public int Samples { get; private set; }

    /// <summary>Conversions that failed or were out of range; the one before stood in for each.</summary>
    public int Bad { get; private set; }

    /// <summary>Whether the pin is up.</summary>
    public bool IsUp => _pin.Read() == PinValue.High;

    /// <summary>Waits for the pin to rise, and measures until it falls.</summary>
    /// <returns>False when the sensor had lost its settings or did not answer: what was measured is worth nothing.</returns>
    public bool Measure()
    {
        int microwatts = 0;
        long busReadUs = 0;
        while (!IsUp)
        {
            if (Clock.NowUs() - busReadUs < BusIntervalUs) continue;
            // While the pin is up the shunt has all of the sensor's time.
            if (_sensor.TakePowerUw(out int idle) == Ina219Reading.Measured)
            {
                microwatts = idle;
                IdleUw = IdleUw == 0 ? idle : IdleUw + ((idle - IdleUw) >> IdleBits);
            }
            busReadUs = Clock.NowUs();
        }
        long startUs = Clock.NowUs();
        bool isGood = _sensor.SetMode(Ina219Mode.Shunt);
        Integrate(startUs, microwatts);
        return isGood & _sensor.IsConfigured(Ina219Mode.Shunt) & _sensor.SetMode(Ina219Mode.ShuntAndBus);
    }

    /// <summary>
    /// Every conversion counts the same, whenever it was found to be ready: what one of them says of a short burst must not be
    /// weighted with how soon the bus was free. The last one ends after the pin has fallen and counts for its part before that.
    /// </summary>
    private void Integrate(long startUs, int microwatts)
    {
        long readyUs = startUs, seenUpUs = startUs, endUs = 0, sum = 0, weight = 0;
        Samples = 0;
        Bad = 0;
        while (endUs == 0 || readyUs < endUs)
        {
            if (IsUp) seenUpUs = Clock.NowUs();
            // It fell somewhere between the two looks.
            else if (endUs == 0) endUs = (seenUpUs + Clock.NowUs()) / 2;
            Ina219Reading reading = _sensor.TakePowerUw(out int converted);
            if (reading == Ina219Reading.NotReady) continue;
            if (reading == Ina219Reading.Measured)
            {
                microwatts = converted;
                Samples++;
            }
            else
            {
                Bad++;
            }
            long part = endUs != 0 && endUs - readyUs < Ina219.ConversionUs ? endUs - readyUs : Ina219.ConversionUs;
            readyUs = Clock.NowUs();
            if (part <= 0) break;
            sum += microwatts * part;
            weight += part;
        }
        TimeUs = endUs - startUs;
        // uW times us are pJ.
        long meanUw = weight == 0 ? 0 : sum / weight;
        EnergyUj = meanUw <= IdleUw ? 0 : (meanUw - IdleUw) * TimeUs / 1_000_000;
    }
}
