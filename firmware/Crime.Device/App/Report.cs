// What a person reads on the console, and what `crime monitor` parses: SPEC.md, "The console".

using System.Collections;
using Crime.Costs;
using Crime.Device.Energy;
using Crime.Device.Inference;
using Crime.Device.Inputs;
using Crime.Device.Memory;
using Crime.Device.Models;
using Crime.Device.Sensors;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Kernel;
using Crime.Mapping;
using Crime.Model;
using Crime.Node;
using Crime.Sensing;

namespace Crime.Device.App;

/// <summary>Writes the console's lines without allocating.</summary>
internal sealed class Report
{
    private const int HourMs = 3_600_000;

    // The rest of the longest line of an inference leaves room for it.
    private const int MostNameLetters = 40;

    // A comma and a number of most digits.
    private const int RoomOfItem = 24;

    private readonly SerialConsole _console;
    private readonly LineWriter _line = new LineWriter();

    /// <summary>Writes to a console.</summary>
    public Report(SerialConsole console) => _console = console;

    /// <summary>The first lines: the name of the board, and what was wrong with its settings.</summary>
    /// <param name="boardId">The board's id.</param>
    /// <param name="remarks">A string per line of the settings file that was not understood.</param>
    public void Greet(string boardId, ArrayList remarks)
    {
        Text("CRIME board " + boardId + ", firmware 0.1.0");
        foreach (object remark in remarks) Text("settings: " + (string)remark);
    }

    /// <summary>The line of one inference of another board.</summary>
    public void Bracket(int count, int pin, BracketMeter meter) =>
        _console.Write(_line.Clear().Text("METER id=").Number(count).Text(" pin=").Number(pin)
            .Text(" ms=").Thousandths(meter.TimeUs).Text(" mj=").Thousandths(meter.EnergyUj)
            .Text(" mw=").Thousandths(MicrowattsOf(meter.EnergyUj, meter.TimeUs)).Text(" idle-mw=").Thousandths(meter.IdleUw)
            .Text(" samples=").Number(meter.Samples).Text(" bad=").Number(meter.Bad));

    /// <summary>The line of one inference.</summary>
    /// <param name="result">The result.</param>
    /// <param name="name">Name of the class; null when the board does not know it.</param>
    /// <param name="meter">Has measured the energy.</param>
    public void Inference(InputResult result, string name, IEnergyMeter meter)
    {
        _line.Clear().Text("INF id=").Number(result.Input).Text(" len=").Number(result.Length)
            .Text(" at=").Text(NameOf(result.Target));
        if (result.DoneCount > 0) _line.Text(" done=").Number(result.DoneCount);
        _line.Text(" class=");
        InputAnswer answer = result.Answer;
        // The gateway publishes the result: the board does not know it. Values and outputs have no class.
        if (result.Label == InputResult.NoLabel || !answer.HasClass) _line.Text("-");
        else _line.Number(result.Label);
        _line.Text(" ms=").Thousandths(result.TimeUs).Text(" active-ms=").Thousandths(result.ActiveUs).Text(" mj=").Thousandths(result.EnergyUj)
            .Text(" mw=").Thousandths(MicrowattsOf(result.EnergyUj, result.ActiveUs));
        BreakEven(" even=", result.BreakEvenLength);
        _line.Text(" depth=").Number(result.Depth).Text(" meter=").Text(meter.Name).Text(" conf=");
        if (result.ConfidencePerMille > 0) _line.Number(result.ConfidencePerMille);
        else _line.Text("-");
        _line.Text(" name=");
        if (name == null) _line.Text("-");
        else _line.Quoted(name, MostNameLetters);
        if (answer.ValueCount > 0)
        {
            // A score has no unit. The quotation marks show that the line is whole.
            _line.Text(" value=").Value(answer.Value(0)).Text(" unit=").Quoted(
                answer.Kind == AnswerKind.Anomaly ? "" : answer.Scale.Unit(0), AnswerScale.MaxUnitSize);
        }
        if (answer.TokenNames != null && result.Label != InputResult.NoLabel) Output(answer);
        _console.Write(_line);
        if (answer.ValueCount > 1) Values(result.Input, answer);
        if (answer.StepLabelCount > 0 && answer.TokenNames == null) Steps(result.Input, answer);
    }

