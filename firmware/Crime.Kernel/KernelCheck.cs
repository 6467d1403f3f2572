// Compiled code that arrived over the air is used only after it has computed what the named reference computes.

using Crime.Packages;

namespace Crime.Kernel;

/// <summary>Runs the golden vectors of a kernel package.</summary>
public static class KernelCheck
{
    /// <summary>Compares states, logits and class after every golden sequence. State and saturation counters are zero afterwards.</summary>
    /// <param name="kernel">The kernel; its model has the sizes of the vectors, or the check fails.</param>
    /// <param name="golden">What it must compute.</param>
    public static bool Passes(IKernel kernel, GoldenVectors golden)
    {
        var state = new short[kernel.State.ExportSize / 2];
        if (golden.ValuesPerStep != kernel.ValuesPerStep || golden.StateCount != state.Length || golden.ClassCount != kernel.ClassCount) return false;
        bool passes = true;
        for (int sequence = 0; sequence < golden.SequenceCount && passes; sequence++)
        {
            kernel.State.Reset();
            kernel.Advance(golden.Values(sequence), 0, golden.StepCount(sequence));
            kernel.State.CopyTo(state);
            for (int i = 0; i < state.Length; i++) passes &= state[i] == golden.State(sequence, i);
            passes &= kernel.Classify() == golden.ClassOf(sequence);
            for (int i = 0; i < kernel.Logits.Length; i++) passes &= kernel.Logits[i] == golden.Logit(sequence, i);
        }
        kernel.State.Reset();
        // Golden inputs reach the ends of the range on purpose.
        kernel.Saturations.Reset();
        return passes;
    }
}
