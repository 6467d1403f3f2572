// The policies as mappings of a board's inputs.

using System;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using Crime.Simulation.Events;

namespace Crime.Simulation.World;

/// <summary>Makes mappings.</summary>
internal static class Mappings
{
    /// <summary>Makes the mapping of a board.</summary>
    /// <param name="world">The world, with the policy.</param>
    /// <param name="board">The board.</param>
    public static InputMapping Of(SimWorld world, BoardDriver board)
    {
        InputMapping mapping = MappingOf(world, board);
        mapping.ResultsAtGateway = board.Costs.Group.ResultsAtGateway;
        return mapping;
    }

    private static InputMapping MappingOf(SimWorld world, BoardDriver board)
    {
        Policy policy = world.Setup.Policy;
        return policy.Kind switch
        {
            PolicyKind.Local => new EngineMapping(MappingMode.Local, 0),
            PolicyKind.Single => new SingleMapping(world, board, policy.Gateway),
            PolicyKind.Random => new RandomMapping(world, board),
            PolicyKind.MeanLength => new EngineMapping(MappingMode.Auto, (int)Math.Round(world.Setup.Set.Lengths.MeanLength)),
            PolicyKind.TwoDevice => new TwoDeviceMapping(world, board),
            PolicyKind.Batches => new EngineMapping(MappingMode.Gateway, 0),
            // A batch has no true cost before its inputs have arrived: where results may wait, the oracle decides by the rule of the boards.
            PolicyKind.Oracle when !world.Setup.Scenario.ResultsMayWait => new OracleMapping(world, board),
            _ => new EngineMapping(MappingMode.Auto, 0),
        };
    }
}

/// <summary>Maps inputs that arrive whole.</summary>
internal abstract class WholeMapping : InputMapping
{
    /// <inheritdoc/>
    public sealed override void Decide(MappingEngine engine, int length, bool canCompute, long nowUs, Decision decision) =>
        DecideWhole(engine, length, nowUs, decision);

    /// <inheritdoc/>
    public sealed override void DecideRest(MappingEngine engine, int length, bool isComplete, long nowUs, Decision decision) =>
        Decide(engine, length, true, nowUs, decision);

    /// <summary>Decides about a whole input.</summary>
    protected abstract void DecideWhole(MappingEngine engine, int length, long nowUs, Decision decision);
}

/// <summary>Maps inputs as a board does.</summary>
/// <param name="mode">The mapping mode.</param>
/// <param name="fixedLength">Length in timesteps that every input is taken to have; 0 for its own.</param>
internal sealed class EngineMapping(MappingMode mode, int fixedLength) : WholeMapping
{
    private readonly ModeMapping _board = new() { Mode = mode };

    /// <inheritdoc/>
    public override bool NeedsGateway => _board.NeedsGateway;

    /// <inheritdoc/>
    public override bool MayOffload => _board.MayOffload;

    /// <inheritdoc/>
    public override void DecideAfterWake(MappingEngine engine, int length, long nowUs, Decision decision) =>
        _board.DecideAfterWake(engine, LengthOf(length), nowUs, decision);

    /// <inheritdoc/>
    protected override void DecideWhole(MappingEngine engine, int length, long nowUs, Decision decision)
    {
        _board.ResultsAtGateway = ResultsAtGateway;
        _board.Decide(engine, LengthOf(length), true, nowUs, decision);
    }

    private int LengthOf(int length) => fixedLength > 0 ? fixedLength : length;
}

/// <summary>Names the gateway that computes an input. An input stays on the board while the board cannot reach that gateway.</summary>
internal abstract class DirectedMapping(SimWorld world, BoardDriver board) : WholeMapping
{
    /// <inheritdoc/>
    public override bool NeedsGateway => true;

    /// <summary>Slot of the gateway that gets the request; -1 for the board.</summary>
    protected int Slot { get; private set; } = -1;

    /// <summary>Gateway that computes the input; -1 where the gateways decide.</summary>
    protected int Target { get; set; } = -1;

    /// <summary>The world.</summary>
    protected SimWorld World => world;

    /// <summary>The board.</summary>
    protected BoardDriver Board => board;

