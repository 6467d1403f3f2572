// Changed copies of training sequences. A dozen takes of one person show one position of the sensor and one speed; the copies add other positions and
// speeds.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Adds changed copies of the training sequences to a data set. The same seed gives the same copies on every machine.</summary>
/// <remarks>Rotation, scaling and stretching of movements: Um et al., Data augmentation of wearable sensor data, ICMI 2017.</remarks>
public sealed record Augmentation
{
    /// <summary>Most copies of a sequence.</summary>
    public const int MostCopies = 200;

    private const int Axes = 3;

    /// <summary>Copies of each training sequence, 1 to <see cref="MostCopies"/>.</summary>
    public int CopyCount { get; init; } = 20;

    /// <summary>
    /// Largest angle in degrees by which a copy is turned about a random axis; 0 for none. The channels are then x, y and z of one sensor or more,
    /// which turn together.
    /// </summary>
    public double TurnDegrees { get; init; }

    /// <summary>Largest share by which a copy's distance from the sequence's mean grows or shrinks, 0 to below 1.</summary>
    public double Strength { get; init; } = 0.3;

    /// <summary>Largest share by which a copy is longer or shorter, 0 to below 1.</summary>
    public double Stretch { get; init; } = 0.2;

    /// <summary>Chooses the copies.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Adds the copies. A sequence and its copies are of one take, so that a split by take keeps them together.</summary>
    /// <param name="data">The data set; its test part stays as it is.</param>
    /// <exception cref="UserInputException">The data set is text, or cannot be turned.</exception>
    public Dataset Apply(Dataset data)
    {
        if (data.IsText) throw new UserInputException($"data set '{data.Name}' is text: only numeric data can be changed");
        if (data.Labels == LabelKind.StepClass && Stretch > 0)
            throw new UserInputException($"data set '{data.Name}' has a class for each timestep, and a copy that is longer or shorter has other timesteps; "
                + "say --stretch 0");
        if (TurnDegrees > 0 && data.FeatureCount % Axes != 0)
            throw new UserInputException($"data set '{data.Name}' has {data.FeatureCount} channels: a turn needs x, y and z of one sensor or more; leave --turn out");
        var random = new SplitMix64((ulong)Seed);
        var train = new List<LabelledSequence>();
        foreach (LabelledSequence sequence in data.Train)
        {
            LabelledSequence original = sequence with { Take = sequence.Take ?? $"sequence-{sequence.Index}" };
            train.Add(original with { Index = train.Count });
            for (int copy = 0; copy < CopyCount; copy++) train.Add(Change(original, data.FeatureCount, random) with { Index = train.Count });
        }
        return data with { Train = train };
    }

    private LabelledSequence Change(LabelledSequence sequence, int channels, SplitMix64 random)
    {
        double strength = 1 + random.Between(-Strength, Strength), stretch = 1 + random.Between(-Stretch, Stretch);
        double[,] turn = Turn(random);
        double[] means = Means(sequence, channels);
        int length = Math.Max(1, (int)Math.Round(sequence.Length * stretch));
        var features = new float[length * channels];
        for (int step = 0; step < length; step++)
        {
            Span<float> values = features.AsSpan(step * channels, channels);
            double place = length == 1 ? 0 : (double)step * (sequence.Length - 1) / (length - 1);
            for (int channel = 0; channel < channels; channel++)
                values[channel] = (float)(means[channel] + strength * (At(sequence, channels, channel, place) - means[channel]));
            for (int first = 0; TurnDegrees > 0 && first < channels; first += Axes) Rotate(values.Slice(first, Axes), turn);
        }
        return sequence with { Length = length, Features = features };
    }

    private static double[] Means(LabelledSequence sequence, int channels) =>
        [.. Enumerable.Range(0, channels).Select(channel => Enumerable.Range(0, sequence.Length).Average(step => sequence.Features[step * channels + channel]))];

    /// <summary>Returns a value between two timesteps, on the line through both.</summary>
    private static double At(LabelledSequence sequence, int channels, int channel, double place)
    {
        int before = Math.Min((int)place, sequence.Length - 1), after = Math.Min(before + 1, sequence.Length - 1);
        return double.Lerp(sequence.Features[before * channels + channel], sequence.Features[after * channels + channel], place - before);
    }

    /// <summary>Returns a rotation by a random angle about a random axis (formula of Rodrigues).</summary>
    private double[,] Turn(SplitMix64 random)
    {
        double z = random.Between(-1, 1), longitude = random.Between(0, 2 * Math.PI), radius = Math.Sqrt(1 - z * z);
        double x = radius * Math.Cos(longitude), y = radius * Math.Sin(longitude);
        (double sine, double cosine) = Math.SinCos(random.Between(-TurnDegrees, TurnDegrees) * Math.PI / 180);
        double rest = 1 - cosine;
        return new[,]
        {
            { rest * x * x + cosine, rest * x * y - sine * z, rest * x * z + sine * y },
            { rest * x * y + sine * z, rest * y * y + cosine, rest * y * z - sine * x },
            { rest * x * z - sine * y, rest * y * z + sine * x, rest * z * z + cosine },
        };
    }

    private static void Rotate(Span<float> axes, double[,] turn)
    {
        (double x, double y, double z) = (axes[0], axes[1], axes[2]);
        for (int axis = 0; axis < Axes; axis++) axes[axis] = (float)(turn[axis, 0] * x + turn[axis, 1] * y + turn[axis, 2] * z);
    }
}
