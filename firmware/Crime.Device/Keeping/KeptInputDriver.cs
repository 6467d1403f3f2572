// Executes what the schedule of kept inputs decides: stores inputs, computes one, or sends all in a batch. One action is one step, which is
// repeated when it was refused memory.

using System.Threading;
using Crime.Device.Energy;
using Crime.Device.Inputs;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Model;
using Crime.Node;

namespace Crime.Device.Keeping;

/// <summary>The next work of a board with kept inputs.</summary>
internal enum KeptStep
{
    /// <summary>Nothing is due.</summary>
    None = 0,

    /// <summary>A batch is in progress: take another step.</summary>
    Working = 1,

    /// <summary>The flow's result is that of a kept input: count and report it.</summary>
    Result = 2,

    /// <summary>The board has to compute the input that was read.</summary>
    Compute = 3,

    /// <summary>A kept input is damaged and has no result.</summary>
    Lost = 4,
}

/// <summary>Takes kept inputs to their results. Used by the main thread.</summary>
internal sealed class KeptInputDriver
{
    private const int RadioPollMs = 20;

    // Entries of the tables of kept inputs, and copies that the MQTT client has of each message.
    private const int EntrySizeBytes = 54;
    private const int MessageCopies = 3;

    // The memory that a plan spares is there for peaks such as a batch.
    private const int SparedSizeBytes = 8192;

    private readonly BoardSettings _settings;
    private readonly InputFlow _flow;
    private readonly RequestSender _sender;
    private readonly Inbox _inbox;
    private readonly LinkKeeper _link;
    private readonly IEnergyMeter _meter;
    private readonly Deferral _deferral;
    private readonly BatchFlow _batch;
    private KeptStore _store;
    private bool _isBatch;
    private int _shareUj;
    private int _doneSlot = -1;

    /// <summary>Makes a driver without a store.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="flow">The flow of inputs, of a duty-cycled board.</param>
    /// <param name="sender">Sends requests.</param>
    /// <param name="inbox">Receives answers.</param>
    /// <param name="link">Switches the radio.</param>
    /// <param name="meter">Measures the energy of each batch.</param>
    public KeptInputDriver(BoardSettings settings, InputFlow flow, RequestSender sender, Inbox inbox, LinkKeeper link, IEnergyMeter meter)
    {
        _settings = settings;
        _flow = flow;
        _sender = sender;
        _inbox = inbox;
        _link = link;
        _meter = meter;
        Kept = new KeptInputs(settings.KeepMost);
        Origin = sender.Origin;
        _deferral = new Deferral(flow, Kept, settings.ResultWithinMs == BoardSettings.AtReport ? long.MaxValue : settings.ResultWithinMs * 1000L);
        _batch = new BatchFlow(flow, Kept, settings.KeepSizeBytes);
    }

    /// <summary>Bytes of the heap that kept inputs and batches take beyond what a memory plan spares; 0 where results do not wait.</summary>
    public static int SizeBytes(BoardSettings settings)
    {
        if (!settings.UsesKeptInputs) return 0;
        int sizeBytes = EntrySizeBytes * settings.KeepMost + MessageCopies * BatchFlow.MostInFlightSizeBytes(settings.KeepSizeBytes)
            + (settings.KeepOnFlash || !settings.KeepsInputs ? 0 : settings.KeepSizeBytes) - SparedSizeBytes;
        return sizeBytes > 0 ? sizeBytes : 0;
    }

    /// <summary>The kept inputs.</summary>
    public KeptInputs Kept { get; }

    /// <summary>Session of the start that has read the inputs. A deep sleep keeps it.</summary>
    public uint Origin
    {
        get => Kept.Origin;
        set
        {
            Kept.Origin = value;
            _sender.Origin = value;
        }
    }

    /// <summary>Length of the input of <see cref="KeptStep.Compute"/> in timesteps.</summary>
    public int Length { get; private set; }

    /// <summary>Time of its arrival in µs.</summary>
    public long ArrivedUs { get; private set; }

    /// <summary>Makes the store.</summary>
    /// <param name="isResumed">True when a deep sleep has saved the table of kept inputs; else the store is searched for them.</param>
    /// <param name="model">The model. Null while there is none: a later call makes the store.</param>
    public void Open(bool isResumed, ModelFile model)
    {
        if (_store != null || model == null) return;
        _store = _settings.KeepOnFlash ? new FlashStore(Kept.Capacity) : new MemoryStore(Kept.Capacity, _settings.KeepsInputs ? _settings.KeepSizeBytes : 0);
        _store.ModelId = model.Id;
        _store.Origin = Origin;
        if (!isResumed) _store.Recover(Kept, Clock.NowUs());
    }

