// A scenario: nodes, links, load. Plain data that a simulation and a live run of the same scenario both read.

using System.Collections.Generic;
using Crime.Simulation.Inputs;
using Crime.VirtualBoard;

namespace Crime.Simulation.Scenarios;

/// <summary>State of a board's radio while it has nothing to send.</summary>
public enum RadioKind
{
    /// <summary>It listens all the time.</summary>
    Awake,

    /// <summary>It wakes for beacons, where answers wait for it (modem sleep).</summary>
    Doze,

    /// <summary>It is off between offloads, and comes up for one (duty-cycled).</summary>
    Off,
}

/// <summary>How inputs come over time.</summary>
public enum LoadPattern
{
    /// <summary>At a constant mean rate.</summary>
    Steady,

    /// <summary>At a rate that rises and falls as a day does: a sine about the mean.</summary>
    Diurnal,

    /// <summary>At the mean rate, and for a while many times as often.</summary>
    Flash,
}

/// <summary>A kind of link.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RttMs">Median over the levels of the round trip, in ms.</param>
/// <param name="HoldS">Mean time that a level holds, in s.</param>
/// <param name="BytesPerMs">Rate of the link apart from a board's air time, in bytes per ms.</param>
public sealed record LinkKind(string Name, double RttMs, double HoldS, double BytesPerMs)
{
    /// <summary>Spread of the levels: standard deviation of their logarithm.</summary>
    public double LevelSigma { get; init; }

    /// <summary>Spread of one way about its level: standard deviation of its logarithm.</summary>
    public double NoiseSigma { get; init; }

    /// <summary>Probability that TCP has to send a message again.</summary>
    public double Loss { get; init; }

    /// <summary>Additional time of a message that is sent again, in ms.</summary>
    public double ResendMs { get; init; }

    /// <summary>Mean time from an outage to the next, in s; 0 for none.</summary>
    public double OutageEveryS { get; init; }

    /// <summary>Mean length of an outage, in s.</summary>
    public double OutageS { get; init; }

    /// <summary>Levels in ms that take turns, each for exactly the holding time; empty where levels are drawn.</summary>
    public IReadOnlyList<double> LevelsMs { get; init; } = [];

    /// <summary>True when it fails now and then.</summary>
    public bool HasOutages => OutageEveryS > 0;
}

/// <summary>A kind of board.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Profile">Folder under hardware/.</param>
/// <param name="UsPerIl">Time of one executed IL instruction, in µs.</param>
/// <param name="Kernel">How it computes.</param>
/// <param name="AwakeMa">Current while its radio listens, in mA; also that of a radio in modem sleep while it listens.</param>
public sealed record BoardKind(string Name, string Profile, double UsPerIl, KernelKind Kernel, double AwakeMa);

/// <summary>A kind of gateway.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Workers">Threads that compute.</param>
/// <param name="NsPerMac">Time per multiply-accumulate, in ns.</param>
/// <param name="RequestUs">Time per request apart from that, in µs.</param>
/// <param name="NoiseSigma">Spread of the service time: standard deviation of its logarithm.</param>
public sealed record GatewayKind(string Name, int Workers, double NsPerMac, double RequestUs, double NoiseSigma);

/// <summary>Other work of a gateway, in the same queue.</summary>
/// <param name="WorkMs">Mean work of a job in ms; exponentially distributed.</param>
/// <param name="BusyShare">Share of all workers' time that it takes while busy.</param>
/// <param name="CalmShare">The same while calm.</param>
/// <param name="HoldS">Mean time that busy or calm hold, in s.</param>
public sealed record BackgroundLoad(double WorkMs, double BusyShare, double CalmShare, double HoldS);

/// <summary>A link to another node.</summary>
/// <param name="Gateway">Index of the gateway.</param>
/// <param name="Kind">Its kind.</param>
public sealed record NodeLink(int Gateway, LinkKind Kind);

/// <summary>A gateway of a scenario.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Background">Its other work; null for none.</param>
/// <param name="Upstreams">Gateways it can pass requests on to.</param>
public sealed record GatewayNode(string Id, GatewayKind Kind, BackgroundLoad? Background, IReadOnlyList<NodeLink> Upstreams);

