using Crime.Mapping;

namespace Crime.Shared.Tests.Mapping;

/// <summary>Single answers of an engine, as tests compare them: places are indices of candidates, and <see cref="Local"/> is the node.</summary>
internal static class EngineAnswers
{
    /// <summary>The place of an input that the node computes.</summary>
    public const int Local = -1;

    public static int Choose(this MappingEngine engine, int length, long nowUs) => engine.IndexOf(engine.Decide(length, nowUs).Gateway);

    public static int ChooseGateway(this MappingEngine engine, int length, long nowUs)
    {
        var decision = new Decision();
        engine.DecideOffload(length, nowUs, mayExceedLocal: true, decision);
        return engine.IndexOf(decision.Gateway);
    }

    public static int ChooseRest(this MappingEngine engine, int length, bool isComplete, long nowUs)
    {
        var decision = new Decision();
        engine.DecideRest(length, isComplete, nowUs, decision);
        return engine.IndexOf(decision.Gateway);
    }

    public static int GatewayCost(this MappingEngine engine, int index, int length, long nowUs)
    {
        var decision = new Decision();
        engine.Estimate(engine.Candidate(index), length, nowUs, decision);
        return decision.Cost;
    }

    /// <summary>Takes the ping that is due.</summary>
    /// <returns>The index of its gateway; -1 when none is due.</returns>
    public static int TakeDuePing(this MappingEngine engine, long nowUs, out uint sequence) =>
        engine.IndexOf(engine.TakePing(nowUs, isWanted: false, extraSizeBytes: 0, out sequence));

    public static Decision Decide(this MappingEngine engine, int length, long nowUs)
    {
        var decision = new Decision { IsDetailed = true };
        engine.Decide(length, nowUs, decision);
        return decision;
    }

    private static int IndexOf(this MappingEngine engine, GatewayCandidate? gateway)
    {
        for (int i = 0; i < engine.CandidateCount; i++)
            if (engine.Candidate(i) == gateway) return i;
        return Local;
    }
}
