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

    /// <summary>Measures the kernel and the encoder on zeros.</summary>
    /// <param name="kernel">The kernel; null when the board cannot hold the model.</param>
    /// <param name="sender">Writes the requests.</param>
    /// <param name="valuesPerStep">Numbers per timestep.</param>
    public SelfProfile(IKernel kernel, RequestSender sender, int valuesPerStep)
    {
        var zeros = new short[LongLength * valuesPerStep];
        if (kernel != null)
        {
            LocalTime = Measure(kernel, null, zeros);
            kernel.State.Reset();
            kernel.Saturations.Reset();
        }
        EncodeTime = Measure(null, sender, zeros);
    }

    /// <summary>Lines that were measured before.</summary>
    /// <param name="localTime">Time to compute a sequence on the board; null when it cannot.</param>
    /// <param name="encodeTime">Time to write a request.</param>
    public SelfProfile(CostLine localTime, CostLine encodeTime)
    {
        LocalTime = localTime;
        EncodeTime = encodeTime;
    }

    /// <summary>Time to compute a sequence on the board; null when it cannot.</summary>
    public CostLine LocalTime { get; }

    /// <summary>Time to write a request.</summary>
    public CostLine EncodeTime { get; }

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