/// <summary>Boards that are alike.</summary>
/// <param name="Count">How many.</param>
/// <param name="Kind">Their kind.</param>
/// <param name="Radio">Their radio.</param>
/// <param name="InputEveryS">Mean time from an input to the next, in s.</param>
/// <param name="Links">Gateways they reach; the first is their own.</param>
public sealed record BoardGroup(int Count, BoardKind Kind, RadioKind Radio, double InputEveryS, IReadOnlyList<NodeLink> Links)
{
    /// <summary>Time from one report to the next, in s; 0 for none. Only with <see cref="RadioKind.Off"/>: the radio comes up for it in any case.</summary>
    public double ReportEveryS { get; init; }

    /// <summary>Time for which the result of an input may wait, in s; 0 where it is wanted at once.</summary>
    public double ResultWithinS { get; init; }

    /// <summary>True when results are wanted behind the gateway.</summary>
    public bool ResultsAtGateway { get; init; }

    /// <summary>Share of inputs whose result is wanted within <see cref="UrgentWithinS"/>.</summary>
    public double UrgentShare { get; init; }

    /// <summary>Time within which an urgent result is wanted, in s.</summary>
    public double UrgentWithinS { get; init; }

    /// <summary>Memory for kept inputs in bytes.</summary>
    public int KeepBytes { get; init; }

    /// <summary>Mean time to associate in s; null for that of the board's profile.</summary>
    public double? AssociateS { get; init; }

    /// <summary>Returns the numbers of such a board: the speed of its kind, and a radio that sleeps between beacons or always listens.</summary>
    public BoardProfile Profile()
    {
        BoardProfile profile = BoardProfile.Bundled(Kind.Profile).With("cpu_us_per_il", Kind.UsPerIl).With("receive_ma", Kind.AwakeMa);
        if (AssociateS is { } seconds) profile = profile.With("associate_ms", seconds * 1000);
        return Radio == RadioKind.Awake ? profile.AlwaysListening() : profile;
    }
}

/// <summary>How the load moves.</summary>
/// <param name="Pattern">Its shape.</param>
/// <param name="Swing">Diurnal: amplitude as a share of the mean, 0 to 1. Flash: times as many inputs.</param>
/// <param name="PeriodS">Diurnal: a period. Flash: when it begins.</param>
/// <param name="LastsS">Flash: how long it lasts.</param>
public sealed record LoadShape(LoadPattern Pattern, double Swing, double PeriodS, double LastsS);

/// <summary>A scenario.</summary>
/// <param name="Name">Its name.</param>
/// <param name="About">Its meaning, in one line.</param>
/// <param name="DurationS">Simulated time, in s.</param>
/// <param name="Load">How the load moves.</param>
/// <param name="Gateways">Its gateways.</param>
/// <param name="Boards">Its boards.</param>
public sealed record Scenario(
    string Name, string About, double DurationS, LoadShape Load, IReadOnlyList<GatewayNode> Gateways, IReadOnlyList<BoardGroup> Boards)
{
    /// <summary>Number of independent copies of the whole.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Returns the scenario with the results of all boards wanted behind the gateway.</summary>
    public Scenario WithResultsAtGateway()
    {
        var boards = new List<BoardGroup>();
        foreach (BoardGroup group in Boards) boards.Add(group with { ResultsAtGateway = true });
        return this with { Boards = boards };
    }

    /// <summary>True when results of a board are wanted behind the gateway.</summary>
    public bool HasResultsAtGateway
    {
        get
        {
            foreach (BoardGroup group in Boards)
                if (group.ResultsAtGateway) return true;
            return false;
        }
    }

    /// <summary>True when results may wait: then the scenario compares energy only.</summary>
    public bool ResultsMayWait
    {
        get
        {
            foreach (BoardGroup group in Boards)
                if (group.ResultWithinS > 0) return true;
            return false;
        }
    }

    /// <summary>True when any link fails now and then.</summary>
    public bool HasOutages
    {
        get
        {
            foreach (GatewayNode gateway in Gateways)
                foreach (NodeLink link in gateway.Upstreams)
                    if (link.Kind.HasOutages) return true;
            foreach (BoardGroup group in Boards)
                foreach (NodeLink link in group.Links)
                    if (link.Kind.HasOutages) return true;
            return false;
        }
    }
}
