// Figures of a data set for people and scripts: balance, lengths, ranges.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Data;

/// <summary>Sequences of a class.</summary>
/// <param name="Name">Name of the class.</param>
/// <param name="Train">Sequences in the training part.</param>
/// <param name="Test">Sequences in the test part.</param>
/// <param name="Shortest">Shortest sequence.</param>
/// <param name="Median">Median length.</param>
/// <param name="Longest">Longest sequence.</param>
internal sealed record ClassFigures(string Name, int Train, int Test, int Shortest, int Median, int Longest);

/// <summary>Values of a channel.</summary>
/// <param name="Channel">Zero-based number of the channel.</param>
/// <param name="Least">Smallest value.</param>
/// <param name="Mean">Mean over all timesteps.</param>
/// <param name="Largest">Largest value.</param>
internal sealed record ChannelFigures(int Channel, float Least, double Mean, float Largest);

/// <summary>A value of a set that has values.</summary>
/// <param name="Value">Its name.</param>
/// <param name="Least">Smallest value of a sequence.</param>
/// <param name="Mean">Mean over all sequences.</param>
/// <param name="Largest">Largest value of a sequence.</param>
internal sealed record ValueFigures(string Value, float Least, double Mean, float Largest);

/// <summary>Figures of a data set.</summary>
/// <param name="Path">The data set as the user named it.</param>
/// <param name="Data">The data set.</param>
internal sealed record DatasetFigures(string Path, Dataset Data)
{
    private const string AllSequences = "all sequences";

    private static bool HasClasses(Dataset data) => data.Labels is LabelKind.Class or LabelKind.StepClass;

    private readonly LabelledSequence[] _all = [.. Data.Train, .. Data.Test];

    /// <summary>The classes in the order of a network's outputs; one for all sequences of a set that has values or outputs.</summary>
    public IReadOnlyList<ClassFigures> Classes { get; } =
        [.. (HasClasses(Data) ? new DatasetSummary(Data).ClassNames : [AllSequences]).Select(name => Of(name, Data))];

    /// <summary>The values of a set that has values; empty for classes.</summary>
    public IReadOnlyList<ValueFigures> Values { get; } = [.. Data.ValueNames.Select((name, i) =>
    {
        float[] values = [.. Data.Train.Concat(Data.Test).Select(sequence => sequence.Values[i])];
        return new ValueFigures(name, values.Min(), values.Average(value => (double)value), values.Max());
    })];

    /// <summary>Lengths of all sequences, ascending.</summary>
    public int[] Lengths => [.. _all.Select(sequence => sequence.Length).Order()];

    /// <summary>Takes; 0 when they are not known.</summary>
    public int TakeCount => _all.Any(sequence => sequence.Take == null) ? 0 : _all.Select(sequence => sequence.Take).Distinct().Count();

    /// <summary>The channels; empty for text.</summary>
    public IReadOnlyList<ChannelFigures> Channels() =>
        [.. Enumerable.Range(0, Data.FeatureCount).Select(channel =>
        {
            float[] values = [.. _all.SelectMany(sequence => sequence.Features.Where((_, i) => i % Data.FeatureCount == channel))];
            return new ChannelFigures(channel, values.Min(), values.Average(value => (double)value), values.Max());
        })];

    /// <summary>Lines for a person.</summary>
    public IEnumerable<string> ToText()
    {
        yield return $"{Path}: {new DatasetSummary(Data).ToLine()}";
        int[] lengths = Lengths;
        yield return $"lengths: {lengths[0]} to {lengths[^1]}, half of them up to {lengths[lengths.Length / 2]}, 95 % up to {lengths[(int)(0.95 * (lengths.Length - 1))]}"
            + (TakeCount > 0 ? $"; {TakeCount} takes" : "");
        foreach (ValueFigures item in Values) yield return $"{item.Value}: {Text(item.Least)} to {Text(item.Largest)}, mean {Text(item.Mean)}";
        int width = Math.Max(5, Classes.Max(item => item.Name.Length));
        yield return "";
        yield return $"{"class".PadRight(width)}  train   test  shortest  median  longest";
        foreach (ClassFigures item in Classes)
            yield return $"{item.Name.PadRight(width)} {item.Train,6} {item.Test,6} {item.Shortest,9} {item.Median,7} {item.Longest,8}";
        if (Data.IsText) yield break;
        yield return "";
        yield return "channel       least        mean     largest";
        foreach (ChannelFigures item in Channels()) yield return $"{item.Channel,7} {Text(item.Least),11} {Text(item.Mean),11} {Text(item.Largest),11}";
    }

    /// <summary>The figures for a script.</summary>
    /// <param name="picture">The picture's file; null without one.</param>
    public object ToJson(string? picture)
    {
        int[] lengths = Lengths;
        return new
        {
            file = Path,
            balance = Classes,
            values = Values,
            lengths = new { shortest = lengths[0], median = lengths[lengths.Length / 2], p95 = lengths[(int)(0.95 * (lengths.Length - 1))], longest = lengths[^1] },
            ranges = Channels(),
            takes = TakeCount == 0 ? (int?)null : TakeCount,
            picture,
        };
    }

    private static ClassFigures Of(string name, Dataset data)
    {
        // A sequence with a class for each timestep counts for each of its classes.
        bool Has(LabelledSequence sequence) => data.Labels switch
        {
            LabelKind.StepClass => Array.IndexOf(sequence.StepClasses, name) >= 0,
            LabelKind.Class => sequence.Label == name,
            _ => true,
        };
        int train = data.Train.Count(Has), test = data.Test.Count(Has);
        int[] lengths = [.. data.Train.Concat(data.Test).Where(Has).Select(sequence => sequence.Length).Order()];
        return new ClassFigures(name, train, test, lengths[0], lengths[lengths.Length / 2], lengths[^1]);
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
