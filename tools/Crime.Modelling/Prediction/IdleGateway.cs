// The decisions of a board that minimises energy, with one gateway that has nothing else to do. The mapping engine of the firmware makes them.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Model;

namespace Crime.Modelling.Prediction;

/// <summary>A mapping engine that knows one gateway.</summary>
internal sealed class IdleGateway
{
    private const string GatewayId = "gateway";

    private readonly MappingEngine _engine;
    private readonly Decision _decision = new();
    private readonly RadioCost? _radioUp;
    private readonly long _nowUs;

    /// <summary>Makes the engine of a board, which has measured the link to its gateway and has had its inputs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="mode">State of the board between inputs.</param>
    /// <param name="localUs">Time to compute on the board, in µs over the length.</param>
    /// <param name="encodingUs">Time to write a request, in µs over the length.</param>
    /// <param name="request">Bytes of a request.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="offload">An offload to it in this mode.</param>
    /// <param name="lengths">Lengths of the inputs, at least one.</param>
    public IdleGateway(
        ModelFile model, IdleMode mode, LineOver localUs, LineOver encodingUs, RequestCost request, GatewayCost gateway, OffloadCost offload,
        IReadOnlyList<int> lengths)
    {
        CostLine local = Line(localUs);
        _engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = model.Id, LongestLength = model.LongestLength > 0 ? model.LongestLength : FrameFormat.MaxLength, LocalTime = local,
                EncodeTime = Line(encodingUs), BytesPerStep = request.BytesPerStep, Power = mode.Power, Objective = Objective.Energy,
                BeaconIntervalUs = EngineSetup.StandardBeaconUs,
            },
            NodeKey.Of("board"));
        var status = new StatusFrame { Online = true, Workers = 1, Session = 1, Sequence = 1, BacklogUs = Us(gateway.WaitUs) };
        status.Add(model.Id, 0).SetOwn(Us(gateway.UsPerStep * 1000), Us(gateway.StartUs));
        _engine.OnStatus(GatewayId, status, 0);
        _engine.TakePing(0, false, 0, out uint sequence);
        // A board measures the round trip with the time of its MQTT client.
        double rttUs = offload.TimeUs.Start - mode.WakeUs - encodingUs.Start - mode.Power.TransmitUs(RequestFrame.HeaderSize) - gateway.StartUs - gateway.WaitUs;
        _nowUs = (long)Math.Round(rttUs) + mode.Power.TransmitUs(PingFrame.Size);
        _engine.OnPong(new PongFrame { Sequence = sequence, BacklogUs = Us(gateway.WaitUs) }, _nowUs);
        foreach (int length in (int[])[lengths.Min(), lengths.Max()]) _engine.OnLocal(length, local.At(length), 0);
        if (!mode.IsRadioOff) return;
        _radioUp = new RadioCost((int)mode.WakeUs, mode.Power.WakeMw);
        _engine.OnRadioDown(_radioUp, _nowUs);
    }

    /// <summary>True when an offload to a gateway that answers at once could save energy. Otherwise the board never connects.</summary>
    public bool MayGain => _engine.Worth.MostGain(_radioUp) > 0;

    /// <summary>Returns true when a request can carry an input.</summary>
    /// <param name="length">Its timesteps.</param>
    public bool CanGet(int length) => length <= _engine.LongestRequest(false);

    /// <summary>Returns true when an input goes to the gateway.</summary>
    /// <param name="length">Its timesteps.</param>
    public bool GetsInput(int length)
    {
        if (!CanGet(length)) return false;
        _engine.Decide(length, _nowUs, _decision);
        return _decision.IsOffload;
    }

    private static CostLine Line(LineOver us) => new((long)Math.Round(us.PerStep * 1000), (long)Math.Round(us.Start));

    private static uint Us(double value) => (uint)Math.Clamp(Math.Round(value), 0, uint.MaxValue);
}
