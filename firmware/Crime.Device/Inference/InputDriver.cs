// Executes the actions of an input on the board: kernel, encoder, MQTT client and waits. The flow decides, the driver does. One action is one
// step, which is repeated when it was refused memory.

using System.Threading;
using Crime.Costs;
using Crime.Device.Energy;
using Crime.Device.Inputs;
using Crime.Device.Offload;
using Crime.Kernel;
using Crime.Mapping;
using Crime.Model;
using Crime.Node;

namespace Crime.Device.Inference;

/// <summary>Takes one input through its actions. Used by the main thread.</summary>
internal sealed class InputDriver
{
    private const int IdleMs = 50;
    private const int RadioPollMs = 20;

    private readonly InputFlow _flow;
    private readonly RequestSender _sender;
    private readonly Inbox _inbox;
    private readonly LinkKeeper _link;
    private readonly IEnergyMeter _meter;
    private readonly TimestepArrivals _arrivals;
    private IKernel _kernel;

    /// <summary>Makes a driver without a model.</summary>
    /// <param name="flow">Decides.</param>
    /// <param name="sender">Sends requests, and waits for answers.</param>
    /// <param name="inbox">Receives the engine of each model.</param>
    /// <param name="link">Switches the radio.</param>
    /// <param name="meter">Measures the energy of each input.</param>
    /// <param name="arrivals">Counts timesteps as they come; null where inputs come whole.</param>
    public InputDriver(InputFlow flow, RequestSender sender, Inbox inbox, LinkKeeper link, IEnergyMeter meter, TimestepArrivals arrivals)
    {
        _flow = flow;
        _sender = sender;
        _inbox = inbox;
        _link = link;
        _meter = meter;
        _arrivals = arrivals;
    }

    /// <summary>Hands out tokens as they are written; null where no setting asks for it. Set before the first model.</summary>
    public TokenStream Tokens { get; set; }

    /// <summary>The board's power profile.</summary>
    public PowerProfile Power => _flow.Power;

    /// <summary>Sets the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="kernel">Computes it on the board; null when the board cannot.</param>
    /// <param name="engine">Decides.</param>
    /// <param name="radioOffUs">Time in µs since the radio was last on, where that was before a deep sleep.</param>
    public void SetModel(ModelFile model, IKernel kernel, MappingEngine engine, long radioOffUs)
    {
        _kernel = kernel;
        if (_flow.Radio != null) _flow.Radio.SetModel(engine, Clock.NowUs() - radioOffUs);
        _inbox.SetModel(model.Id, engine);
        _flow.Result.Answer.SetModel(model);
        // The gateway publishes what it knows: a board's own result carries a class and nothing else.
        _flow.SetModel(engine, kernel != null && (model.Answer == AnswerKind.Class || !_flow.ResultsAtGateway));
        _link.SetModel(model.Id, model.Checksum, engine);
        if (Tokens != null) Tokens.SetModel(model.Decoder == null ? 0 : model.OutputCount, kernel);
    }

    /// <summary>Releases kernel and engine: other ones need their memory.</summary>
    public void Release()
    {
        _kernel = null;
        _flow.SetModel(null, false);
        _inbox.ReleaseEngine();
        _link.ReleaseEngine();
        if (_flow.Radio != null) _flow.Radio.SetModel(null, 0);
    }

    /// <summary>Starts an input. Needs a model.</summary>
    /// <param name="length">Its timesteps.</param>
    public void Begin(int length)
    {
        _meter.Start();
        long nowUs = Clock.NowUs();
        int arrivedCount = length;
        if (_arrivals != null)
        {
            _arrivals.Begin(length, nowUs);
            arrivedCount = _arrivals.Count;
        }
        _flow.Begin(length, arrivedCount, nowUs);
    }

    /// <summary>Starts an input that is in progress. Needs a model.</summary>
    /// <param name="arrived">Timesteps that have come, at least 1.</param>
    public void BeginStream(int arrived)
    {
        _meter.Start();
        _flow.BeginStream(arrived, Clock.NowUs());
    }

    /// <summary>Reports that an input in progress is none: it has no result.</summary>
    public void Abandon()
    {
        _flow.Abandon(Clock.NowUs());
        _meter.Stop(_flow.Timeline);
    }

    /// <summary>Starts an input that was kept, which the board computes now.</summary>
    /// <param name="length">Its timesteps.</param>
    /// <param name="arrivedUs">Time of its arrival in µs.</param>
    public void BeginKept(int length, long arrivedUs)
    {
        _meter.Start();
        _flow.BeginLocal(length, arrivedUs, Clock.NowUs());
    }

    /// <summary>Does the next action.</summary>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <returns>True when the input has its result.</returns>
    public bool Step(short[] values)
    {
        switch (_flow.Action)
        {
            case InputAction.AwaitSteps: AwaitSteps(); break;
            case InputAction.Compute: Compute(values); break;
            case InputAction.WakeRadio:
                _link.SetWanted(true);
                _flow.OnRadio(Clock.NowUs());
                break;
            case InputAction.AwaitRadio:
                Thread.Sleep(RadioPollMs);
                _flow.OnRadio(Clock.NowUs());
                break;
            case InputAction.Send: _sender.Send(_flow, values, _flow.StepStart == 0 ? null : _kernel.State); break;
            case InputAction.AwaitAnswer:
                _sender.Await(_flow);
                if (Tokens != null) Tokens.TakePartials();
                break;
            case InputAction.AwaitRetry:
                Thread.Sleep(IdleMs);
                _flow.OnRetry(Clock.NowUs());
                break;
        }
        if (_flow.Action != InputAction.Complete) return false;
        _flow.Result.EnergyUj = _meter.Stop(_flow.Timeline);
        if (_flow.Hedge.HasCancel) _sender.Cancel(_flow);
        _flow.AddBackground();
        _flow.AddBreakEvenLength(Clock.NowUs());
        return true;
    }

    private void AwaitSteps()
    {
        // A shift for a division: a wait that ends a little early is repeated.
        int restMs = (_arrivals.RestUs(Clock.NowUs()) >> 10) + 1;
        Thread.Sleep(restMs < IdleMs ? restMs : IdleMs);
        long nowUs = Clock.NowUs();
        _arrivals.Update(nowUs);
        _flow.OnSteps(_arrivals.Count, nowUs);
    }

    private void Compute(short[] values)
    {
        if (_flow.StepStart == 0) _kernel.State.Reset();
        long startUs = Clock.NowUs();
        int end = _flow.StepStart + _flow.StepCount;
        _kernel.StepLabels = _flow.Result.Answer.StepLabels(end);
        _kernel.Advance(values, _flow.StepStart, _flow.StepCount);
        int label = 0;
        if (_flow.IsFinal)
        {
            label = _kernel.Classify();
            // Before the flow takes the result: an answer that completes the input during that call brings its own numbers.
            InputAnswer answer = _flow.Result.Answer;
            answer.TakeLocal(_kernel.Logits, _kernel.LogitFractionBits, label, _kernel.Score, answer.TokenNames == null ? end : _kernel.OutputCount);
        }
        // The MQTT client's thread gets the processor, so that an answer which has come is delivered now.
        if (_flow.Hedge.IsRunning) Thread.Sleep(0);
        long endUs = Clock.NowUs();
        if (_arrivals != null)
        {
            _arrivals.Update(endUs);
            _flow.OnArrived(_arrivals.Count);
        }
        _flow.OnComputed(label, startUs, endUs);
    }
}