    /// <summary>Returns true when the gateway of the last decision can get inputs while the radio is on.</summary>
    public bool IsReachable => board.Links.CandidateAt(Slot) is { } gateway && gateway.IsUsable(world.NowUs);

    /// <summary>Writes the gateway that has to compute into a request.</summary>
    public virtual void Direct(SimRequest request) => request.Target = Target;

    /// <inheritdoc/>
    public override void DecideAfterWake(MappingEngine engine, int length, long nowUs, Decision decision)
    {
        if (Slot >= 0 && board.Links.CandidateAt(Slot) is { } gateway) engine.Estimate(gateway, length, nowUs, decision);
        else engine.DecideLocal(length, nowUs, decision);
    }

    /// <inheritdoc/>
    protected override void DecideWhole(MappingEngine engine, int length, long nowUs, Decision decision)
    {
        Slot = PickSlot(length);
        DecideAfterWake(engine, length, nowUs, decision);
    }

    /// <summary>Picks the slot, -1 for the board, and sets <see cref="Target"/>.</summary>
    protected abstract int PickSlot(int length);
}

/// <summary>Maps every input to one gateway, over the first link that leads there.</summary>
internal sealed class SingleMapping : DirectedMapping
{
    /// <summary>Makes the mapping of a board.</summary>
    public SingleMapping(SimWorld world, BoardDriver board, int gateway) : base(world, board) => Target = gateway;

    /// <inheritdoc/>
    protected override int PickSlot(int length)
    {
        int direct = Board.Links.SlotOf(World.GatewayAt(Target).Node.Id), slot = 0;
        if (direct >= 0) return direct;
        while (slot < Board.Links.Count && World.NextHop(Board.Links.GatewayAt(slot).Index, Target) < 0) slot++;
        return slot < Board.Links.Count ? slot : -1;
    }
}

/// <summary>Maps each input to a place drawn at random.</summary>
internal sealed class RandomMapping(SimWorld world, BoardDriver board) : DirectedMapping(world, board)
{
    private RandomStream _random = new(world.Seed, StreamPurpose.Draws, board.Index);

    /// <inheritdoc/>
    protected override int PickSlot(int length)
    {
        int slot = _random.NextBelow(Board.Links.Count + 1) - 1;
        if (slot >= 0) Target = Board.Links.GatewayAt(slot).Index;
        return slot;
    }
}

/// <summary>Compares two devices by lines that were fitted once and the round trip as last measured.</summary>
internal sealed class TwoDeviceMapping(SimWorld world, BoardDriver board) : DirectedMapping(world, board)
{
    private readonly RadioTimeline _timeline = new();

    /// <inheritdoc/>
    protected override int PickSlot(int length)
    {
        double roundTripUs = Board.Links.MeasuredRttUs[0];
        if (roundTripUs < 0) return -1;
        GatewayDriver gateway = Board.Links.GatewayAt(0);
        Target = gateway.Index;
        BoardCosts costs = Board.Costs;
        int localUs = costs.LocalLine.At(length);
        _timeline.ComputeUs = costs.EncodeLine.At(length);
        _timeline.TransmitUs = costs.Power.TransmitUs(World.RequestSize(length));
        _timeline.WaitUs = (long)(roundTripUs + gateway.Costs.Line.At(length));
        _timeline.WakeUs = Board.Engine.IsRadioOff ? (long)costs.AssociateUs : 0;
        bool isLess = World.Setup.Objective.Kind == ObjectiveKind.Time
            ? _timeline.ComputeUs + _timeline.TransmitUs + _timeline.WaitUs + _timeline.WakeUs < localUs
            : _timeline.EnergyNj(costs.Power) < RadioTimeline.RequestNj(costs.Power, localUs, 0, 0, 0);
        return isLess ? 0 : -1;
    }
}

/// <summary>Picks the place with the least true cost. It knows every random draw, and the queues as far as they are filled.</summary>
internal sealed class OracleMapping(SimWorld world, BoardDriver board) : DirectedMapping(world, board)
{
    private static readonly EngineSetup s_defaults = new();
    private readonly RadioTimeline _timeline = new();
    private long _answerUs;

