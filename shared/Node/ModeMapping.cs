// The mapping of a board: the mapping engine decides, or one place gets every input.

using Crime.Mapping;

namespace Crime.Node;

/// <summary>Maps inputs to places by the mapping mode of a board.</summary>
public sealed class ModeMapping : InputMapping
{
    /// <summary>The mapping mode.</summary>
    public MappingMode Mode;

    /// <inheritdoc/>
    public override bool NeedsGateway => Mode == MappingMode.Gateway;

    /// <inheritdoc/>
    public override bool MayOffload => Mode != MappingMode.Local;

    /// <inheritdoc/>
    public override void Decide(MappingEngine engine, int length, bool canCompute, long nowUs, Decision decision)
    {
        if (!canCompute || Mode == MappingMode.Gateway) engine.DecideOffload(length, nowUs, Mode == MappingMode.Gateway, decision);
        else if (Mode == MappingMode.Local) engine.DecideLocal(length, nowUs, decision);
        else DecideByCost(engine, length, nowUs, decision);
    }

    /// <inheritdoc/>
    public override void DecideRest(MappingEngine engine, int length, bool isComplete, long nowUs, Decision decision)
    {
        if (Mode == MappingMode.Gateway) engine.DecideOffload(length, nowUs, true, decision);
        else if (Mode == MappingMode.Local) engine.DecideLocal(length, nowUs, decision);
        else engine.DecideRest(length, isComplete, nowUs, decision);
    }

    /// <inheritdoc/>
    public override void DecideAfterWake(MappingEngine engine, int length, long nowUs, Decision decision) =>
        engine.DecideOffload(length, nowUs, Mode == MappingMode.Gateway, decision);
}
