// The board measures its own cost lines when it takes a model: short runs of the kernel and of the encoder with two lengths, and the line
// through them. Both are linear in the length, so two points are enough. Other threads interrupt a run now and then, and a line that is too
// high would never be corrected where every input is offloaded; so the least of a few runs counts.

using Crime.Costs;
using Crime.Kernel;
using Crime.Device.Offload;
using Crime.Mapping;

namespace Crime.Device.Inference;

/// <summary>Cost lines of this board for its model.</summary>
public sealed class SelfProfile
{
    private const int ShortLength = EngineSetup.ShortLength;
    private const int LongLength = EngineSetup.LongLength;
    private const int RunCount = 3;

    /// <summary>Measures the kernel and the encoder on zeros.</summary>
    /// <param name="kernel">The kernel; null when the board cannot hold the model.</param>
    /// <param name="offloader">Writes the requests.</param>
    /// <param name="valuesPerStep">Numbers per timestep.</param>
    public SelfProfile(IKernel kernel, Offloader offloader, int valuesPerStep)
    {
        var zeros = new short[LongLength * valuesPerStep];
        if (kernel != null)
        {
            LocalTime = CostLine.Through(ShortLength, TimeLocal(kernel, zeros, ShortLength), LongLength, TimeLocal(kernel, zeros, LongLength));
            kernel.State.Reset();
            kernel.Saturations.Reset();
        }
        EncodeTime = CostLine.Through(
            ShortLength, TimeEncode(offloader, zeros, ShortLength), LongLength, TimeEncode(offloader, zeros, LongLength));
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

    private static long TimeLocal(IKernel kernel, short[] zeros, int length)
    {
        long leastUs = long.MaxValue;
        for (int run = 0; run < RunCount; run++)
        {
            long startUs = Clock.NowUs();
            kernel.State.Reset();
            kernel.Advance(zeros, 0, length);
            kernel.Classify();
            long elapsedUs = Clock.NowUs() - startUs;
            if (elapsedUs < leastUs) leastUs = elapsedUs;
        }
        return leastUs;
    }

    private static long TimeEncode(Offloader offloader, short[] zeros, int length)
    {
        long leastUs = long.MaxValue;
        for (int run = 0; run < RunCount; run++)
        {
            long startUs = Clock.NowUs();
            offloader.Encode(zeros, length);
            long elapsedUs = Clock.NowUs() - startUs;
            if (elapsedUs < leastUs) leastUs = elapsedUs;
        }
        return leastUs;
    }
}
