// The main job, end to end: a real gateway process, virtual boards running the firmware's Main over real TCP, and the same
// inputs three times: all on the boards, all at the gateway, and each where the mapping engine sends it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Outputs;
using Crime.Cli.Processes;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Limits;
using Crime.Modelling.ModelFiles;
using Crime.VirtualBoard;

namespace Crime.Cli.Demo;

/// <summary>Runs the demo.</summary>
internal sealed class DemoRunner
{
    private const string GatewayId = "gateway";
    private const string ModelName = "demo";
    private const double SlowLinkDelayMs = 150;

    private readonly DemoOptions _options;
    private readonly IDemoView _view;
    private readonly ModelFile _model;
    private readonly Dataset _data;
    private readonly BoardProfile _profile;
    private readonly List<LabelledSequence>[] _inputs;

    /// <summary>Loads model and data and deals the inputs to the boards.</summary>
    public DemoRunner(DemoOptions options, IDemoView view)
    {
        _options = options;
        _profile = BoardProfile.Bundled(options.Profile);
        _view = view;
        ModelPath = options.ModelPath ?? GatewayModel.BundledPath;
        _model = ModelLoading.Load(ModelPath);
        if (!_model.HasFixedPoint || !_model.HasFloat) throw new UserInputException($"{ModelPath}: the demo needs a model for boards and gateways");
        RequestLimits limits = RequestLimits.Of(_model);
        limits.CheckCarries(ModelPath, 0);
        _data = options.DataPath == null ? GestureGenerator.Generate() : LoadedData.Read(
            options.DataPath, options.TestLinesPath, hasOutputs: _model.Answer == AnswerKind.Sequence);
        new ModelInput(_model).CheckFits(_data);
        if (_data.Test.Count > 0) limits.CheckCarries($"data set '{_data.Name}'", _data.Test.Max(sequence => sequence.Length));
        _inputs = BoardInputs.Deal(_data, options.BoardCount, options.InputCount, options.Seed);
    }

    /// <summary>The data set that was read; null for the generated one.</summary>
    public Dataset? GivenData => _options.DataPath == null ? null : _data;

    private string ModelPath { get; }

