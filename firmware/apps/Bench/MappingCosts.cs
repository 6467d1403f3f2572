// What the mapping itself costs: one decision among one to four gateways, and writing and reading the frames of an offload.
// The engine is the product's; its gateways are made up here and all look usable.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Model;

namespace Crime.Bench;

/// <summary>Times the mapping and the frames.</summary>
internal sealed class MappingCosts
{
    private const long NowUs = 1_000_000;
    private const int DecisionLength = 40;

    private static readonly int[] s_lengths = { 1, 10, 50, 100 };

    private readonly BenchReport _report;
    private readonly ModelFile _model;
    private readonly RequestFrame _request = new RequestFrame();
    private readonly ResponseFrame _response = new ResponseFrame();
    private readonly Decision _decision = new Decision();
    private MappingEngine _engine;
    private byte[] _received;

    /// <summary>Reports to a console.</summary>
    /// <param name="report">Receives the lines.</param>
    /// <param name="model">The model of the requests.</param>
    public MappingCosts(BenchReport report, ModelFile model)
    {
        _report = report;
        _model = model;
    }

    /// <summary>Times everything.</summary>
    public void Measure()
    {
        for (int count = 1; count <= DecisionTable.MaxCandidates; count++)
        {
            _engine = EngineWith(count);
            _report.Write(_report.Microseconds("decision", Stopwatch.PicosecondsPerTurn(Decide) / 1000).Text(" gateways=").Number(count));
        }
        foreach (int length in s_lengths)
        {
            _request.ValuesPerStep = _model.ValuesPerStep;
            _request.FractionBits = _model.InputFractionBits;
            _request.Length = length;
            _request.Values = SyntheticModel.Sequence(_request.ValueCount);
            _report.Write(_report.Microseconds("encode.request", Stopwatch.PicosecondsPerTurn(Encode) / 1000).Text(" len=").Number(length)
                .Text(" bytes=").Number(_request.Size));
        }
        _response.ClassCount = _model.ClassCount;
        _response.Logits = new short[_model.ClassCount];
        _received = _response.Encode();
        _report.Write(_report.Microseconds("decode.response", Stopwatch.PicosecondsPerTurn(Decode) / 1000).Text(" bytes=").Number(_received.Length));
    }

    private MappingEngine EngineWith(int gatewayCount)
    {
        // Never compared with a clock: the statuses below are as old as the decisions are.
        var power = new PowerProfile { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 };
        var engine = new MappingEngine(new EngineSetup
        {
            ModelId = _model.Id, LongestLength = 200, LocalTime = new CostLine(1_600_000, 500), EncodeTime = new CostLine(20_000, 200),
            BytesPerStep = 2 * _model.ValuesPerStep, Power = power,
        }, NodeKey.Of("board"));
        var status = new StatusFrame(_model.Id) { Online = true, Workers = 1, Session = 1 };
        CostAdvert advert = status.Add(_model.Id, 0);
        for (int i = 0; i < gatewayCount; i++)
        {
            advert.SetOwn((uint)(1000 + i), 100);
            engine.OnStatus("gateway-" + i.ToString(), status, NowUs);
            engine.OnResponse(engine.Candidate(i), _response, DecisionLength, 20_000, NowUs);
        }
        return engine;
    }

    private void Decide(int turns)
    {
        for (int turn = 0; turn < turns; turn++) _engine.Decide(DecisionLength, NowUs, _decision);
    }

    private void Encode(int turns)
    {
        for (int turn = 0; turn < turns; turn++) _request.Encode();
    }

    private void Decode(int turns)
    {
        for (int turn = 0; turn < turns; turn++) _response.Decode(_received);
    }
}
