// The results of the golden sequences of a model file, from the named reference.

using System;
using System.Collections.Generic;
using System.IO.Hashing;
using System.Linq;
using Crime.Model;

namespace Crime.Modelling.Reference;

/// <summary>Computes golden sequences.</summary>
public static class GoldenReference
{
    /// <summary>Computes the result of a sequence.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="golden">The sequence; its result is not read.</param>
    /// <param name="checksum">CRC-32 of the exported state and the logits.</param>
    /// <returns>The class.</returns>
    public static int Compute(ModelFile model, GoldenSequence golden, out uint checksum)
    {
        var network = new ReferenceNetwork(model);
        short[] values = golden.Values(model.ValuesPerStep, model.VocabularyCount);
        for (int step = 0; step < golden.StepCount; step++) network.Step(values, step);
        var result = new List<byte>();
        foreach (var (hidden, cell) in network.Hidden.Zip(network.Cell))
            foreach (short value in hidden.Concat(cell)) result.AddRange(BitConverter.GetBytes(value));
        int[] logits = network.Logits();
        foreach (int logit in logits) result.AddRange(BitConverter.GetBytes(logit));
        checksum = Crc32.HashToUInt32(result.ToArray());
        return model.Answer == AnswerKind.Anomaly ? network.Score > model.Scale.Threshold ? 1 : 0 : Array.IndexOf(logits, logits.Max());
    }

    /// <summary>Returns true when the reference computes the golden sequences of a model; true for a model without them.</summary>
    /// <param name="model">The model.</param>
    public static bool Holds(ModelFile model)
    {
        for (int i = 0; i < model.GoldenCount; i++)
        {
            GoldenSequence golden = model.Golden(i);
            if (Compute(model, golden, out uint checksum) != golden.ClassIndex || checksum != golden.Checksum) return false;
        }
        return true;
    }
}