    /// <summary>Runs the three passes.</summary>
    public async Task<DemoSummary> RunAsync(CancellationToken cancellation)
    {
        string work = Directory.CreateTempSubdirectory("crime-demo-").FullName;
        try
        {
            string models = Directory.CreateDirectory(Path.Combine(work, "models")).FullName;
            File.Copy(ModelPath, Path.Combine(models, ModelName + ".crime"));
            if (_options.Fault == Fault.BusyGateway) File.WriteAllBytes(Path.Combine(models, GatewayLoad.Model.Name + ".crime"), GatewayLoad.Model.File);
            bool isGatewayDown = _options.Fault == Fault.GatewayDown;
            // The baselines see the same fault at the same place, unless nothing would be left to measure.
            Fault baselineFault = isGatewayDown ? Fault.None : _options.Fault;
            Pass local = await RunPassAsync("local", Fault.None, work, models, cancellation);
            Pass gateway = await RunPassAsync("gateway", baselineFault, work, models, cancellation);
            Pass crime = await RunPassAsync("auto", _options.Fault, work, models, cancellation);
            return Summarise(crime, local, gateway);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private async Task<Pass> RunPassAsync(string mapping, Fault fault, string work, string models, CancellationToken cancellation)
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(models, _options.Broker, cancellation);
        LinkConditions[] links = _inputs.Select((_, i) => LinkOf(i)).ToArray();
        var boards = new List<BoardRun>();
        GatewayLoad? load = null;
        try
        {
            for (int i = 0; i < _inputs.Length; i++)
            {
                var setup = new BoardSetup(
                    $"board-{i + 1}", mapping, _options.Objective, ModelName, gateway.Broker, GatewayProcess.HttpHost, gateway.HttpPort,
                    _options.Kernel)
                {
                    // A board alone has no use for a connection.
                    Listen = mapping == "local" ? "answers" : "auto",
                };
                boards.Add(new BoardRun(
                    Path.Combine(work, $"{mapping}-{i + 1}"), RecordingWriter.Write(_model, _inputs[i]), setup, _profile, links[i],
                    (double)i / _inputs.Length));
            }

            int total = _inputs.Sum(inputs => inputs.Count), done = 0, faultAt = total / 3;
            var beforeFault = new List<Reading>();
            var faultBegins = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _view.OnPass(mapping, boards, total);
            void OnReading(Reading reading)
            {
                int count = Interlocked.Increment(ref done);
                if (count == faultAt) faultBegins.TrySetResult();
                if (count <= faultAt)
                    lock (beforeFault) beforeFault.Add(reading);
                _view.OnReading(count);
            }

            Task[] runs = boards.Select(board => board.RunAsync(OnReading, cancellation)).ToArray();
            if (fault != Fault.None && await Task.WhenAny(faultBegins.Task, Task.WhenAll(runs)) == faultBegins.Task)
                load = await BeginFaultAsync(fault, gateway, links);
            await Task.WhenAll(runs);
            return Check(mapping, boards, beforeFault);
        }
        finally
        {
            foreach (BoardRun board in boards) board.Dispose();
            if (load != null) await load.DisposeAsync();
        }
    }

    /// <summary>What a board's link has beyond the way through an access point of its own, half of it each way.</summary>
    private LinkConditions LinkOf(int board)
    {
        double rttMs = _options.RttMs[Math.Min(board, _options.RttMs.Count - 1)];
        return new LinkConditions { ExtraDelayMs = Math.Max(rttMs / 2 - _profile.LinkDelayUs / 1000, 0) };
    }

    private async Task<GatewayLoad?> BeginFaultAsync(Fault fault, GatewayProcess gateway, LinkConditions[] links)
    {
        _view.OnFault(fault);
        switch (fault)
        {
            case Fault.GatewayDown:
                gateway.Kill();
                return null;
            case Fault.SlowLink:
                foreach (LinkConditions link in links) link.ExtraDelayMs = SlowLinkDelayMs;
                return null;
            default:
                return await GatewayLoad.StartAsync(GatewayId, gateway.Broker);
        }
    }

    /// <summary>Compares what the consoles said with the labels of the data.</summary>
    private Pass Check(string mapping, List<BoardRun> boards, List<Reading> beforeFault)
    {
        var input = new ModelInput(_model);
        int correct = 0;
        for (int i = 0; i < boards.Count; i++)
            correct += boards[i].Readings.DistinctBy(reading => reading.Input)
                .Count(reading => reading.Input < _inputs[i].Count && IsRight(reading, _inputs[i][reading.Input], input));
        return new Pass(mapping, boards.Select(board => board.Readings).ToList(), correct, _inputs.Sum(inputs => inputs.Count), beforeFault)
        {
            BackgroundMj = boards.Sum(board => board.BackgroundMj),
        };
    }

    private bool IsRight(Reading reading, LabelledSequence sequence, ModelInput input) => _model.Answer == AnswerKind.Sequence
        ? reading.Output == string.Join(OutputText.SeparatorOf(_model.ClassNames), sequence.OutputWords)
        : reading.ClassIndex == input.LabelOf(sequence);

    private DemoSummary Summarise(Pass crime, Pass local, Pass gateway)
    {
        bool hasFault = _options.Fault != Fault.None;
        var before = crime.ReadingsBeforeFault.ToHashSet(ReferenceEqualityComparer.Instance);
        List<Reading> after = crime.All.Where(reading => !before.Contains(reading)).ToList();
        int?[] breakEven = crime.All.Select(reading => reading.BreakEvenLength).Order(Comparer<int?>.Create(
            (a, b) => (a ?? int.MaxValue).CompareTo(b ?? int.MaxValue))).ToArray();
        return new DemoSummary
        {
            Inputs = crime.InputCount,
            Results = crime.Results,
            Lost = crime.InputCount - crime.Results,
            Duplicates = crime.Duplicates,
            Local = crime.Count("local"),
            Offloaded = crime.Count("gateway"),
            Fallback = crime.Count("fallback"),
            Accuracy = Math.Round(crime.Correct / (double)crime.InputCount, 4),
            CrimeTimeMs = Math.Round(crime.TimeMs, 3),
            AllLocalTimeMs = Math.Round(local.TimeMs, 3),
            AllGatewayTimeMs = Math.Round(gateway.TimeMs, 3),
            CrimeEnergyMj = Math.Round(crime.EnergyMj, 3),
            AllLocalEnergyMj = Math.Round(local.EnergyMj, 3),
            AllGatewayEnergyMj = Math.Round(gateway.EnergyMj, 3),
            Baselines = "measured: the same inputs run again with mapping=local and with mapping=gateway"
                + (_options.Fault == Fault.GatewayDown ? ", before the fault" : ""),
            Objective = _options.Objective,
            Kernel = _options.Kernel,
            Fault = _options.Fault switch
            {
                Fault.GatewayDown => "gateway-down",
                Fault.SlowLink => "slow-link",
                Fault.BusyGateway => "busy-gateway",
                _ => "none",
            },
            LocalShareBeforeFault = hasFault ? Pass.LocalShare(crime.ReadingsBeforeFault.ToList()) : null,
            LocalShareAfterFault = hasFault ? Pass.LocalShare(after) : null,
            MedianBreakEvenLength = breakEven[breakEven.Length / 2],
            Boards = _options.BoardCount,
            Model = _model.Name,
            Data = _data.Name,
            Profile = _profile.Name,
        };
    }
}

/// <summary>Shows the demo while it runs.</summary>
internal interface IDemoView
{
    /// <summary>A pass begins.</summary>
    void OnPass(string mapping, IReadOnlyList<BoardRun> boards, int inputCount);

    /// <summary>A reading came; so many have come in this pass.</summary>
    void OnReading(int count);

    /// <summary>The fault begins.</summary>
    void OnFault(Fault fault);
}
