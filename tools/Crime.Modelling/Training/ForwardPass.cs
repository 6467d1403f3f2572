// Who goes forward: the float network, or the fixed-point network that the float parameters would become. Whoever it was, the
// way back is the same, through the parameters that were effective: straight through the rounding.

using System;
using System.Threading;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Training;

/// <summary>The way forward of a training.</summary>
internal abstract class ForwardPass
{
    /// <summary>Takes the parameters of the next batch.</summary>
    /// <param name="parameters">The float parameters that the optimiser holds.</param>
    /// <returns>Those that the sequences will be run with.</returns>
    public abstract CellParameters Prepare(float[] parameters);

    /// <summary>Runs a sequence and leaves its tape in the engine. Called by several threads, after <see cref="Prepare"/>.</summary>
    /// <returns>The class found.</returns>
    public abstract int Run(CellGradients engine, CellParameters parameters, TrainingSequence sequence);
}

/// <summary>The float network.</summary>
internal sealed class FloatPass(CellLayout layout) : ForwardPass
{
    public override CellParameters Prepare(float[] parameters) => new(layout, parameters);

    public override int Run(CellGradients engine, CellParameters parameters, TrainingSequence sequence)
    {
        engine.Forward(parameters, sequence);
        return engine.Tape.Classify();
    }
}

/// <summary>The fixed-point network: quantised anew for every batch, run bit for bit as a board runs it.</summary>
internal sealed class FixedPass(CellLayout layout, TrainingData data, Calibration calibration, int weightBits) : ForwardPass, IDisposable
{
    private readonly ThreadLocal<FixedForward> _forward = new(() => new FixedForward(layout));
    private FixedWeights? _weights;

    public override CellParameters Prepare(float[] parameters)
    {
        _weights = Quantise(parameters);
        return new CellParameters(layout, _weights.Dequantise(layout));
    }

    public override int Run(CellGradients engine, CellParameters parameters, TrainingSequence sequence)
    {
        FixedForward forward = _forward.Value!;
        forward.Run(_weights!, sequence, engine.Tape);
        return forward.Classify();
    }

    /// <summary>The real numbers of the quantised parameters, rounded until rounding them again changes nothing.</summary>
    public float[] Settle(float[] parameters)
    {
        // Once is enough, but for rows whose step is so small a whole number that rounding it moved the weights apart.
        const int maxRounds = 8;
        for (int round = 0; round < maxRounds; round++)
        {
            float[] rounded = Quantise(parameters).Dequantise(layout);
            if (rounded.AsSpan().SequenceEqual(parameters)) break;
            parameters = rounded;
        }
        return parameters;
    }

    public void Dispose() => _forward.Dispose();

    private FixedWeights Quantise(float[] parameters) =>
        new(Quantiser.Quantise(layout.ToModel(parameters, "", data), calibration, weightBits));
}