    /// <summary>Appends an output as text, as much as the line has room for.</summary>
    private void Output(InputAnswer answer)
    {
        string separator = OutputText.SeparatorOf(answer.TokenNames);
        _line.Text(" text=\"");
        for (int k = 0; k < answer.StepLabelCount; k++)
        {
            string token = answer.TokenNames[answer.StepLabel(k)];
            if (_line.Room < token.Length + separator.Length + 1) break;
            if (k > 0) _line.Text(separator);
            _line.Letters(token, token.Length);
        }
        _line.Text("\"");
    }

    /// <summary>The line of a token of an output that is being written.</summary>
    /// <param name="input">Number of the input.</param>
    /// <param name="index">Place of the token in the output.</param>
    /// <param name="token">The token.</param>
    /// <param name="name">Its name.</param>
    /// <param name="place">The place that writes the output.</param>
    public void Token(uint input, int index, int token, string name, Target place) =>
        _console.Write(_line.Clear().Text("TOKEN id=").Number(input).Text(" at=").Text(NameOf(place)).Text(" index=").Number(index)
            .Text(" token=").Number(token).Text(" name=").Quoted(name, MostNameLetters));

    /// <summary>Lines of all values of an answer.</summary>
    private void Values(uint input, InputAnswer answer)
    {
        for (int i = 0; i < answer.ValueCount; i++)
        {
            if (_line.Room < RoomOfItem || i == 0) BeginItems("VALUES id=", input, i);
            else _line.Text(",");
            _line.Value(answer.Value(i));
        }
        _console.Write(_line);
    }

    /// <summary>Lines of the classes of all timesteps: 0*12,1*30 stands for twelve timesteps of class 0 and thirty of class 1.</summary>
    private void Steps(uint input, InputAnswer answer)
    {
        for (int step = 0; step < answer.StepLabelCount;)
        {
            int start = step, label = answer.StepLabel(start);
            while (step < answer.StepLabelCount && answer.StepLabel(step) == label) step++;
            if (_line.Room < RoomOfItem || start == 0) BeginItems("STEPS id=", input, start);
            else _line.Text(",");
            _line.Number(label).Text("*").Number(step - start);
        }
        _console.Write(_line);
    }

    private void BeginItems(string name, uint input, int start)
    {
        if (start > 0) _console.Write(_line);
        _line.Clear().Text(name).Number(input).Text(" from=").Number(start).Text(" items=");
    }

    /// <summary>The line of an input that is kept.</summary>
    /// <param name="input">Its number.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="kept">The kept inputs.</param>
    public void Kept(uint input, int length, KeptInputs kept) =>
        _console.Write(_line.Clear().Text("KEEP id=").Number(input).Text(" len=").Number(length).Text(" kept=").Number(kept.Count));

    /// <summary>The line after the last input.</summary>
    public void End(InferenceTotals totals) => Totals("END", totals);

    /// <summary>The line about the model in use.</summary>
    /// <param name="model">The model.</param>
    /// <param name="kernel">The kernel; null when the board cannot compute the model.</param>
    /// <param name="localTime">Time to compute it here; null when the board cannot.</param>
    public void Model(ModelFile model, IKernel kernel, CostLine localTime)
    {
        _line.Clear().Text("model: ").Text(model.Name).Text(" id=").Hex(model.Id)
            .Text(" inputs=").Number(model.InputCount).Text(" layers=").Number(model.Layers.Length).Text(" hidden=").Number(model.Layers[0].HiddenCount)
            .Text(" classes=").Number(model.ClassCount)
            .Text(" kernel=").Text(kernel == null ? "none" : kernel.IsCompiled ? "compiled" : "table").Text(" local-us-per-step=");
        if (localTime == null) _line.Text("- local-us=-");
        else _line.Thousandths(localTime.AlphaNs).Text(" local-us=").Number(localTime.BetaUs);
        _console.Write(_line);
    }

