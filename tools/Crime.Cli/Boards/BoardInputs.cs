// Which sequences of a data set boards work through.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Boards;

/// <summary>Deals sequences to boards.</summary>
internal static class BoardInputs
{
    /// <summary>Deals the test part of a data set in random order, from the start again when it is used up.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="boardCount">Boards.</param>
    /// <param name="inputCount">Inputs over all boards.</param>
    /// <param name="seed">Chooses the order.</param>
    /// <returns>The inputs of each board.</returns>
    /// <exception cref="UserInputException">There is nothing to deal.</exception>
    public static List<LabelledSequence>[] Deal(Dataset data, int boardCount, int inputCount, int seed)
    {
        if (data.Test.Count == 0) throw new UserInputException($"data set '{data.Name}' has no test sequences");
        LabelledSequence[] shuffled = data.Test.ToArray();
        new Random(seed).Shuffle(shuffled);
        var hands = Enumerable.Range(0, boardCount).Select(_ => new List<LabelledSequence>()).ToArray();
        for (int i = 0; i < inputCount; i++) hands[i % hands.Length].Add(shuffled[i % shuffled.Length]);
        return hands;
    }
}
