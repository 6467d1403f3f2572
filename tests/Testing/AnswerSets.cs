using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling.Datasets;

namespace Crime.Testing;

/// <summary>Small made-up data sets for each kind of answer. A network of eight units learns each of them in seconds.</summary>
public static class AnswerSets
{
    private const int TrainCount = 160;
    private const int TestCount = 60;
    private const int Period = 12;

    /// <summary>Returns sequences whose two values follow from their mean: a temperature, and a number of another size.</summary>
    public static Dataset Values() => new("values", IsText: false, 1, [.. Many(1, TrainCount, Value)], [.. Many(2, TestCount, Value)])
    {
        Labels = LabelKind.Values, ValueNames = ["temperature", "share"], LabelsWhere = "values_TRAIN.ts:1",
    };

    /// <summary>Returns sequences that change between a low and a high level, with the level of each timestep.</summary>
    public static Dataset Steps() => new("steps", IsText: false, 2, [.. Many(3, TrainCount, Step)], [.. Many(4, TestCount, Step)])
    {
        Labels = LabelKind.StepClass, LabelsWhere = "steps_TRAIN.ts:1",
    };

    /// <summary>Returns turning pointers, and in the test part sequences without any order as well.</summary>
    public static Dataset Pointers() => new(
        "pointers", IsText: false, 2, [.. Many(5, TrainCount, (random, n) => Pointer(random, n, "slow"))],
        [.. Many(6, TestCount, (random, n) => n % 3 == 0 ? Noise(random, n) : Pointer(random, n, "slow"))]);

    /// <summary>Returns pointers that turn one way or the other.</summary>
    public static Dataset TwoWays() => new(
        "ways", IsText: false, 2, [.. Many(7, TrainCount, (random, n) => Pointer(random, n, n % 2 == 0 ? "left" : "right"))],
        [.. Many(8, TestCount, (random, n) => Pointer(random, n, n % 2 == 0 ? "left" : "right"))]);

    /// <summary>Writes both parts of a data set to a folder.</summary>
    /// <param name="folder">The folder; it is made.</param>
    /// <param name="data">The data set.</param>
    public static void Write(string folder, Dataset data)
    {
        Directory.CreateDirectory(folder);
        IReadOnlyList<string> names = new DatasetSummary(data).ClassNames;
        File.WriteAllBytes(Path.Combine(folder, "X_TRAIN.ts"), TsFile.ToBytes(data.Name, data.Train, names, data.Labels));
        File.WriteAllBytes(Path.Combine(folder, "X_TEST.ts"), TsFile.ToBytes(data.Name, data.Test, names, data.Labels));
    }

    private static IEnumerable<LabelledSequence> Many(int seed, int count, Func<Random, int, LabelledSequence> make)
    {
        var random = new Random(seed);
        for (int n = 0; n < count; n++) yield return make(random, n);
    }

    private static LabelledSequence Value(Random random, int n)
    {
        int length = random.Next(6, 12);
        double level = random.NextDouble() * 4 - 2;
        float[] features = [.. Enumerable.Range(0, length).Select(_ => (float)(level + 0.3 * (random.NextDouble() - 0.5)))];
        float mean = features.Average();
        float[] values = [20 + 5 * mean, 0.5f - 0.01f * mean];
        return new LabelledSequence(n, FormattableString.Invariant($"{values[0]:R},{values[1]:R}"), length, features, []) { Values = values };
    }

    private static LabelledSequence Step(Random random, int n)
    {
        int length = random.Next(10, 24);
        bool isHigh = random.Next(2) == 1;
        var classes = new string[length];
        var features = new float[2 * length];
        for (int step = 0; step < length; step++)
        {
            if (random.Next(6) == 0) isHigh = !isHigh;
            classes[step] = isHigh ? "high" : "low";
            features[2 * step] = (float)((isHigh ? 1 : -1) + random.NextDouble() - 0.5);
            features[2 * step + 1] = (float)random.NextDouble();
        }
        return new LabelledSequence(n, StepLabels.ToText(classes), length, features, []) { StepClasses = classes };
    }

    private static LabelledSequence Pointer(Random random, int n, string label)
    {
        int length = random.Next(16, 30);
        double phase = random.NextDouble() * Period, sign = label == "left" ? 1 : -1;
        return new LabelledSequence(n, label, length, [.. Enumerable.Range(0, length).SelectMany(step =>
        {
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * (step + phase) / Period);
            return new[] { (float)(sign * sine + 0.05 * random.NextDouble()), (float)(cosine + 0.05 * random.NextDouble()) };
        })], []);
    }

    private static LabelledSequence Noise(Random random, int n)
    {
        int length = random.Next(16, 30);
        return new LabelledSequence(n, "broken", length, [.. Enumerable.Range(0, 2 * length).Select(_ => (float)(random.NextDouble() * 2 - 1))], []);
    }
}