    /// <inheritdoc/>
    public override void DecideAfterWake(MappingEngine engine, int length, long nowUs, Decision decision)
    {
        decision.Gateway = Slot < 0 ? null : Board.Links.CandidateAt(Slot);
        // The time of the answer is known: the request waits for it in any case.
        decision.TimeoutUs = s_defaults.TimeoutMaxUs;
        decision.BudgetUs = (int)Math.Min(_answerUs + s_defaults.TimeoutMarginUs, int.MaxValue);
    }

    /// <summary>Lets later decisions include a request that is still on its way.</summary>
    public override void Direct(SimRequest request)
    {
        base.Direct(request);
        GatewayDriver gateway = World.GatewayAt(Target);
        gateway.ReservedUs += gateway.ServiceUs(request.Input, request.Draws);
    }

    /// <inheritdoc/>
    protected override int PickSlot(int length)
    {
        BoardCosts costs = Board.Costs;
        double best = costs.LocalUs(Board.Input) * Board.Draws.Factor(Draws.Local, BoardCosts.LocalNoiseSigma);
        if (World.Setup.Objective.Kind != ObjectiveKind.Time) best = RadioTimeline.RequestNj(costs.Power, (long)best, 0, 0, 0);
        int picked = -1;
        for (int slot = 0; slot < Board.Links.Count; slot++)
        {
            if (Board.Links.IsDown(slot) || !IsUsable(slot)) continue;
            double cost = TrueCost(slot, out int target, out long answerUs);
            if (cost >= best) continue;
            best = cost;
            picked = slot;
            Target = target;
            _answerUs = answerUs;
        }
        return picked;
    }

    private bool IsUsable(int slot) =>
        Board.Links.CandidateAt(slot) is { } gateway && (Board.Engine.IsRadioOff ? gateway.WasUsable : gateway.IsUsable(World.NowUs));

    private double TrueCost(int slot, out int target, out long answerUs)
    {
        BoardCosts costs = Board.Costs;
        int length = Board.Input.Length, sizeBytes = World.RequestSize(length);
        double encodeUs = costs.EncodeUs(length), airUs = costs.AirUs(sizeBytes), upUs = 0;
        if (Board.Engine.IsRadioOff) upUs = costs.AssociateUs * Board.Draws.Factor(Draws.RadioUp, World.Setup.AssociateNoiseSigma) + Board.Links.ConnectUs();
        double sentUs = World.NowUs + upUs + encodeUs, leftUs = sentUs + costs.PublishUs + airUs;
        double arrivalUs = leftUs + Board.Links.WayUs(slot, sizeBytes, Board.Draws);
        double doneUs = DoneUs(Board.Links.GatewayAt(slot), arrivalUs, out target);
        answerUs = (long)(doneUs - arrivalUs);
        double backUs = doneUs + Board.Links.WayBackUs(slot, ResponseFrame.HeaderSize, Board.Draws);
        double endUs = Board.Links.AnswerUs(leftUs, backUs) + costs.ReceiveUs;
        if (World.Setup.Objective.Kind == ObjectiveKind.Time) return endUs - World.NowUs;
        _timeline.Reset();
        _timeline.ComputeUs = (long)encodeUs;
        _timeline.WakeUs = (long)upUs;
        _timeline.AddRequest(costs.Power, (long)airUs, (long)(endUs - sentUs - airUs), true);
        return _timeline.EnergyNj(costs.Power);
    }

    /// <summary>Time in µs at which a request is computed, at this gateway or beyond it, whichever is earlier.</summary>
    private double DoneUs(GatewayDriver gateway, double arrivalUs, out int target)
    {
        target = gateway.Index;
        double best = arrivalUs + gateway.TrueWaitUs((long)arrivalUs) + gateway.ServiceUs(Board.Input, Board.Draws);
        for (int slot = 0; slot < gateway.Links.Count; slot++)
        {
            if (gateway.Links.IsDown(slot)) continue;
            double beyondUs = arrivalUs + gateway.Links.WayUs(slot, World.RequestSize(Board.Input.Length), Board.Draws);
            double doneUs = DoneUs(gateway.Links.GatewayAt(slot), beyondUs, out int beyond)
                + gateway.Links.WayBackUs(slot, ResponseFrame.HeaderSize, Board.Draws);
            if (doneUs >= best) continue;
            best = doneUs;
            target = beyond;
        }
        return best;
    }
}
