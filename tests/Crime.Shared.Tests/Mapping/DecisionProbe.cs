using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Shared.Tests.Mapping;

/// <summary>A board's decisions, for the counter of instructions: it runs this in a world of its own.</summary>
internal static class DecisionProbe
{
    private const uint ModelId = 1;

    /// <summary>Makes an engine that knows gateways, and decides.</summary>
    /// <param name="gateways">0 to 4.</param>
    /// <param name="haveRelays">True when each passes inputs on as well.</param>
    /// <param name="kind">An <see cref="ObjectiveKind"/>.</param>
    /// <param name="isAtBeacons">True when answers come at beacons.</param>
    /// <param name="isWorstOrder">True when each candidate is faster than those that were looked at before, and has a queue.</param>
    /// <param name="decisions">How many.</param>
    public static void Decide(int gateways, bool haveRelays, int kind, bool isAtBeacons, bool isWorstOrder, int decisions)
    {
        MappingEngine engine = Engine(gateways, haveRelays, (ObjectiveKind)kind, isAtBeacons, isWorstOrder, out long now);
        var decision = new Decision();
        for (int i = 0; i < decisions; i++) engine.Decide(40, now, decision);
    }

    /// <summary>The same for decisions with all details, as a board makes them for its console.</summary>
    public static void DecideInDetail(int gateways, bool haveRelays, int kind, bool isAtBeacons, bool isWorstOrder, int decisions)
    {
        MappingEngine engine = Engine(gateways, haveRelays, (ObjectiveKind)kind, isAtBeacons, isWorstOrder, out long now);
        var decision = new Decision { IsDetailed = true };
        for (int i = 0; i < decisions; i++) engine.Decide(40, now, decision);
    }

    /// <summary>The same for decisions about the rest of a stream.</summary>
    /// <param name="gateways">0 to 4.</param>
    /// <param name="haveRelays">True when each passes inputs on as well.</param>
    /// <param name="kind">An <see cref="ObjectiveKind"/>.</param>
    /// <param name="isAtBeacons">True when answers come at beacons.</param>
    /// <param name="isComplete">True when all of the rest is here.</param>
    /// <param name="decisions">How many.</param>
    public static void DecideRest(int gateways, bool haveRelays, int kind, bool isAtBeacons, bool isComplete, int decisions)
    {
        MappingEngine engine = Engine(gateways, haveRelays, (ObjectiveKind)kind, isAtBeacons, isWorstOrder: true, out long now);
        var decision = new Decision();
        for (int i = 0; i < decisions; i++) engine.DecideRest(40, isComplete, now, decision);
    }

    /// <summary>The same for boards that send every input to a gateway, or none.</summary>
    /// <param name="gateways">0 to 4.</param>
    /// <param name="haveRelays">True when each passes inputs on as well.</param>
    /// <param name="kind">An <see cref="ObjectiveKind"/>.</param>
    /// <param name="isAtBeacons">True when answers come at beacons.</param>
    /// <param name="isLocal">True when every input stays on the board.</param>
    /// <param name="decisions">How many.</param>
    public static void DecideByMode(int gateways, bool haveRelays, int kind, bool isAtBeacons, bool isLocal, int decisions)
    {
        MappingEngine engine = Engine(gateways, haveRelays, (ObjectiveKind)kind, isAtBeacons, isWorstOrder: true, out long now);
        var decision = new Decision();
        if (isLocal)
            for (int i = 0; i < decisions; i++) engine.DecideLocal(40, now, decision);
        else
            for (int i = 0; i < decisions; i++) engine.DecideOffload(40, now, true, decision);
    }

    /// <summary>An engine that knows gateways, and the time.</summary>
    public static MappingEngine Engine(int gateways, bool haveRelays, ObjectiveKind kind, bool isAtBeacons, bool isWorstOrder, out long now)
    {
        var engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = ModelId,
                LongestLength = 80,
                LocalTime = new CostLine(100_000_000, 500),
                BytesPerStep = 24,
                StateSize = 64,
                Power = new PowerProfile
                {
                    ComputeMw = 165, WaitMw = 103, TransmitMw = 627, ListenMw = 330, TransmitNsPerByte = 1600, TransmitOverheadUs = 300,
                    MinActiveUs = isAtBeacons ? 50_000 : 0,
                },
                Objective = Objective.Of(kind, 50_000, 95),
                BeaconIntervalUs = isAtBeacons ? EngineSetup.StandardBeaconUs : 0,
            }, 7);
        now = EngineSetup.StandardBeaconUs;
        var status = new StatusFrame { Online = true, Workers = 1, Session = 1, Utilisation = StatusFrame.FullUtilisation };
        CostAdvert advert = status.Add(ModelId, 0), beyond = new();
        beyond.SetOwn(100, 100);
        for (int round = 0; round < 20; round++, now += 4 * EngineSetup.StandardBeaconUs)
        {
            status.Sequence++;
            for (int i = 0; i < gateways; i++)
            {
                int step = isWorstOrder ? 2 * (gateways - i) : 2 * i;
                advert.Clear();
                advert.AddOwn(1000, (uint)(1000 * (step + 1)));
                if (haveRelays) advert.AddVia(1000, (uint)(1000 * (step + 2)), 99, beyond, 0);
                status.BacklogUs = isWorstOrder ? 400u : 0;
                engine.OnStatus("gateway-" + i, status, now);
                // Ready at any time between two beacons, and after the radio has listened on.
                int elapsedUs = 75_000 + 9000 * (round % 10);
                engine.OnSent(engine.Candidate(i), 40, now - elapsedUs);
                engine.OnResponse(engine.Candidate(i), new ResponseFrame { BacklogUs = status.BacklogUs, WaitUs = status.BacklogUs }, 40, elapsedUs, now);
            }
        }
        now += 1000;
        return engine;
    }
}
