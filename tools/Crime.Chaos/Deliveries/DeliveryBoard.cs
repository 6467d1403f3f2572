// A board of a delivery run: the product's state machines, with inputs that it keeps, computes or sends, and deep sleeps in between.

using System;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Core.Results;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Chaos.Deliveries;

/// <summary>Drives the state machines of one board.</summary>
internal sealed class DeliveryBoard
{
    /// <summary>Identity of its model.</summary>
    public const uint ModelId = 77;

    /// <summary>Longest input in timesteps.</summary>
    public const int LongestLength = 40;

    private const int Capacity = 16;
    private const long ReportEveryUs = 60_000_000;

    private readonly DeliveryWorld _world;
    private readonly DeliveryConsumer _consumer;
    private readonly DeliveryGateway[] _gateways;
    private readonly bool _isDutyCycled;
    private readonly long _withinUs;
    private readonly uint _origin;
    private readonly InputFlow _flow;
    private readonly MappingEngine _engine;
    private readonly RadioSchedule? _radio;
    private readonly OpenRequest _request;
    private readonly InputResult _result = new();
    private KeptInputs _kept = null!;
    private Deferral _deferral = null!;
    private BatchFlow _batch = null!;
    private bool _isBatch;
    private bool _isRunning;
    private uint _number;
    private int _timer;

    /// <summary>Makes a board.</summary>
    public DeliveryBoard(DeliveryWorld world, int number, DeliveryConsumer consumer, DeliveryGateway[] gateways)
    {
        _world = world;
        _consumer = consumer;
        _gateways = gateways;
        Id = "board-" + number;
        _origin = (uint)world.Below(1 << 30);
        _isDutyCycled = world.OneIn(2);
        _withinUs = !_isDutyCycled ? 0 : world.OneIn(2) ? long.MaxValue : 30_000_000;
        var power = new PowerProfile { ComputeMw = 160, WaitMw = 0, TransmitMw = 600, ListenMw = 200, WakeMw = 400, TransmitNsPerByte = 1600 };
        if (_isDutyCycled) _radio = new RadioSchedule(new RadioCost(1_000_000, 400), ReportEveryUs, ReportEveryUs);
        _request = new OpenRequest(_origin, OpenRequest.MostOpen);
        _flow = new InputFlow(power, new ModeMapping { ResultsAtGateway = true }, _radio);
        _engine = new MappingEngine(
            new EngineSetup
            {
                // Some boards compute short inputs, and others everything.
                ModelId = ModelId, LongestLength = LongestLength, LocalTime = new CostLine(1000 << world.Below(12), 50), EncodeTime = new CostLine(1000, 100),
                BytesPerStep = 2, Power = power, Objective = world.OneIn(3) ? Objective.Time : Objective.Energy, ReservesRows = false, TimeoutMaxUs = 500_000,
            },
            NodeKey.Of(Id));
        _radio?.SetModel(_engine, 0);
        _flow.SetModel(_engine, canCompute: true);
        Use(new KeptInputs(Capacity) { Origin = _origin });
    }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>True when nothing of it waits.</summary>
    public bool IsQuiet => !_isRunning && !_isBatch && _kept.Count == 0;

    private long NowUs => _world.NowUs;

    /// <summary>Begins.</summary>
    public void Start()
    {
        _radio?.OnDown(NowUs);
        _world.After(_world.Below(3_000_000), Tick);
        _world.After(_world.Below(5_000_000), OnInput);
    }

    /// <summary>A receipt or a refusal arrives.</summary>
    public void OnMessage(byte[] payload)
    {
        if (_request.Incoming.Decode(payload) != FrameError.None || !_request.TryAccept(NowUs)) return;
        if (!_isBatch)
        {
            Do(_flow.OnAnswer(_request.Answer, NowUs, NowUs));
            return;
        }
        while (_request.HasAnswer)
        {
            InputAction action = _batch.OnAnswer(_request.Answer, _request.AnsweredAtUs);
            _request.Release();
            DoBatch(action);
        }
    }

    private void Use(KeptInputs kept)
    {
        _kept = kept;
        _deferral = new Deferral(_flow, kept, _withinUs);
        _batch = new BatchFlow(_flow, kept, 4096);
    }

    /// <summary>Learns of the gateways, and serves what is due. Now and then it sleeps deeply before.</summary>
    private void Tick()
    {
        Learn();
        if (!_isBatch && !_isRunning)
        {
            if (!_world.IsHealing && _world.OneIn(50)) Sleep();
            Serve();
        }
        _world.After(200_000, Tick);
    }

    private void Sleep()
    {
        _world.Counts.Sleeps++;
        var bytes = new byte[Capacity * KeptInputs.EntrySize];
        _kept.Save(bytes, 0, NowUs);
        var kept = new KeptInputs(Capacity) { Origin = _origin };
        kept.Restore(bytes, 0, _kept.Count, NowUs);
        Use(kept);
    }

    private void Learn()
    {
        if (_engine.IsRadioOff) return;
        foreach (DeliveryGateway gateway in _gateways)
            if (gateway.IsUp && gateway.Status is { } status) _engine.OnStatus(gateway.Id, status, NowUs);
        while (_engine.TakePing(NowUs, false, 0, out uint sequence) is { } pinged)
            if (_gateways.First(gateway => gateway.Id == pinged.Id).IsUp) _engine.OnPong(new PongFrame { Session = _origin, Sequence = sequence }, NowUs);
    }

    private void OnInput()
    {
        if (_world.IsHealing) return;
        if (!_isBatch && !_isRunning) Begin(1 + _world.Below(LongestLength));
        _world.After(1 + _world.Below(4_000_000), OnInput);
    }