    /// <summary>The line about the memory of a model, in bytes: which kernel fits beside what has to be left for the rest.</summary>
    /// <param name="model">The model.</param>
    /// <param name="kernels">Built the kernel, or found that none fits.</param>
    /// <param name="freeSizeBytes">Free before the kernel was built, with the model's file in memory.</param>
    /// <param name="reserveSizeBytes">Left for engine, inputs, network and to spare.</param>
    public void Kernel(ModelFile model, KernelBuilder kernels, int freeSizeBytes, int reserveSizeBytes)
    {
        _console.Write(_line.Clear().Text("memory: kernel=").Text(KernelBuilder.NameOf(kernels.Kind)).Text(" needs=").Number(kernels.SizeBytes)
            .Text(" free=").Number(freeSizeBytes).Text(" weights=").Number(model.Size).Text(" reserve=").Number(reserveSizeBytes));
        if (kernels.Kind != KernelKind.None) return;
        if (!model.HasFixedPoint) Text("kernel: " + model.Name + " has no weights for boards; every input goes to a gateway");
        else Text("kernel: " + model.Name + " does not fit the heap; every input goes to a gateway");
    }

    /// <summary>The line about a live signal.</summary>
    /// <param name="live">The signal.</param>
    public void Live(LiveInputs live)
    {
        Sampler sampler = live.Sampler;
        Segmenter segmenter = live.Source.Segmenter;
        _line.Clear().Text("sensor: timesteps=").Number(live.Ring.Count).Text(" lost=").Number(live.Ring.LostCount);
        // The application reads its sensor by itself.
        if (sampler != null)
            _line.Text(" failed-reads=").Number(sampler.FailedCount).Text(" late-reads=").Number(sampler.LateCount)
                .Text(" late-us=").Number(sampler.MeanLateUs).Text(" most-late-us=").Number(sampler.MostLateUs);
        _console.Write(_line.Text(" sequences=").Number(segmenter.FoundCount).Text(" short=").Number(segmenter.ShortCount).Text(" cut=").Number(segmenter.CutCount));
    }

    /// <summary>Answer to "status".</summary>
    /// <param name="engine">The mapping.</param>
    /// <param name="totals">Sums over the inferences.</param>
    /// <param name="flow">Counts of requests and answers, and the background energy.</param>
    /// <param name="saturations">Those of the kernel; null when the board has none.</param>
    /// <param name="isConnected">True when there is a connection to the broker.</param>
    /// <param name="memory">Counts the shortages of memory.</param>
    public void Status(MappingEngine engine, InferenceTotals totals, InputFlow flow, SaturationCounters saturations, bool isConnected, MemoryPlan memory)
    {
        OffloadCounters counters = flow.Counters;
        Totals("status:", totals);
        _console.Write(_line.Clear().Text("broker: ").Text(isConnected ? "connected" : "not connected")
            .Text(" connections=").Number(counters.Connections).Text(" requests=").Number(counters.Requests)
            .Text(" answers=").Number(counters.Answers).Text(" refusals=").Number(counters.Refusals)
            .Text(" timeouts=").Number(counters.Timeouts).Text(" late=").Number(counters.LateAnswers)
            .Text(" malformed=").Number(counters.Malformed));
        _console.Write(_line.Clear().Text("hedge: started=").Number(counters.Hedges).Text(" repeated=").Number(counters.Repeats).Text(" won=").Number(counters.HedgesWon)
            .Text(" cancels=").Number(counters.Cancels));
        long backgroundUj = flow.Background.EnergyUj, uptimeMs = Clock.NowUs() / 1000;
        _console.Write(_line.Clear().Text("energy: background-mj=").Thousandths(uptimeMs == 0 ? 0 : backgroundUj * HourMs / uptimeMs)
            .Text(" uptime-s=").Thousandths(uptimeMs));
        _console.Write(_line.Clear().Text("memory: free=").Number(MemoryPlan.FreeSizeBytes()).Text(" shortages=").Number(memory.ShortageCount)
            .Text(" last=").Text(Shortages.NameOf(memory.LastShortage)));
        if (saturations != null)
            _console.Write(_line.Clear().Text("kernel: gate-saturations=").Number(saturations.Gates)
                .Text(" cell-saturations=").Number(saturations.Cells));
        _line.Clear().Text("mapping:");
        ObjectiveField(engine.Objective);
        if (engine.LocalTime == null) _line.Text(" local-us-per-step=- local-us=-");
        else _line.Text(" local-us-per-step=").Thousandths(engine.LocalTime.AlphaNs).Text(" local-us=").Number(engine.LocalTime.BetaUs);
        _console.Write(_line);
        for (int i = 0; i < engine.CandidateCount; i++)
        {
            GatewayCandidate gateway = engine.Candidate(i);
            int own = gateway.OwnSegment;
            _console.Write(_line.Clear().Text("gateway: ").Text(gateway.Id)
                .Text(gateway.IsServing ? gateway.Link.IsUsable ? " usable" : " suspect" : " not serving")
                .Text(" rtt-ms=").Thousandths(gateway.Link.RttUs).Text(" deviation-ms=").Thousandths(gateway.Link.DeviationUs)
                .Text(" depth=").Number(gateway.Queue.Depth)
                .Text(" us-per-step=").Thousandths(own < 0 ? 0 : gateway.Advert.AlphaNs[own])
                .Text(" us=").Number(own < 0 ? 0 : gateway.Advert.BetaUs[own]));
        }
    }

