// The board measures its own cost lines when it takes a model: short runs of the kernel and of the encoder with two lengths, and the line
// through them. Both are linear in the length, so two points are enough. Other threads interrupt a run now and then, and a line that is too
// high would never be corrected where every input is offloaded; so the least of a few runs counts.

using Crime.Costs;
using Crime.Kernel;
using Crime.Device.Offload;
using Crime.Mapping;

namespace Crime.Device.Inference;

/// <summary>Cost lines of this board for its model.</summary>
internal sealed class SelfProfile
{
    private const int ShortLength = EngineSetup.ShortLength;
    private const int LongLength = EngineSetup.LongLength;
    private const int RunCount = 3;

    // Steps of the longer of two measured outputs.
    private const int OutputSteps = 9;

    /// <summary>Measures the kernel and the encoder on zeros.</summary>
    /// <param name="kernel">The kernel; null when the board cannot hold the model.</param>
    /// <param name="sender">Writes the requests.</param>
    /// <param name="valuesPerStep">Numbers per timestep.</param>
    public SelfProfile(IKernel kernel, RequestSender sender, int valuesPerStep)
    {
        var zeros = new short[LongLength * valuesPerStep];
        if (kernel != null)
        {
            // One step of output, whatever the zeros would make a decoder write. It is taken off again: the engine adds those of the expected output.
            kernel.ForcedSteps = 1;
            LocalTime = Measure(kernel, null, zeros);
            MeasureOutput(kernel, zeros);
            if (OutputStepNs > 0) LocalTime = new CostLine(LocalTime.AlphaNs, LocalTime.BetaUs - OutputStepNs / 1000);
            kernel.ForcedSteps = 0;
            kernel.State.Reset();
            kernel.Saturations.Reset();
        }
        EncodeTime = Measure(null, sender, zeros);
    }

    /// <summary>Lines that were measured before.</summary>
    /// <param name="localTime">Time to compute a sequence on the board; null when it cannot.</param>
    /// <param name="encodeTime">Time to write a request.</param>
    /// <param name="kernel">Measures a step of output; null when the board cannot hold the model.</param>
    /// <param name="valuesPerStep">Numbers per timestep.</param>
    public SelfProfile(CostLine localTime, CostLine encodeTime, IKernel kernel, int valuesPerStep)
    {
        LocalTime = localTime;
        EncodeTime = encodeTime;
        if (kernel == null) return;
        MeasureOutput(kernel, new short[ShortLength * valuesPerStep]);
        kernel.ForcedSteps = 0;
    }

    /// <summary>Time to compute a sequence on the board, with a decoder to read it; null when it cannot.</summary>
    public CostLine LocalTime { get; private set; }

    /// <summary>Time of a step of output in ns; 0 for a network that writes no sequence.</summary>
    public int OutputStepNs { get; private set; }

    /// <summary>Time to write a request.</summary>
    public CostLine EncodeTime { get; }

    private void MeasureOutput(IKernel kernel, short[] zeros)
    {
        kernel.ForcedSteps = 1;
        long shortUs = LeastTimeUs(kernel, null, zeros, ShortLength);
        // A kernel without a decoder writes nothing.
        if (kernel.OutputCount == 0) return;
        kernel.ForcedSteps = OutputSteps;
        long longUs = LeastTimeUs(kernel, null, zeros, ShortLength);
        int steps = kernel.OutputCount - 1;
        if (steps > 0 && longUs > shortUs) OutputStepNs = (int)((longUs - shortUs) * 1000 / steps);
        kernel.State.Reset();
        kernel.Saturations.Reset();
    }

    private static CostLine Measure(IKernel kernel, RequestSender sender, short[] zeros) => CostLine.Through(
        ShortLength, LeastTimeUs(kernel, sender, zeros, ShortLength), LongLength, LeastTimeUs(kernel, sender, zeros, LongLength));

    /// <summary>Returns the least time of a few runs in µs: of the kernel, or of the encoder where the kernel is null.</summary>
    private static long LeastTimeUs(IKernel kernel, RequestSender sender, short[] zeros, int length)
    {
        long leastUs = long.MaxValue;
        for (int run = 0; run < RunCount; run++)
        {
            long startUs = Clock.NowUs();
            if (kernel == null)
            {
                sender.Encode(zeros, length);
            }
            else
            {
                kernel.State.Reset();
                kernel.Advance(zeros, 0, length);
                kernel.Classify();
            }
            long elapsedUs = Clock.NowUs() - startUs;
            if (elapsedUs < leastUs) leastUs = elapsedUs;
        }
        return leastUs;
    }
}