    /// <summary>Keeps the current input, if it should be kept.</summary>
    /// <param name="source">Has the input.</param>
    /// <param name="input">Its number.</param>
    /// <param name="model">The model that it is for.</param>
    /// <returns>False when the board has to decide about it now.</returns>
    public bool TryKeep(InputSource source, uint input, ModelFile model)
    {
        long nowUs = Clock.NowUs();
        // The result of a kept input is a class.
        if (model.Answer != AnswerKind.Class || !_deferral.ShouldKeep(source.Length, nowUs)) return false;
        int slot = Kept.FreeSlot();
        _store.ModelId = model.Id;
        if (!_store.TryWrite(slot, input, source.Length, source.Values, source.Length * model.ValuesPerStep))
        {
            _deferral.IsStoreFull = true;
            return false;
        }
        _deferral.Keep(input, slot, source.Length, nowUs);
        _flow.Background.OnCompute(Clock.NowUs() - nowUs);
        return true;
    }

    /// <summary>Keeps the result of an input that the board has computed, until the gateway has acknowledged it.</summary>
    /// <param name="flow">The input, which is complete.</param>
    /// <returns>False when there is no room.</returns>
    public bool TryKeepResult(InputFlow flow) => _deferral.KeepResult(Origin, flow.Result, flow.WasSent, flow.ArrivedUs);

    /// <summary>Takes the next step. The caller has reported the result before.</summary>
    /// <param name="values">Receives the input of <see cref="KeptStep.Compute"/>.</param>
    /// <param name="lookUs">Time in µs of the next look; <see cref="long.MaxValue"/> when no further input comes.</param>
    public KeptStep Step(short[] values, long lookUs)
    {
        // Only a result that was reported ends an input: a reset before it brings the input back.
        if (_doneSlot >= 0) _store.Release(_doneSlot);
        _doneSlot = -1;
        if (_isBatch)
        {
            if (_batch.Action == InputAction.Complete) return NextResult();
            StepBatch(values);
            if (_batch.Action == InputAction.Complete) EndBatch();
            return KeptStep.Working;
        }
        switch (_deferral.Next(Clock.NowUs(), lookUs))
        {
            case DeferralStep.Compute: return Take(values);
            case DeferralStep.Send:
                _isBatch = true;
                if (!_deferral.IsReport) _meter.Start();
                _batch.Begin(_deferral.IsReport, Clock.NowUs());
                if (_batch.Action == InputAction.Complete) EndBatch();
                return KeptStep.Working;
            default: return KeptStep.None;
        }
    }

    private KeptStep Take(short[] values)
    {
        int index = _deferral.Index;
        _doneSlot = Kept.Slot(index);
        Length = Kept.Length(index);
        ArrivedUs = Kept.ArrivedUs(index);
        _flow.Result.Input = Kept.Input(index);
        bool isRead = _store.TryRead(_doneSlot, values);
        Kept.RemoveAt(index);
        return isRead ? KeptStep.Compute : KeptStep.Lost;
    }

    private void StepBatch(short[] values)
    {
        switch (_batch.Action)
        {
            case InputAction.WakeRadio:
                _link.SetWanted(true);
                OnRadio();
                break;
            case InputAction.AwaitRadio:
                Thread.Sleep(RadioPollMs);
                OnRadio();
                break;
            case InputAction.Send:
                // A damaged input ends the batch; it is found again when it is due.
                if (_batch.IsResult) _sender.SendResult(_batch, Kept);
                else if (_store.TryRead(Kept.Slot(_batch.Index), values)) _sender.Send(_batch, values, Kept);
                else _batch.OnNotSent(Clock.NowUs());
                break;
            default: _sender.Await(_batch); break;
        }
    }

    private void OnRadio()
    {
        _batch.OnRadio(Clock.NowUs());
        // The wake for a report belongs to no input.
        if (_deferral.IsReport && _batch.Action != InputAction.AwaitRadio) _meter.Start();
    }

    private void EndBatch()
    {
        _inbox.Close();
        int energyUj = _meter.Stop(_batch.Timeline);
        _shareUj = _batch.AnsweredCount > 0 ? energyUj / _batch.AnsweredCount : 0;
        _deferral.OnBatch(_batch.AnsweredCount + _batch.DeliveredCount, Clock.NowUs());
        if (_flow.Radio == null) return;
        // The lines of the results take the console longer than the batch: the radio is off meanwhile.
        _flow.Radio.OnDown(Clock.NowUs());
        _link.SetWanted(false);
    }

    private KeptStep NextResult()
    {
        _doneSlot = _batch.TakeResult(_flow.Result);
        if (_doneSlot < 0)
        {
            _isBatch = false;
            return KeptStep.Working;
        }
        _flow.Result.EnergyUj = _shareUj;
        _flow.AddBackground();
        return KeptStep.Result;
    }
}
