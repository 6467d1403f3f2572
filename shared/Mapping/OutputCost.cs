// The part of a node's cost that the length of the output decides. Only nodes that run a decoder have one.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>Cost of writing outputs. Guarded by the engine's lock.</summary>
internal sealed class OutputCost
{
    private readonly OutputFit _fit;
    private readonly int _alphaNs;
    private readonly bool _isFitted;

    /// <summary>Starts from the line of the model.</summary>
    /// <param name="setup">A setup with an output length.</param>
    public OutputCost(EngineSetup setup)
    {
        _fit = new OutputFit(setup.Output, setup.OutputDeviation, EngineSetup.ShortLength, EngineSetup.LongLength);
        _alphaNs = setup.OutputStepNs;
        _isFitted = setup.UseRefit;
    }

    /// <summary>Time to read an input and to write its output, over the length of the input.</summary>
    public CostLine Whole { get; } = new CostLine(0, 0);

    /// <summary>The line of the output length, as last fitted.</summary>
    public OutputLength Length => _fit.Line;

    /// <summary>Mean absolute deviation of output lengths from <see cref="Length"/>, in thousandths of a step.</summary>
    public int DeviationThousandths => _fit.DeviationThousandths;

    /// <summary>Mean absolute error in µs that the output lengths cause.</summary>
    public int DeviationUs => (int)((long)_alphaNs * _fit.DeviationThousandths / 1_000_000);

    /// <summary>Computes <see cref="Whole"/>.</summary>
    /// <param name="input">Time to read an input.</param>
    public void Combine(CostLine input) => Whole.SetDecoder(input, _alphaNs, _fit.Line);

    /// <summary>Returns the part of a measured time that the input has taken, in µs.</summary>
    /// <param name="elapsedUs">The time in µs.</param>
    /// <param name="steps">Output steps in it.</param>
    public long InputUs(long elapsedUs, int steps) => elapsedUs - (long)_alphaNs * steps / 1000;

    /// <summary>Learns the length of an output.</summary>
    /// <returns>True when the line of the output length has moved.</returns>
    public bool Observe(int length, int steps) => _isFitted && steps > 0 && _fit.Observe(length, steps);
}
