using System;
using System.Buffers;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Binary;
using Crime.Costs;
using Crime.Device;
using Crime.Device.Energy;
using Crime.Device.Inference;
using Crime.Device.Memory;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Gateway.Inference.Graphs;
using Crime.Kernel;
using Crime.Mapping;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Quantisation;
using Crime.Node;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Inference;

/// <summary>A stream that begins on a board and ends at a gateway that computes in fixed point as well: nothing tells where it was cut.</summary>
/// <param name="hasFront">True for convolutions in front of the layers. The stream is cut within a window then.</param>
[TestFixture(false, false)]
[TestFixture(true, false)]
[TestFixture(true, true)]
public sealed class HandOffTests(bool hasFront, bool isWide)
{
    private const string Gateway = "gw";
    private const int Length = 60;
    private const int Done = 23;
    private const int WaitMs = 20_000;
    private const int SilenceMs = 300;
    private const int SlowStepMs = 100;
    private const uint Session = 5;

    private const int Inputs = 3;

    // h and c of the LSTM, c of two numbers where it is wide, h of the GRU; behind them the open windows of five timesteps and of three, each with its counter.
    private readonly int _stateCount = (isWide ? 3 : 2) * 9 + 5 + (hasFront ? 4 * Inputs + 1 + 2 * 4 + 1 : 0);

    private readonly ModelFile _model = Read(TestModels.Write(hasFront
        ? TestFronts.WithFront(
            Layers(6), Inputs, 3, 0.5, new TestConvolution(TestFronts.Window(5, 1, 2, 2), 4, GraphFunction.Relu),
            new TestConvolution(TestFronts.Window(3, 2, 0, 1), 6, GraphFunction.Tanh))
        : Layers(Inputs), cellWidth: isWide ? CellWidth.Wide : CellWidth.Narrow));

    private static readonly short[] s_values = Enumerable.Range(0, Length * Inputs).Select(i => (short)(8000 * Math.Sin(0.7 * i))).ToArray();

    private static TrainedModel Layers(int inputs) => TestModels.Make(inputs, [(CellKind.Lstm, 9), (CellKind.Gru, 5)], 4, seed: 3);

    // The board's parts, and what it asked.
    private BoardSettings _settings = null!;
    private readonly ModeMapping _mapping = new();
    private Inbox _inbox = null!;
    private BrokerConnection _connection = null!;
    private MappingEngine _engine = null!;
    private InputFlow _flow = null!;
    private InputDriver _driver = null!;
    private RequestSender _sender = null!;
    private NetworkKernel _kernel = null!;
    private RequestFrame? _request;

    // What the board takes itself to need for a timestep.
    private int _stepMs;

    // What the gateway says; null for nothing.
    private ResponseCode? _code;

    [TestCase(MappingMode.Gateway, Target.Gateway)]
    [TestCase(MappingMode.Local, Target.Local)]
    public async Task TheResultIsThatOfTheWholeStream(MappingMode mode, Target expected)
    {
        var whole = new NetworkKernel(_model);
        whole.Advance(s_values, 0, Length);
        int label = whole.Classify();
        var behind = new NetworkKernel(_model);
        InputResult result = await StreamAsync(mode, ResponseCode.Ok, behind);
        Assert.That((result.Target, result.Label, result.Length), Is.EqualTo((expected, label, Length)));
        Assert.That(result.DoneCount, Is.EqualTo(expected == Target.Gateway ? Done : 0));
        if (mode == MappingMode.Local)
        {
            Assert.That(_request, Is.Null);
            return;
        }
        Assert.That((_request!.Length, _request.StateCount), Is.EqualTo((Length - Done, _stateCount)));
        Assert.That(_request.Values.Take(_request.ValueCount), Is.EqualTo(s_values.Skip(Done * _model.ValuesPerStep)));
        Assert.That(_flow.Timeline.TransmitUs, Is.EqualTo(_flow.Power.TransmitUs(_request.Size)).Within(1), "the state is transmitted as well");
        Assert.That(behind.Logits, Is.EqualTo(whole.Logits));
        for (int layer = 0; layer < whole.State.Layers.Length; layer++)
        {
            Assert.That(behind.State.Layers[layer].Hidden, Is.EqualTo(whole.State.Layers[layer].Hidden));
            Assert.That(behind.State.Layers[layer].Cell, Is.EqualTo(whole.State.Layers[layer].Cell));
        }
    }

    /// <summary>Whatever becomes of the state that was sent, the board still has its own.</summary>
    [TestCase(ResponseCode.UnknownModel)]
    [TestCase(ResponseCode.WrongInput)]
    [TestCase(ResponseCode.QueueFull)]
    [TestCase(null)]
    public async Task WithoutAResultFromTheGatewayTheBoardGoesOnFromItsOwnState(ResponseCode? code)
    {
        var whole = new NetworkKernel(_model);
        whole.Advance(s_values, 0, Length);
        int label = whole.Classify();
        InputResult result = await StreamAsync(MappingMode.Gateway, code, new NetworkKernel(_model));
        Assert.That((result.Target, result.Label, result.Length, result.DoneCount), Is.EqualTo((Target.Fallback, label, Length, Done)));
        Assert.That(_request!.StateCount, Is.EqualTo(_stateCount));
        Assert.That(_kernel.Logits, Is.EqualTo(whole.Logits));
        for (int layer = 0; layer < whole.State.Layers.Length; layer++) Assert.That(_kernel.State.Layers[layer].Hidden, Is.EqualTo(whole.State.Layers[layer].Hidden));
    }

