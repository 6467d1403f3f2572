// A model that arrived over the air takes the place of another one only after the board has computed what the converter did.

using System.IO.Hashing;
using Crime.Binary;
using Crime.Kernel;
using Crime.Model;

namespace Crime.Device.Models;

/// <summary>Runs the golden sequences of a model file.</summary>
internal static class ModelCheck
{
    /// <summary>Compares class, state and logits after every golden sequence. State and saturation counters are zero afterwards.</summary>
    /// <param name="model">The model, with its numbers. One without golden sequences passes.</param>
    /// <param name="kernel">A kernel of that model.</param>
    public static bool Passes(ModelFile model, IKernel kernel)
    {
        bool passes = true;
        for (int i = 0; i < model.GoldenCount && passes; i++)
        {
            GoldenSequence golden = model.Golden(i);
            passes = Compute(model, kernel, golden, out uint checksum) == golden.ClassIndex && checksum == golden.Checksum;
        }
        // The sequences reach the ends of the range on purpose.
        kernel.State.Reset();
        kernel.Saturations.Reset();
        return passes;
    }

    private static int Compute(ModelFile model, IKernel kernel, GoldenSequence golden, out uint checksum)
    {
        kernel.State.Reset();
        kernel.Advance(golden.Values(model.ValuesPerStep, model.VocabularyCount), 0, golden.StepCount);
        int classIndex = kernel.Classify(), at = kernel.State.ExportSize;
        var result = new byte[at + 4 * kernel.Logits.Length];
        kernel.State.Export(result, 0);
        foreach (int logit in kernel.Logits)
        {
            LittleEndian.WriteUInt32(result, at, (uint)logit);
            at += 4;
        }
        checksum = Crc32.HashToUInt32(result);
        return classIndex;
    }
}
