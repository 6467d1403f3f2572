// What inputs cost the node itself: lines over the length, which follow what inferences and requests really take.

using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Cost lines of a node. Guarded by the engine's lock.</summary>
internal sealed class NodeLines
{
    private readonly LineFit _encodeFit;
    private readonly bool _useRefit;
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
        SetLocal(setup.LocalTime);
    }

    /// <summary>Time to compute an input on the node; null when the node cannot.</summary>
    public CostLine LocalTime { get; private set; }

    /// <summary>Mean absolute error of <see cref="LocalTime"/> in µs; 0 where it is not fitted.</summary>
    public int LocalDeviationUs => _localFit == null ? 0 : _localFit.Deviation;

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
        LocalTime = _localFit == null ? line : _localFit.Line;
    }

    /// <summary>Takes the measured time of an input that the node computed.</summary>
    /// <returns>True when the line has moved.</returns>
    public bool ObserveLocal(int length, long elapsedUs) => _localFit != null && _localFit.Observe(length, elapsedUs);

    /// <summary>Takes the measured time of writing a request.</summary>
    /// <returns>True when the line has moved.</returns>
    public bool ObserveEncoding(int length, long elapsedUs) => _encodeFit != null && _encodeFit.Observe(length, elapsedUs);
}
