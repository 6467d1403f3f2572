// A new split of a data set into training and test part: by recording or person, so that the test part has only unseen ones, or evenly over the classes.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Divides data sets. The same seed gives the same parts on every machine.</summary>
public static class DatasetSplit
{
    /// <summary>Puts each take as a whole into one part. Each class keeps a take in the training part.</summary>
    /// <param name="data">The data set; its own split does not count.</param>
    /// <param name="testShare">Largest share of a class in the test part, above 0 and below 1. One take is tested at least.</param>
    /// <param name="seed">Chooses the takes.</param>
    /// <exception cref="UserInputException">The takes are not known, or a class has one take only.</exception>
    public static Dataset ByTake(Dataset data, double testShare, int seed)
    {
        LabelledSequence[] all = All(data);
        if (all.Any(sequence => sequence.Take == null))
            throw new UserInputException($"data set '{data.Name}': the takes are not known; use --by class-balanced (lines '# take COUNT NAME' of a .ts file name them)");
        IGrouping<string, LabelledSequence>[] takes = [.. all.GroupBy(sequence => sequence.Take!).OrderBy(take => take.Key, StringComparer.Ordinal)];
        Shuffle(takes, seed);
        Dictionary<string, int> left = all.GroupBy(sequence => GroupOf(data, sequence)).ToDictionary(group => group.Key, group => group.Count());
        Dictionary<string, int> room = left.ToDictionary(pair => pair.Key, pair => (int)Math.Ceiling(pair.Value * testShare));
        var tested = new HashSet<string>();
        bool TryAdd(IGrouping<string, LabelledSequence> take, bool isRoomNeeded)
        {
            var counts = take.GroupBy(sequence => GroupOf(data, sequence)).Select(group => (Label: group.Key, Count: group.Count())).ToList();
            if (counts.Any(item => left[item.Label] <= item.Count || (isRoomNeeded && room[item.Label] < item.Count))) return false;
            foreach ((string label, int count) in counts) (left[label], room[label]) = (left[label] - count, room[label] - count);
            return tested.Add(take.Key);
        }
        foreach (var take in takes) TryAdd(take, isRoomNeeded: true);
        // Every class should be tested; a take that is larger than the share is better than none.
        bool IsTested(string group) => all.Any(other => GroupOf(data, other) == group && tested.Contains(other.Take!));
        foreach (var take in takes.Where(take => take.Any(sequence => !IsTested(GroupOf(data, sequence)))))
            TryAdd(take, isRoomNeeded: false);
        if (tested.Count == 0)
            throw new UserInputException($"data set '{data.Name}': a class has one take only, so no take can be tested; record more takes, or use --by class-balanced");
        return With(data, all, sequence => tested.Contains(sequence.Take!));
    }

    /// <summary>Puts the same share of each class into the test part. A class with one sequence is not tested.</summary>
    /// <param name="data">The data set; its own split does not count.</param>
    /// <param name="testShare">Share of each class in the test part, above 0 and below 1.</param>
    /// <param name="seed">Chooses the sequences.</param>
    /// <exception cref="UserInputException">No class has two sequences.</exception>
    public static Dataset ClassBalanced(Dataset data, double testShare, int seed)
    {
        LabelledSequence[] all = All(data);
        var tested = new HashSet<LabelledSequence>(ReferenceEqualityComparer.Instance);
        foreach (var group in all.GroupBy(sequence => GroupOf(data, sequence)).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            LabelledSequence[] shuffled = [.. group];
            Shuffle(shuffled, seed);
            int count = Math.Clamp((int)Math.Round(shuffled.Length * testShare), Math.Min(1, shuffled.Length - 1), shuffled.Length - 1);
            tested.UnionWith(shuffled.Take(count));
        }
        if (tested.Count == 0) throw new UserInputException($"data set '{data.Name}': no class has two sequences; a test part needs one, and the training part another");
        return With(data, all, tested.Contains);
    }

    /// <summary>Returns the class that is balanced; the same for all sequences with other labels.</summary>
    private static string GroupOf(Dataset data, LabelledSequence sequence) => data.Labels == LabelKind.Class ? sequence.Label : "";

    private static LabelledSequence[] All(Dataset data) => [.. data.Train, .. data.Test];

    private static Dataset With(Dataset data, LabelledSequence[] all, Func<LabelledSequence, bool> isTest) =>
        data with { Train = [.. all.Where(sequence => !isTest(sequence))], Test = [.. all.Where(isTest)] };

    private static void Shuffle<T>(T[] items, int seed)
    {
        var random = new SplitMix64((ulong)seed);
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = (int)(random.NextDouble() * (i + 1));
            (items[i], items[other]) = (items[other], items[i]);
        }
    }
}
