// A board picks the place for an input through its mapping. A simulation replaces the mapping to compare other policies on the same board.

using Crime.Costs;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>Maps inputs to places with a mapping engine.</summary>
public abstract class InputMapping
{
    /// <summary>
    /// True when results are wanted behind the gateway: the board waits for receipts, and its own results go to the gateway. Set before the first input.
    /// </summary>
    public bool ResultsAtGateway;

    /// <summary>True when every input goes to a gateway.</summary>
    public virtual bool NeedsGateway => false;

    /// <summary>False when no input goes to a gateway.</summary>
    public virtual bool MayOffload => true;

    /// <summary>Decides about a whole input.</summary>
    /// <param name="engine">The engine of the board's model.</param>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="canCompute">False when the board cannot compute the model: it has no choice then.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the place.</param>
    public abstract void Decide(MappingEngine engine, int length, bool canCompute, long nowUs, Decision decision);

    /// <summary>
    /// Decides with the engine. A board whose results are wanted behind the gateway sends a message in any case: for the least energy an input goes
    /// to the gateway where computing takes more than its request.
    /// </summary>
    /// <param name="engine">The engine of the board's model.</param>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the place.</param>
    protected void DecideByCost(MappingEngine engine, int length, long nowUs, Decision decision)
    {
        if (!ResultsAtGateway || engine.Objective.Kind != ObjectiveKind.Energy) engine.Decide(length, nowUs, decision);
        else if (engine.Worth.Saving(length) > 0) engine.DecideOffload(length, nowUs, true, decision);
        else engine.DecideLocal(length, nowUs, decision);
    }

    /// <summary>Decides about the rest of a stream of which the board has computed a part.</summary>
    /// <param name="engine">The engine of the board's model.</param>
    /// <param name="length">Timesteps that remain.</param>
    /// <param name="isComplete">True when all of them have come.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the place.</param>
    public abstract void DecideRest(MappingEngine engine, int length, bool isComplete, long nowUs, Decision decision);

    /// <summary>Decides again once the radio is up: loads have changed while it was off.</summary>
    /// <param name="engine">The engine of the board's model.</param>
    /// <param name="length">Timesteps that are sent.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the gateway; no gateway when none is usable.</param>
    public abstract void DecideAfterWake(MappingEngine engine, int length, long nowUs, Decision decision);
}
