// The world around a sensor: values over time.

using System;

namespace Crime.VirtualBoard.Sensors;

/// <summary>A signal of several channels.</summary>
/// <param name="channels">Its channels.</param>
/// <param name="valueAt">Returns the value of a channel at a time in s from the start, 0 or later.</param>
public sealed class Waveform(int channels, Func<double, int, double> valueAt)
{
    // A time that is a sample's but for the rounding of its fraction must not give the sample before.
    private const double SampleTolerance = 1e-6;

    /// <summary>Number of channels.</summary>
    public int Channels => channels;

    /// <summary>Returns a value; 0 for a channel that the signal does not have.</summary>
    /// <param name="seconds">Time in s from the start.</param>
    /// <param name="channel">The channel.</param>
    public double At(double seconds, int channel) => channel < channels ? valueAt(seconds, channel) : 0;

    /// <summary>A signal that holds each sample of a log until the next one, and the last one for ever.</summary>
    /// <param name="channels">Numbers per sample.</param>
    /// <param name="rateHz">Samples per second.</param>
    /// <param name="samples">The samples, [timestep][channel]; at least one.</param>
    /// <param name="offset">Is added to each number.</param>
    /// <param name="factor">Multiplies each number before that.</param>
    public static Waveform Of(int channels, double rateHz, short[] samples, double factor = 1, double offset = 0)
    {
        int last = samples.Length / channels - 1;
        return new Waveform(channels, (seconds, channel) =>
            samples[(int)Math.Min(last, Math.Floor(seconds * rateHz + SampleTolerance)) * channels + channel] * factor + offset);
    }
}
