// Channels of the ADC of the chip. The ADC has no buffer and no clock: the thread that polls makes the rate, with its jitter.

using System;
using System.Device.Adc;

namespace Crime.Device.Sensors;

/// <summary>Reads the ADC: one timestep a poll, in the raw unit of the ADC (0 to 4095 on an ESP32).</summary>
internal sealed class AdcSensor : ISensor
{
    private readonly int[] _numbers;
    private readonly AdcChannel[] _channels;

    /// <summary>Makes a closed sensor; <see cref="Start"/> opens the channels.</summary>
    /// <param name="channels">Numbers of the channels, in the order of the timestep.</param>
    /// <param name="intervalUs">Time in µs from one timestep to the next.</param>
    public AdcSensor(int[] channels, int intervalUs)
    {
        _numbers = channels;
        _channels = new AdcChannel[channels.Length];
        IntervalUs = intervalUs;
    }

    /// <inheritdoc/>
    public int Channels => _numbers.Length;

    /// <inheritdoc/>
    public int IntervalUs { get; }

    /// <inheritdoc/>
    public int PollUs => IntervalUs;

    /// <inheritdoc/>
    public string Start()
    {
        int opened = 0;
        try
        {
            var controller = new AdcController();
            for (; opened < _numbers.Length; opened++) _channels[opened] = controller.OpenChannel(_numbers[opened]);
            return null;
        }
        catch (Exception e)
        {
            return "channel " + _numbers[opened].ToString() + " of the ADC cannot be opened: " + e.Message;
        }
    }

    /// <inheritdoc/>
    public int Read(short[] values, int mostSteps)
    {
        if (mostSteps < 1) return 0;
        for (int i = 0; i < _channels.Length; i++)
        {
            int value = _channels[i].ReadValue();
            values[i] = value > short.MaxValue ? short.MaxValue : (short)value;
        }
        return 1;
    }

    /// <inheritdoc/>
    public int TakeLost() => 0;
}
