// A stream of an accelerometer in which somebody makes a gesture now and then. The beginning and the end of each one are known, so that a
// segmenter can be judged.

using System;
using System.Collections.Generic;

namespace Crime.Modelling.Datasets;

/// <summary>Generates logs of an ADXL345 at 100 Hz and its full resolution. Same seed, same numbers, on every machine.</summary>
/// <remarks>
/// <para>Noise is that of the data sheet at 100 Hz: 0.75 LSB for x and y, 1.1 LSB for z, root mean square; one LSB is 3.9 mg.</para>
/// <para>A hand that rests is not still: its tilt moves by up to 3 degrees over 10 s, an estimate. A gesture moves at once. It begins and ends
/// within a sample, and lies in another orientation afterwards, by up to 0.3 rad.</para>
/// </remarks>
public static class GestureStream
{
    /// <summary>Samples per second.</summary>
    public const double RateHz = 100;

    /// <summary>Numbers per sample.</summary>
    public const int Channels = 3;

    /// <summary>Shortest pause between two gestures in samples.</summary>
    public const int MinPause = 50;

    private const int MaxPause = 400;
    private const double LsbPerG = 256;
    private const double DriftRad = 3 * Math.PI / 180;
    private const double DriftSamples = 1000;
    private const double MaxTiltRad = 0.5;
    private const double MaxTurnRad = 0.3;
    private static readonly double[] s_noiseLsb = [0.75, 0.75, 1.1];

    /// <summary>Names of the gestures.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = ["circle", "lift", "shake"];

    /// <summary>Generates a log with gestures.</summary>
    /// <param name="seed">Seed of everything random.</param>
    /// <param name="count">Number of gestures; 0 for a pause only.</param>
    public static SensorLog Generate(int seed, int count)
    {
        var random = new SplitMix64((ulong)seed);
        var stream = new Stream(random);
        stream.Rest(random.Between(MinPause, MaxPause));
        for (int i = 0; i < count; i++)
        {
            stream.Move(ClassNames[i % ClassNames.Count]);
            stream.Rest(random.Between(MinPause, MaxPause));
        }
        return stream.ToLog();
    }

    /// <summary>Generates a log in which nothing happens.</summary>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="length">Its timesteps.</param>
    public static SensorLog Quiet(int seed, int length)
    {
        var stream = new Stream(new SplitMix64((ulong)seed));
        stream.Rest(length);
        return stream.ToLog();
    }

    /// <summary>A stream that grows.</summary>
    internal sealed class Stream(SplitMix64 random)
    {
        private readonly List<short> _values = [];
        private readonly List<LogMark> _marks = [];
        private readonly double _driftPhase = random.Between(0, 2 * Math.PI);
        private double _tilt = random.Between(-MaxTiltRad, MaxTiltRad);
        private double _roll = random.Between(-MaxTiltRad, MaxTiltRad);

        public int Length => _values.Count / Channels;

        public IReadOnlyList<LogMark> Marks => _marks;

        public short Value(int index, int channel) => _values[index * Channels + channel];

        public SensorLog ToLog() => new(Channels, RateHz, [.. _values], _marks);

        public void Rest(double length)
        {
            for (int i = 0; i < (int)length; i++) Add(0, 0, 0);
        }

        public void Move(string label)
        {
            Func<double, (double X, double Y, double Z)> motion = Motion(label, out int length);
            double turn = random.Between(-MaxTurnRad, MaxTurnRad), from = _tilt;
            int start = Length;
            for (int step = 0; step < length; step++)
            {
                double t = (step + 0.5) / length;
                _tilt = Math.Clamp(from + turn * t, -2 * MaxTiltRad, 2 * MaxTiltRad);
                (double x, double y, double z) = motion(t);
                Add(x, y, z);
            }
            _marks.Add(new LogMark(label, start, length));
        }

        /// <summary>Returns the acceleration in g without gravity, over the gesture's time from 0 to 1.</summary>
        private Func<double, (double X, double Y, double Z)> Motion(string label, out int length)
        {
            double strength = random.Between(0.4, 1.2), phase = random.Between(0, 2 * Math.PI), sign = random.NextDouble() < 0.5 ? -1 : 1;
            switch (label)
            {
                case "circle":
                    // 1 to 2 turns of 0.4 to 0.9 s.
                    double turns = random.Between(1, 2);
                    length = (int)(turns * random.Between(40, 90));
                    return t => (strength * Math.Cos(2 * Math.PI * turns * t + phase), sign * strength * Math.Sin(2 * Math.PI * turns * t + phase), 0);
                case "lift":
                    // Up, and held: acceleration, then deceleration, in 0.3 to 0.6 s.
                    length = (int)random.Between(30, 60);
                    return t => (0, 0, strength * Math.Cos(Math.PI * t));
                default:
                    // 3 to 8 times to and fro at 3 to 7 Hz.
                    double cycles = random.Between(3, 8);
                    length = (int)(cycles * RateHz / random.Between(3, 7));
                    return t => (strength * Math.Cos(2 * Math.PI * cycles * t), 0, 0);
            }
        }

        /// <summary>Adds a sample: acceleration and gravity in the axes of the sensor, with noise.</summary>
        private void Add(double x, double y, double z)
        {
            double drift = DriftRad * Math.Sin(2 * Math.PI * Length / DriftSamples + _driftPhase);
            (double sinTilt, double cosTilt) = Math.SinCos(_tilt + drift);
            (double sinRoll, double cosRoll) = Math.SinCos(_roll);
            z += 1;
            (x, z) = (x * cosTilt + z * sinTilt, z * cosTilt - x * sinTilt);
            (y, z) = (y * cosRoll + z * sinRoll, z * cosRoll - y * sinRoll);
            Span<double> axes = [x, y, z];
            for (int axis = 0; axis < Channels; axis++)
                _values.Add((short)Math.Clamp(Math.Round(axes[axis] * LsbPerG + s_noiseLsb[axis] * random.NextNormal()), short.MinValue, short.MaxValue));
        }
    }
}