    /// <summary>Answers "table" with the costs at this moment: a line for each of a few lengths.</summary>
    public void Table(MappingEngine engine, int longestLength)
    {
        _line.Clear().Text("table:");
        ObjectiveField(engine.Objective);
        _line.Text(engine.Objective.IsInTime ? " unit=ms" : " unit=mj");
        var decision = new Decision();
        long nowUs = Clock.NowUs();
        BreakEven(" even=", engine.BreakEvenLength(nowUs));
        _console.Write(_line);
        const int rows = 8;
        for (int row = 1; row <= rows; row++)
        {
            int length = longestLength * row / rows;
            if (length < 1) continue;
            _line.Clear().Text("table: len=").Number(length);
            Cost(" local=", engine.LocalCost(length));
            for (int i = 0; i < engine.CandidateCount; i++)
            {
                _line.Text(" ").Text(engine.Candidate(i).Id);
                engine.Estimate(engine.Candidate(i), length, nowUs, decision);
                Cost("=", decision.Cost);
            }
            _console.Write(_line);
        }
    }

    /// <summary>A line of text; allocates, for rare messages.</summary>
    public void Text(string text) => _console.Write(_line.Clear().Text(text));

    private void Totals(string name, InferenceTotals totals)
    {
        int count = totals.Count[(int)Target.Local] + totals.Count[(int)Target.Gateway] + totals.Count[(int)Target.Fallback];
        _console.Write(_line.Clear().Text(name).Text(" inputs=").Number(count)
            .Text(" local=").Number(totals.Count[(int)Target.Local])
            .Text(" gateway=").Number(totals.Count[(int)Target.Gateway])
            .Text(" fallback=").Number(totals.Count[(int)Target.Fallback])
            .Text(" ms=").Thousandths(totals.TimeUs).Text(" mj=").Thousandths(totals.EnergyUj)
            .Text(" background-total-mj=").Thousandths(totals.BackgroundUj));
    }

    private void Cost(string name, int cost)
    {
        _line.Text(name);
        if (cost == DecisionTable.Unusable) _line.Text("-");
        else _line.Thousandths(cost);
    }

    private void BreakEven(string name, int length)
    {
        _line.Text(name);
        if (length >= CostLine.Never) _line.Text("-");
        else _line.Number(length);
    }

    /// <summary>Mean power in µW above the idle baseline: µJ per µs are W.</summary>
    private static long MicrowattsOf(long energyUj, long timeUs) => timeUs < 1 ? 0 : energyUj * 1_000_000 / timeUs;

    private static string NameOf(Target target)
    {
        switch (target)
        {
            case Target.Local: return "local";
            case Target.Gateway: return "gateway";
            default: return "fallback";
        }
    }

    private void ObjectiveField(Objective objective)
    {
        _line.Text(" objective=").Text(ObjectiveText.NameOf(objective.Kind));
        if (objective.Kind == ObjectiveKind.Weighted) _line.Text(" time-share=").Thousandths(objective.LambdaThousandths);
        if (objective.Kind == ObjectiveKind.Deadline)
            _line.Text(" deadline-ms=").Number(objective.DeadlineMs).Text(" percent=").Number(objective.QuantilePercent);
    }
}
