// Several data sets as one. A sequence that two of them have could be in the training part and in the test part: it is kept once.

using System;
using System.Collections.Generic;
using System.IO.Hashing;
using System.Linq;
using System.Runtime.InteropServices;

namespace Crime.Modelling.Datasets;

/// <summary>A merged data set.</summary>
/// <param name="Data">The data set.</param>
/// <param name="DuplicateCount">Sequences dropped because another set has them.</param>
/// <param name="ConflictCount">Sequences that two sets have with different classes; they are kept.</param>
public sealed record DatasetMerge(Dataset Data, int DuplicateCount, int ConflictCount)
{
    /// <summary>Merges data sets. A sequence that is in several sets stays in the test part where it is in one.</summary>
    /// <param name="name">Name of the result.</param>
    /// <param name="sets">Two data sets or more.</param>
    /// <exception cref="UserInputException">They are of different kinds, or have other channels.</exception>
    public static DatasetMerge Of(string name, IReadOnlyList<Dataset> sets)
    {
        foreach (Dataset other in sets.Skip(1))
        {
            if (other.IsText != sets[0].IsText)
                throw new UserInputException($"data set '{Kind(sets[0])}, data set '{Kind(other)}: only data of one kind are merged");
            if (other.Labels != sets[0].Labels || !other.ValueNames.SequenceEqual(sets[0].ValueNames))
                throw new UserInputException($"data set '{sets[0].Name}' is {sets[0].LabelsText}, data set '{other.Name}' is {other.LabelsText}: only data of one kind, "
                    + "with the same values, are merged");
            if (other.FeatureCount != sets[0].FeatureCount)
                throw new UserInputException($"data set '{sets[0].Name}' has {sets[0].FeatureCount} channels, data set '{other.Name}' has "
                    + $"{other.FeatureCount}: both need the same");
        }
        bool hasSameTakes = Takes(sets).GroupBy(take => take).Any(group => group.Count() > 1);
        var owners = new Dictionary<UInt128, (int Set, string Label)>();
        int duplicates = 0, conflicts = 0;
        List<LabelledSequence> Keep(Func<Dataset, IReadOnlyList<LabelledSequence>> part)
        {
            var kept = new List<LabelledSequence>();
            for (int set = 0; set < sets.Count; set++)
            {
                foreach (LabelledSequence sequence in part(sets[set]))
                {
                    UInt128 hash = Hash(sequence);
                    if (!owners.TryAdd(hash, (set, sequence.Label)) && owners[hash].Set != set)
                    {
                        if (owners[hash].Label == sequence.Label)
                        {
                            duplicates++;
                            continue;
                        }
                        conflicts++;
                    }
                    kept.Add(sequence with { Take = hasSameTakes && sequence.Take != null ? $"{sets[set].Name}/{sequence.Take}" : sequence.Take });
                }
            }
            return kept;
        }
        List<LabelledSequence> test = Keep(set => set.Test), train = Keep(set => set.Train);
        return new DatasetMerge(sets[0] with { Name = name, Train = train, Test = test, Remarks = [] }, duplicates, conflicts);
    }

    private static string Kind(Dataset data) => $"{data.Name}' is {(data.IsText ? "text" : "numeric")}";

    private static IEnumerable<string> Takes(IEnumerable<Dataset> sets) =>
        sets.SelectMany(set => set.Train.Concat(set.Test).Select(sequence => sequence.Take).OfType<string>().Distinct());

    private static UInt128 Hash(LabelledSequence sequence)
    {
        var hash = new XxHash128();
        hash.Append(MemoryMarshal.AsBytes<float>(sequence.Features));
        hash.Append(MemoryMarshal.AsBytes<int>(sequence.CodePoints));
        return hash.GetCurrentHashAsUInt128();
    }
}
