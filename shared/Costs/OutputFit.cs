// Fits the line of the output length while it is used: each output that was written, here or at a gateway, is a measurement.

namespace Crime.Costs;

/// <summary>An output length that follows what is observed: <see cref="LineFit"/> over pairs of lengths. Allocates in its constructor only.</summary>
public sealed class OutputFit
{
    // LineFit knows no negative costs: lengths count from 1024 steps below zero, in thousandths.
    private const int Offset = 1_024_000;

    // The line in use moves when it is off by 1/32 and by a twentieth of a step.
    private const int LeastChange = 50;

    private readonly LineFit _fit;

    /// <summary>Starts from a line.</summary>
    /// <param name="output">The line of the model.</param>
    /// <param name="deviationThousandths">Deviation of output lengths from it, in thousandths of a step.</param>
    /// <param name="shortLength">The shorter of two lengths of inputs that the line stands for.</param>
    /// <param name="longLength">The longer one.</param>
    public OutputFit(OutputLength output, int deviationThousandths, int shortLength, int longLength)
    {
        Line = new OutputLength(output.GammaThousandths, output.DeltaThousandths);
        DeviationThousandths = deviationThousandths;
        _fit = new LineFit(new CostLine(1000L * output.GammaThousandths, output.DeltaThousandths + Offset), shortLength, longLength);
    }

    /// <summary>The line in use.</summary>
    public OutputLength Line { get; }

    /// <summary>Mean absolute deviation of output lengths from the line, in thousandths of a step.</summary>
    public int DeviationThousandths { get; private set; }

    /// <summary>Learns the length of an output.</summary>
    /// <param name="length">Timesteps of its input.</param>
    /// <param name="steps">Its steps, the end included.</param>
    /// <returns>True when <see cref="Line"/> has changed.</returns>
    public bool Observe(int length, int steps)
    {
        int error = (int)(1000L * steps - Line.ThousandthsAt(length));
        DeviationThousandths += ((error < 0 ? -error : error) - DeviationThousandths) >> 3;
        _fit.Observe(length, 1000L * steps + Offset);
        if (!IsOff(length) && !IsOff(2 * length)) return false;
        Line.Set(_fit.AlphaNs / 1000, _fit.BetaUs - Offset);
        return true;
    }

    private bool IsOff(int length)
    {
        long used = Line.ThousandthsAt(length), off = (long)_fit.AlphaNs * length / 1000 + _fit.BetaUs - Offset - used;
        return off > (used >> 5) + LeastChange || -off > (used >> 5) + LeastChange;
    }
}
