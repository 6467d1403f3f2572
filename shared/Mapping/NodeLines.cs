// What inputs cost the node itself: lines over the length, which follow what inferences and requests really take.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Cost lines of a node. Guarded by the engine's lock.</summary>
internal sealed class NodeLines
{
    private readonly LineFit _encodeFit;
    private readonly bool _useRefit;
    private readonly OutputCost _output;
    private LineFit _localFit;

    /// <summary>The node's power.</summary>
    public readonly PowerProfile Power;

    /// <summary>Starts from the measured lines of a setup.</summary>
    public NodeLines(EngineSetup setup)
    {
        Power = setup.Power;
        _useRefit = setup.UseRefit;
        EncodeTime = setup.EncodeTime;
        if (_useRefit)
        {
            _encodeFit = new LineFit(EncodeTime, EngineSetup.ShortLength, EngineSetup.LongLength);
            EncodeTime = _encodeFit.Line;
        }
        BytesPerStep = setup.BytesPerStep;
        TransmitTime = setup.Power.TransmitLine(RequestFrame.HeaderSize, setup.BytesPerStep);
        StateUs = setup.Power.TransmitUs(setup.StateSize) - setup.Power.TransmitUs(0);
        if (setup.Output != null && setup.LocalTime != null) _output = new OutputCost(setup);
        SetLocal(setup.LocalTime);
    }

    /// <summary>Time to compute an input on the node; null when the node cannot.</summary>
    public CostLine LocalTime { get; private set; }

    /// <summary>Mean absolute error of <see cref="LocalTime"/> in µs; 0 where it is not fitted.</summary>
    public int LocalDeviationUs => (_localFit == null ? 0 : _localFit.Deviation) + (_output == null ? 0 : _output.DeviationUs);

    /// <summary>Time to read an input on the node: with a decoder a part of <see cref="LocalTime"/>, else all of it.</summary>
    public CostLine InputTime { get; private set; }

    /// <summary>Cost of the outputs; null without a decoder.</summary>
    public OutputCost Output => _output;

    /// <summary>Time to write a request.</summary>
    public CostLine EncodeTime { get; }

    /// <summary>Bytes of a request per timestep.</summary>
    public int BytesPerStep { get; }

    /// <summary>Air time of a request.</summary>
    public CostLine TransmitTime { get; }

    /// <summary>Air time in µs that the state of a stream adds to a request.</summary>
    public int StateUs { get; }

    /// <summary>Replaces the time to compute.</summary>
    /// <param name="line">The line; null when the node cannot compute the model.</param>
    public void SetLocal(CostLine line)
    {
        _localFit = line == null || !_useRefit ? null : new LineFit(line, EngineSetup.ShortLength, EngineSetup.LongLength);
        InputTime = _localFit == null ? line : _localFit.Line;
        if (_output != null) _output.Combine(InputTime);
        LocalTime = _output == null ? InputTime : _output.Whole;
    }

    /// <summary>Takes the measured time of an input that the node computed.</summary>
    /// <param name="length">Its timesteps.</param>
    /// <param name="elapsedUs">The time in µs.</param>
    /// <param name="outputSteps">Steps of the output in it; 0 without a decoder.</param>
    /// <returns>True when the line has moved.</returns>
    public bool ObserveLocal(int length, long elapsedUs, int outputSteps)
    {
        bool hasMoved = ObserveOutput(length, outputSteps);
        if (_localFit == null || !_localFit.Observe(length, _output == null ? elapsedUs : _output.InputUs(elapsedUs, outputSteps))) return hasMoved;
        if (_output != null) _output.Combine(InputTime);
        return true;
    }

    /// <summary>Takes the length of an output, wherever it was written.</summary>
    /// <param name="length">Timesteps of its input.</param>
    /// <param name="steps">Steps of the output; 0 without a decoder.</param>
    /// <returns>True when the line of the node has moved.</returns>
    public bool ObserveOutput(int length, int steps)
    {
        if (_output == null || !_output.Observe(length, steps)) return false;
        _output.Combine(InputTime);
        return true;
    }

    /// <summary>Takes the measured time of writing a request.</summary>
    /// <returns>True when the line has moved.</returns>
    public bool ObserveEncoding(int length, long elapsedUs) => _encodeFit != null && _encodeFit.Observe(length, elapsedUs);
}