    /// <summary>A gateway that would take longer than the board itself shall say so at once; one that was ordered may take its time.</summary>
    [TestCase(MappingMode.Auto, (Length - Done) * SlowStepMs)]
    [TestCase(MappingMode.Gateway, WaitMs)]
    public async Task ARequestSaysHowLongItIsWorth(MappingMode mode, int expectedMs)
    {
        InputResult result = await StreamAsync(mode, ResponseCode.Ok, new NetworkKernel(_model), SlowStepMs);
        Assert.That(result.Target, Is.EqualTo(Target.Gateway));
        Assert.That(_request!.BudgetUs, Is.EqualTo(expectedMs * 1000).Within(5).Percent);
    }

    /// <summary>The answer comes while the board computes a slice of the input. Its confidence must not give way to that of the slice.</summary>
    [Test]
    public async Task AnAnswerDuringASliceKeepsItsConfidence()
    {
        (_stepMs, _request, _code) = (SlowStepMs, null, null);
        await using TestBroker broker = await TestBroker.StartAsync();
        broker.Server.InterceptingPublishAsync += e =>
        {
            var request = new RequestFrame();
            if (request.Decode(e.ApplicationMessage.Payload.ToArray()) == FrameError.None) Volatile.Write(ref _request, request);
            return Task.CompletedTask;
        };
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () =>
        {
            Make(broker.Port, races: true, kernel => new InterruptedKernel(kernel, AnswerFromTheSlice));
            _mapping.Mode = MappingMode.Auto;
            _flow.Begin(Length, Length, Clock.NowUs());
            Work();
        });
        Assert.That(_flow.Counters.Hedges, Is.EqualTo(1), "the board computes beside its request");
        Assert.That((_flow.Result.Target, _flow.Result.Label), Is.EqualTo((Target.Gateway, 2)));
        Assert.That(_flow.Result.ConfidencePerMille, Is.EqualTo(Sure(0, 0).ConfidencePerMille).And.GreaterThan(900));
    }

    private static ResponseFrame Sure(uint session, uint sequence) => new()
    {
        Code = ResponseCode.Ok, Session = session, Sequence = sequence, Label = 2, ClassCount = 4, Logits = [0, 0, short.MaxValue, 0], FractionBits = 12,
    };

    private void AnswerFromTheSlice()
    {
        if (!SpinWait.SpinUntil(() => Volatile.Read(ref _request) != null, WaitMs)) throw new InvalidOperationException("no request");
        _inbox.OnMessage(Topics.Response(_settings.BoardId), Sure(_request!.Session, _request.Sequence).Encode(), Clock.NowUs());
    }

    /// <summary>A model that comes then is timed with requests of its own. The rest of the stream must leave nothing in them.</summary>
    [Test]
    public async Task ARequestForTheClockAfterAHandOffIsAWholeOne()
    {
        await StreamAsync(MappingMode.Gateway, ResponseCode.Ok, new NetworkKernel(_model));
        Assert.That(_request!.StateCount, Is.Positive, "the stream was handed off");
        var request = new RequestFrame();
        Assert.That(request.Decode(_sender.Encode(new short[2 * _model.ValuesPerStep], 2)), Is.EqualTo(FrameError.None));
        Assert.That((request.Length, request.StateCount), Is.EqualTo((2, 0)));
    }

    private async Task<InputResult> StreamAsync(MappingMode mode, ResponseCode? code, NetworkKernel behind, int stepMs = 1)
    {
        _stepMs = stepMs;
        _request = null;
        _code = code;
        await using TestBroker broker = await TestBroker.StartAsync();
        broker.Server.InterceptingPublishAsync += e =>
        {
            // A thread of the test carries the answer: this one is the broker's.
            byte[] bytes = e.ApplicationMessage.Payload.ToArray();
            if (Topics.IsRequest(e.ApplicationMessage.Topic, Gateway, out _)) _ = Task.Run(() => Answer(behind, bytes));
            return Task.CompletedTask;
        };
        using Board board = TestBoards.Make();
        TestBoards.Run(board, () => Stream(broker.Port, mode));
        return _flow.Result;
    }

    /// <summary>What a gateway does that has the board's own kernel.</summary>
    private void Answer(NetworkKernel kernel, byte[] bytes)
    {
        var request = new RequestFrame();
        if (request.Decode(bytes) != FrameError.None) return;
        _request = request;
        var state = new byte[2 * request.StateCount];
        for (int i = 0; i < request.StateCount; i++) LittleEndian.WriteInt16(state, 2 * i, request.State[i]);
        if (!kernel.State.Import(state, 0)) return;
        kernel.Advance(request.Values, 0, request.Length);
        if (_code is not { } code) return;
        var answer = new ResponseFrame { Code = code, Session = request.Session, Sequence = request.Sequence };
        if (code == ResponseCode.Ok) (answer.Label, answer.ClassCount, answer.Logits) = (kernel.Classify(), 4, new short[4]);
        _inbox.OnMessage(Topics.Response(_settings.BoardId), answer.Encode(), nowUs: 0);
    }

    private void Make(int port, bool races = false, Func<NetworkKernel, IKernel>? wrap = null)
    {
        _settings = new BoardSettings
        {
            BoardId = "streamer", BrokerHost = "127.0.0.1", BrokerPort = port, TimeoutMaxMs = WaitMs,
            TimeoutMarginMs = _code == null ? SilenceMs : WaitMs,
        };
        var console = new SerialConsole(_settings.ConsolePort, _settings.ConsoleBaud, _settings.ConsoleTxPin, _settings.ConsoleRxPin);
        PowerProfile power = _settings.Power();
        var request = new OpenRequest(Session);
        _flow = new InputFlow(power, _mapping, null);
        if (races) _flow.Hedge.Enable(request, Hedge.DefaultQuantilePercent, true);
        var network = new LinkFlow(request, null, _flow);
        _inbox = new Inbox(request, _flow, "gestures");
        _connection = new BrokerConnection(_settings, console, _inbox, _flow.Counters, new MemoryPlan());
        var link = new LinkKeeper(_settings, console, _connection, network, new MemoryPlan());
        _sender = new RequestSender(_settings, _connection, _inbox, network);
        _driver = new InputDriver(_flow, _sender, _inbox, link, new ModelledMeter(power), null);
        _engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = _model.Id, LongestLength = Length, LocalTime = new CostLine(_stepMs * 1_000_000L, 100), BytesPerStep = 6, StateSize = 2 * _stateCount,
                Power = power, TimeoutMarginUs = _settings.TimeoutMarginMs * 1000, TimeoutMaxUs = _settings.TimeoutMaxMs * 1000,
            },
            NodeKey.Of(_settings.BoardId));
        _sender.SetModel(_model);
        _kernel = new NetworkKernel(_model);
        _driver.SetModel(_model, wrap == null ? _kernel : wrap(_kernel), _engine, 0);
        MeetGateway();
    }

    private void Stream(int port, MappingMode mode)
    {
        Make(port);
        // The board computes the beginning while the rest is coming.
        _mapping.Mode = MappingMode.Local;
        _flow.Begin(Length, 10, Clock.NowUs());
        Work();
        _flow.OnSteps(Done, Clock.NowUs());
        Work();
        Assert.That((_flow.Action, _flow.StepStart), Is.EqualTo((InputAction.AwaitSteps, Done)));
        _mapping.Mode = mode;
        _flow.OnSteps(Length, Clock.NowUs());
        Work();
    }

    /// <summary>Does the actions that the input needs now.</summary>
    private void Work()
    {
        while (_flow.Action is not (InputAction.AwaitSteps or InputAction.Complete)) _driver.Step(s_values);
    }

    /// <summary>A status, and a ping that is answered.</summary>
    private void MeetGateway()
    {
        Assert.That(_connection.Open(BrokerConnection.KeepAliveS, receivesRegimes: false), Is.True);
        long nowUs = Clock.NowUs();
        var status = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = 1, Capacity = 8 };
        status.Add(_model.Id, 0).SetOwn(300, 20);
        _inbox.OnMessage(Topics.Status(Gateway), status.Encode(), nowUs);
        Assert.That(_engine.TakePing(nowUs, false, 0, out uint sequence), Is.Not.Null);
        _inbox.OnMessage(Topics.Response(_settings.BoardId), new PongFrame { Session = Session, Sequence = sequence }.Encode(), nowUs);
    }

    private static ModelFile Read(byte[] bytes)
    {
        Assert.That(ModelReader.TryRead(bytes, out ModelFile model), Is.EqualTo(ModelError.None));
        return model;
    }

    /// <summary>Calls an action during its first slice.</summary>
    private sealed class InterruptedKernel(NetworkKernel inner, Action interruption) : IKernel
    {
        private bool _isInterrupted;

        public bool IsCompiled => inner.IsCompiled;

        public int ValuesPerStep => inner.ValuesPerStep;

        public int ClassCount => inner.ClassCount;

        public int LogitFractionBits => inner.LogitFractionBits;

        public NetworkState State => inner.State;

        public SaturationCounters Saturations => inner.Saturations;

        public int[] Logits => inner.Logits;

        public byte[] StepLabels
        {
            get => inner.StepLabels;
            set => inner.StepLabels = value;
        }

        public float Score => inner.Score;

        public int OutputCount => inner.OutputCount;

        public int ForcedSteps
        {
            get => inner.ForcedSteps;
            set => inner.ForcedSteps = value;
        }

        public void Advance(short[] values, int start, int count)
        {
            inner.Advance(values, start, count);
            if (!_isInterrupted) interruption();
            _isInterrupted = true;
        }

        public int Classify() => inner.Classify();

        public void ReportTokens(ITokenListener listener) => inner.ReportTokens(listener);
    }
}
