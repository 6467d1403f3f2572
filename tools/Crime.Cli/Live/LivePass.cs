// One policy over a live scenario: the real gateway process, virtual boards that run the firmware's Main, a relay per board.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Processes;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;

namespace Crime.Cli.Live;

/// <summary>Policy of a pass.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Mapping">Mapping in the settings of the boards: local, gateway or auto.</param>
/// <param name="Objective">Objective of the boards: time or energy.</param>
internal sealed record LivePolicy(string Name, string Mapping, string Objective);

/// <summary>Results of a pass.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="Readings">Per board, the INF lines of its console.</param>
/// <param name="Profiles">Per board, its own measurement of its kernel.</param>
/// <param name="Line">The service time that the gateway published last.</param>
/// <param name="RoundTrips">Round trips to the gateway with nothing imposed.</param>
/// <param name="Relays">Lateness of the relays.</param>
internal sealed record LivePass(
    LivePolicy Policy, IReadOnlyList<IReadOnlyList<Reading>> Readings, IReadOnlyList<LiveProfile> Profiles, ServiceLine Line, Lateness RoundTrips,
    Lateness Relays)
{
    private const int HostSamples = 4_000;

    /// <summary>Energy of all boards in mJ that no input has caused.</summary>
    public required double BackgroundMj { get; init; }

    /// <summary>Per board, the time in µs from its first input to its first report; null where boards do not report.</summary>
    public IReadOnlyList<long>? FirstReportUs { get; init; }

    private const string GatewayId = "gateway";
    private const string ModelName = "live";

    /// <summary>
    /// What this machine added to one way, in ms, a sample each: how much longer than usual half a round trip took, and how late a
    /// relay was. The usual round trip itself is not in it, for it was taken off the imposed delays.
    /// </summary>
    /// <param name="seed">Pairs the samples of the two.</param>
    public IReadOnlyList<double> HostMs(int seed)
    {
        double[] roundTrips = RoundTrips.ToArray(), late = Relays.ToArray();
        double usualMs = RoundTrips.QuantileMs(0.5);
        var random = new Random(seed);
        return Enumerable.Range(0, HostSamples).Select(_ => (Draw(roundTrips) - usualMs) / 2 + Draw(late)).ToList();

        double Draw(double[] samples) => samples.Length == 0 ? 0 : samples[random.Next(samples.Length)];
    }

    /// <summary>Runs a pass.</summary>
    /// <param name="live">Boards and inputs.</param>
    /// <param name="links">Where links take their levels and outages from.</param>
    /// <param name="policy">Who decides.</param>
    /// <param name="onReading">Called after every input, on any thread.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<LivePass> RunAsync(
        LiveScenario live, SimulationRun links, LivePolicy policy, Action onReading, CancellationToken cancellation)
    {
        string work = Directory.CreateTempSubdirectory("crime-live-").FullName;
        var boards = new List<LiveBoard>();
        try
        {
            string models = Directory.CreateDirectory(Path.Combine(work, "models")).FullName;
            await File.WriteAllBytesAsync(Path.Combine(models, ModelName + ".crime"), live.ModelBytes, cancellation);
            await using GatewayProcess gateway = await GatewayProcess.StartAsync(models, externalBroker: null, cancellation);
            await using GatewayProbe probe = await GatewayProbe.StartAsync(gateway.Broker, GatewayId, live.Model.Id, cancellation);
            for (int i = 0; i < live.Places.Count; i++)
                boards.Add(NewBoard(live, links, policy, gateway, probe, i, Path.Combine(work, $"board-{i + 1}")));
            // One that fails ends the others: what is left of a run is no run.
            using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Task.WhenAll(boards.Select(board => EndingOthers(board.RunAsync(onReading, failed.Token), failed)));
            return Conclude(live, policy, boards, probe);
        }
        finally
        {
            foreach (LiveBoard board in boards) await board.DisposeAsync();
            Directory.Delete(work, recursive: true);
        }
    }

    private static LiveBoard NewBoard(
        LiveScenario live, SimulationRun links, LivePolicy policy, GatewayProcess gateway, GatewayProbe probe, int index, string folder)
    {
        LivePlace place = live.Places[index];
        var setup = new BoardSetup(
            $"board-{index + 1}", policy.Mapping, policy.Objective, ModelName, gateway.Broker, GatewayProcess.HttpHost, HttpPort: 0,
            place.Group.Kind.Kernel == KernelKind.Compiled ? "auto" : "table", live.InputIntervalMs)
        {
            // As the simulated boards: a board alone has no use for a connection.
            Listen = policy.Mapping == "local" ? "answers" : "auto", Model = live.ModelBytes, Telemetry = false, Duty = DutyOf(place.Group, policy),
        };
        var link = new LiveLink(
            (double)index / live.Places.Count, links.TraceOf(index), () => probe.RecentRoundTripMs, unchecked(live.Seed * 1_000 + index));
        return new LiveBoard(folder, RecordingWriter.Write(live.Model, place.Inputs.ToList()), setup, place.Profile, link);
    }

    /// <summary>Returns the settings of a radio that is off between inputs; null for another one. A board that computes all inputs keeps none.</summary>
    private static DutySetup? DutyOf(BoardGroup group, LivePolicy policy) => group.Radio != RadioKind.Off ? null
        : new DutySetup((int)(group.ReportEveryS * 1000), policy.Mapping == "local" ? 0 : (int)(group.ResultWithinS * 1000), group.KeepBytes);

    private static async Task EndingOthers(Task run, CancellationTokenSource others)
    {
        try
        {
            await run;
        }
        catch
        {
            await others.CancelAsync();
            throw;
        }
    }

    private static LivePass Conclude(LiveScenario live, LivePolicy policy, List<LiveBoard> boards, GatewayProbe probe)
    {
        var relays = new Lateness();
        var profiles = new List<LiveProfile>();
        for (int i = 0; i < boards.Count; i++)
        {
            relays.Add(boards[i].Lateness);
            LiveProfile profile = boards[i].Profile ?? throw new BoardFailedException($"board-{i + 1} printed no 'model:' line");
            if (profile.Kernel != live.Places[i].Group.Kind.Kernel)
                throw new UserInputException(
                    $"scenario '{live.Scenario.Name}' has boards with compiled kernels, and the firmware has none of model {live.Model.Name}");
            profiles.Add(profile);
        }
        ServiceLine line = probe.Line ?? throw new UserInputException("the gateway published no costs of the model");
        return new LivePass(policy, boards.Select(board => board.Readings).ToList(), profiles, line, probe.RoundTrips, relays)
        {
            BackgroundMj = boards.Sum(board => board.BackgroundMj),
            // A board counts the interval of its reports from its start.
            FirstReportUs = live.Scenario.Boards.Any(group => group.ReportEveryS > 0)
                ? boards.Select((board, i) => (long)(live.Places[i].Group.ReportEveryS * 1e6) - board.FirstInputUs).ToList()
                : null,
        };
    }
}
