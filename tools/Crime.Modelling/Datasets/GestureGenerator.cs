// The data set that the project makes itself: gestures as an accelerometer on a wrist records them. The lengths of the sequences differ much,
// because the mapping decides by length. They follow from a seed, so that no file has to be shipped.

using System;
using System.Collections.Generic;

namespace Crime.Modelling.Datasets;

/// <summary>Generates variable-length motion gestures: three axes in g, 50 samples a second.</summary>
/// <remarks>
/// Every gesture has its own length (10 to 200, log-uniform), tempo, strength and direction, lies on a wrist that is tilted
/// somehow, and is buried in the noise of a cheap sensor. Same seed, same numbers, on every machine.
/// </remarks>
public static class GestureGenerator
{
    /// <summary>Shortest gesture in timesteps.</summary>
    public const int MinLength = 10;

    /// <summary>Longest gesture in timesteps.</summary>
    public const int MaxLength = 200;

    /// <summary>Sequences for training, unless asked otherwise.</summary>
    public const int DefaultTrainCount = 1200;

    /// <summary>Sequences for testing, unless asked otherwise.</summary>
    public const int DefaultTestCount = 400;

    private const int Axes = 3;
    private const double MaxTilt = 0.4;
    private const double MinNoise = 0.02;
    private const double MaxNoise = 0.08;

    /// <summary>Names of the classes.</summary>
    public static IReadOnlyList<string> ClassNames { get; } = ["rest", "tap", "swipe", "circle", "shake", "twist"];

    /// <summary>Generates the data set.</summary>
    /// <param name="seed">Chooses the gestures.</param>
    /// <param name="trainCount">Sequences for training.</param>
    /// <param name="testCount">Sequences for testing.</param>
    public static Dataset Generate(int seed = 1, int trainCount = DefaultTrainCount, int testCount = DefaultTestCount)
    {
        var random = new SplitMix64((ulong)seed);
        return new Dataset("gestures", IsText: false, Axes, Sequences(random, trainCount), Sequences(random, testCount));
    }

    private static List<LabelledSequence> Sequences(SplitMix64 random, int count)
    {
        var sequences = new List<LabelledSequence>();
        for (int i = 0; i < count; i++)
        {
            string label = ClassNames[i % ClassNames.Count];
            int length = (int)Math.Floor(MinLength * Math.Exp(random.NextDouble() * Math.Log((MaxLength + 1.0) / MinLength)));
            sequences.Add(new LabelledSequence(i, label, length, Record(label, length, random), []));
        }
        return sequences;
    }

    /// <summary>Samples of the sensor: motion and gravity, seen from a tilted wrist, with noise, in steps of 1 mg.</summary>
    private static float[] Record(string label, int length, SplitMix64 random)
    {
        Func<double, (double X, double Y, double Z)> motion = Motion(label, length, random);
        double tilt = random.Between(-MaxTilt, MaxTilt), roll = random.Between(-MaxTilt, MaxTilt), noise = random.Between(MinNoise, MaxNoise);
        (double sinTilt, double cosTilt) = Math.SinCos(tilt);
        (double sinRoll, double cosRoll) = Math.SinCos(roll);
        var values = new float[length * Axes];
        for (int step = 0; step < length; step++)
        {
            var (x, y, z) = motion((step + 0.5) / length);
            (x, z) = (x * cosTilt + z * sinTilt, z * cosTilt - x * sinTilt);
            (y, z) = (y * cosRoll + z * sinRoll, z * cosRoll - y * sinRoll);
            values[step * Axes] = Milli(x + noise * random.NextNormal());
            values[step * Axes + 1] = Milli(y + noise * random.NextNormal());
            values[step * Axes + 2] = Milli(z + noise * random.NextNormal());
        }
        return values;
    }

    /// <summary>Acceleration with gravity in g, over the gesture's time from 0 to 1.</summary>
    private static Func<double, (double X, double Y, double Z)> Motion(string label, int length, SplitMix64 random)
    {
        double strength = random.Between(0.4, 1), sign = random.NextDouble() < 0.5 ? -1 : 1, phase = random.Between(0, 2 * Math.PI);
        switch (label)
        {
            case "tap":
                double first = random.Between(0.15, 0.4), gap = random.Between(0.2, 0.4), width = random.Between(0.02, 0.05);
                return t => (0, 0, 1 + 1.6 * strength * (Bump(t, first, width) + Bump(t, first + gap, width)));
            case "swipe":
                return t => (sign * strength * Math.Sin(2 * Math.PI * t) * Bump(t, 0.5, 0.25), 0, 1);
            case "circle":
                double turns = random.Between(1, 2.5);
                return t => (strength * Math.Cos(2 * Math.PI * turns * t + phase), sign * strength * Math.Sin(2 * Math.PI * turns * t + phase), 1);
            case "shake":
                double cycles = random.Between(3, 6) * Math.Sqrt(length / 60.0 + 0.4);
                return t => (strength * Math.Sin(2 * Math.PI * cycles * t + phase), 0, 1);
            case "twist":
                double angle = sign * random.Between(1, 2.6);
                return t => (Math.Sin(angle * Smooth(t)), 0, Math.Cos(angle * Smooth(t)));
            default:
                double drift = random.Between(-0.15, 0.15);
                return t => (drift * t, -drift * t, 1);
        }
    }

    private static double Bump(double t, double middle, double width) => Math.Exp(-(t - middle) * (t - middle) / (2 * width * width));

    private static double Smooth(double t) => t * t * (3 - 2 * t);

    private static float Milli(double value) => (float)(Math.Round(value * 1000) / 1000);
}