    private void Begin(int length)
    {
        _flow.Result.Input = ++_number;
        _consumer.OnInput(new ResultKey(Id, _origin, _number));
        if (_deferral.ShouldKeep(length, NowUs))
        {
            _deferral.Keep(_number, _kept.FreeSlot(), length, NowUs);
            return;
        }
        _isRunning = true;
        Do(_flow.Begin(length, length, NowUs));
    }

    private void Serve()
    {
        if (_isBatch || _isRunning) return;
        if (_deferral.Next(NowUs, NowUs) == DeferralStep.Send)
        {
            _isBatch = true;
            DoBatch(_batch.Begin(_deferral.IsReport, NowUs));
            return;
        }
        if (_radio == null) return;
        if (_radio.IsReportDue(NowUs)) _radio.OnReported(NowUs);
        _radio.OnDown(NowUs);
    }

    private void Do(InputAction action)
    {
        int timer = ++_timer;
        switch (action)
        {
            case InputAction.Compute:
                int label = DeliveryConsumer.LabelOf(_flow.Result.Input);
                _world.After(1000 + _world.Below(50_000), () => Do(_flow.OnComputed(label, NowUs, NowUs)));
                break;
            case InputAction.WakeRadio: WakeRadio(); break;
            case InputAction.Send:
                uint sequence = _request.Open(NowUs);
                SendRequest(_flow.Decision.Gateway.Id, sequence, _flow.Result.Input, _flow.StepCount, _flow.WasSent);
                Do(_flow.OnSent(NowUs, NowUs, RequestFrame.DeliverySize));
                break;
            case InputAction.AwaitAnswer:
                _world.After(Math.Max(_flow.UntilUs - NowUs, 1), () =>
                {
                    if (timer == _timer && _request.Close()) Do(_flow.OnTimeout(NowUs));
                });
                break;
            case InputAction.Complete: Complete(); break;
        }
    }

    private void Complete()
    {
        _isRunning = false;
        if (_flow.Result.Label == InputResult.NoLabel) return;
        if (!_deferral.KeepResult(_origin, _flow.Result, _flow.WasSent, _flow.ArrivedUs)) _consumer.OnNoRoom(new ResultKey(Id, _origin, _flow.Result.Input));
    }

    private void DoBatch(InputAction action)
    {
        int timer = ++_timer;
        switch (action)
        {
            case InputAction.WakeRadio: WakeRadio(); break;
            case InputAction.Send: SendOfBatch(); break;
            case InputAction.AwaitAnswer:
                _world.After(Math.Max(_batch.UntilUs - NowUs, 1), () =>
                {
                    if (timer != _timer) return;
                    _request.Close();
                    DoBatch(_batch.OnTimeout(NowUs));
                });
                break;
            case InputAction.Complete: EndBatch(); break;
        }
    }

    private void SendOfBatch()
    {
        int index = _batch.Index;
        uint sequence = _batch.IsAlone ? _request.Open(NowUs) : _request.OpenFurther(NowUs);
        string gateway = _batch.Decision.Gateway.Id;
        if (_batch.IsResult) SendResult(gateway, sequence, index);
        else SendRequest(gateway, sequence, _kept.Input(index), _kept.Length(index), _kept.WasSent(index));
        DoBatch(_batch.OnSent(sequence, NowUs, NowUs, RequestFrame.DeliverySize));
    }

    private void EndBatch()
    {
        _request.Close();
        _deferral.OnBatch(_batch.AnsweredCount + _batch.DeliveredCount, NowUs);
        while (_batch.TakeResult(_result) >= 0)
        {
        }
        _isBatch = false;
    }

    private void WakeRadio()
    {
        _world.After(300_000 + _world.Below(2_000_000), () =>
        {
            Learn();
            OnRadio();
        });
        _world.After(RadioSchedule.WakeLimitUs + 1, OnRadio);
    }

    private void OnRadio()
    {
        if (_isBatch && _batch.Action is InputAction.WakeRadio or InputAction.AwaitRadio) DoBatch(_batch.OnRadio(NowUs));
        else if (_isRunning && _flow.Action is InputAction.WakeRadio or InputAction.AwaitRadio) Do(_flow.OnRadio(NowUs));
    }

    private void SendRequest(string gateway, uint sequence, uint input, int length, bool isRepeat)
    {
        if (isRepeat) _world.Counts.Repeats++;
        var values = new short[length];
        values[0] = (short)DeliveryConsumer.LabelOf(input);
        var frame = new RequestFrame
        {
            WantsReceipt = true, Session = _request.Session, Sequence = sequence, Origin = _origin, Input = input, IsRepeat = isRepeat, ModelId = ModelId,
            Length = length, ValuesPerStep = 1, Values = values,
        };
        if (isRepeat && _world.Planted == DeliveryFault.KeyChanged) frame.Origin++;
        Send(gateway, frame.Encode());
    }

    private void SendResult(string gateway, uint sequence, int index)
    {
        _world.Counts.OwnResults++;
        var frame = new ResultFrame
        {
            Session = _request.Session, Sequence = sequence, Origin = _kept.OriginOf(index), Input = _kept.Input(index), IsRepeat = _kept.WasSent(index),
            Label = _kept.Label(index), Length = _kept.Length(index), Target = _kept.Target(index), ModelId = ModelId,
        };
        Send(gateway, frame.Encode());
    }

    private void Send(string gateway, byte[] payload)
    {
        DeliveryGateway target = _gateways.First(one => one.Id == gateway);
        _world.Send(() => target.OnMessage(Id, payload));
    }
}
