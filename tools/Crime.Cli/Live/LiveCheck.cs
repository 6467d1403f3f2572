// The same scenario live and simulated: every policy on virtual boards against the real gateway, and then in the simulator,
// which gets the same inputs, the same levels of the links, and the cost lines that boards and gateway measured of themselves.
// What is left to differ is what happens between them.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Costs;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.Simulation.World;

namespace Crime.Cli.Live;

/// <summary>Runs the comparison.</summary>
internal sealed class LiveCheck
{
    // 29 IL per number of a request and 600 per request: counted in the source of RequestFrame.Encode, as in scenarios/inputs.
    private const double EncodeIlPerValue = 29;
    private const double EncodeIlPerInput = 600;

    private readonly LiveScenario _live;
    private readonly LivePolicy[] _policies;

    /// <summary>Prepares a comparison.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="modelPath">File of the model that boards and gateway run.</param>
    /// <param name="data">Where the inputs come from.</param>
    /// <param name="seed">Decides inputs, levels, noise and losses.</param>
    /// <exception cref="UserInputException">The scenario cannot be played live, or the model does not fit.</exception>
    public LiveCheck(Scenario scenario, string modelPath, Dataset data, int seed)
    {
        ModelFile model = ModelLoading.Load(modelPath);
        if (!model.HasFixedPoint || !model.HasFloat) throw new UserInputException($"{modelPath}: a live run needs a model for boards and gateways");
        new ModelInput(model).CheckFits(data);
        _live = new LiveScenario(scenario, model, data, seed) { ModelBytes = File.ReadAllBytes(modelPath) };
        // Where results may wait, only energy is compared, and no single device keeps inputs.
        _policies = scenario.ResultsMayWait
            ? [new LivePolicy("boards", "local", "energy"), new LivePolicy("batches", "gateway", "energy"), new LivePolicy("crime for energy", "auto", "energy")]
            :
            [
                new LivePolicy("boards", "local", "time"), new LivePolicy(scenario.Gateways[0].Id, "gateway", "time"),
                new LivePolicy("crime for time", "auto", "time"), new LivePolicy("crime for energy", "auto", "energy"),
            ];
    }

    /// <summary>Inputs over all policies and boards.</summary>
    public int InputCount => _policies.Length * _live.Places.Count * _live.InputsPerBoard;

    /// <summary>Runs every policy live and simulated.</summary>
    /// <param name="onReading">Called with the number of inputs done.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<LiveResult> RunAsync(Action<int> onReading, CancellationToken cancellation)
    {
        var links = new SimulationRun(_live.Scenario, SetOf(null), Policy.Crime, Objective.Time, _live.Seed)
        {
            Replay = _live.Replay, StatusIl = SimulationRun.MeasuredStatusIl, AssociateNoiseSigma = 0,
        };
        var passes = new List<LivePass>();
        int done = 0;
        foreach (LivePolicy policy in _policies)
            passes.Add(await LivePass.RunAsync(_live, links, policy, OnReading, cancellation));
        void OnReading() => onReading(Interlocked.Increment(ref done));

        // The line that the gateway settled on while it had most to do.
        ServiceLine line = passes.First(pass => pass.Policy.Mapping == "gateway").Line;
        GatewayNode gateway = _live.Scenario.Gateways[0];
        GatewayKind measured = gateway.Kind with { Workers = line.Workers, NsPerMac = 1, RequestUs = line.BetaUs };
        Scenario scenario = _live.Scenario with { Gateways = [gateway with { Kind = measured }] };
        InputSet set = SetOf(passes[0].Profiles, line);
        SimulationRun run = links with { Scenario = scenario, Set = set };
        List<LiveRow> rows = passes.Select(Row).ToList();
        LiveRow Row(LivePass pass)
        {
            SimulationRun same = run with { Replay = _live.Replay with { FirstReportUs = pass.FirstReportUs } };
            return new LiveRow(pass, Simulate(same, pass.Policy, cancellation), Simulate(same with { HostMs = pass.HostMs(_live.Seed) }, pass.Policy, cancellation));
        }
        return new LiveResult(_live, rows, passes[0].Profiles[0], line);
    }

    private static RunTally Simulate(SimulationRun run, LivePolicy policy, CancellationToken cancellation)
    {
        Policy simulated = policy.Mapping switch
        {
            "local" => new Policy(PolicyKind.Local, -1, policy.Name),
            "gateway" when run.Scenario.ResultsMayWait => new Policy(PolicyKind.Batches, -1, policy.Name),
            "gateway" => new Policy(PolicyKind.Single, 0, policy.Name),
            _ => Policy.Crime,
        };
        return (run with { Policy = simulated, Objective = policy.Objective == "energy" ? Objective.Energy : Objective.Time }).Run(cancellation: cancellation);
    }

    /// <summary>The inputs with what they cost, as boards and gateway say.</summary>
    private InputSet SetOf(IReadOnlyList<LiveProfile>? profiles, ServiceLine? line = null)
    {
        var kernels = new Dictionary<KernelKind, KernelCost>();
        for (int i = 0; i < _live.Places.Count && profiles != null; i++)
        {
            double usPerIl = _live.Places[i].Group.Kind.UsPerIl;
            kernels[profiles[i].Kernel] = new KernelCost(profiles[i].LocalTime.AlphaNs / 1000.0 / usPerIl, 0, profiles[i].LocalTime.BetaUs / usPerIl);
        }
        ModelFile model = _live.Model;
        SequenceEncoding encoding = model.Input == InputKind.Features ? SequenceEncoding.Int16
            : model.VocabularyCount <= 256 ? SequenceEncoding.Token8 : SequenceEncoding.Token16;
        List<LengthCount> lengths = _live.Places.SelectMany(place => place.Inputs).GroupBy(input => input.Length)
            .Select(group => new LengthCount(group.Key, 0, group.Count())).ToList();
        return InputSet.Measured(
            _live.Data.Name, model.ValuesPerStep * RequestFrame.ValueSize(encoding),
            new KernelCost(EncodeIlPerValue * model.ValuesPerStep, 0, EncodeIlPerInput), kernels, (int)(line?.AlphaNs ?? 0), new LengthDistribution(lengths));
    }
}
