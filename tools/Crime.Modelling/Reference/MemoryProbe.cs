// Device code that does on a board's heap what a board does with a model, step by step, so that each step's allocations can be
// counted: load it, make its kernel and its mapping engine, decide, compute, write a request.

using Crime.Costs;
using Crime.Kernel;
using Crime.Frames;
using Crime.Mapping;
using Crime.Model;

namespace Crime.Modelling.Reference;

/// <summary>A board's use of a model.</summary>
public sealed class MemoryProbe
{
    private const int RoundTripUs = 4000;

    private readonly Decision _decision = new Decision { IsDetailed = true };
    private readonly Decision _rest = new Decision();
    private readonly RequestFrame _request = new RequestFrame();

    /// <summary>The model.</summary>
    public ModelFile Model;

    /// <summary>Its kernel.</summary>
    public NetworkKernel Kernel;

    /// <summary>The mapping engine.</summary>
    public MappingEngine Engine;

    /// <summary>Reads a model file.</summary>
    public bool Load(byte[] image) => ModelReader.TryRead(image, out Model) == ModelError.None;

    /// <summary>Makes the kernel, and gives the weights back, as Board does.</summary>
    /// <param name="compiled">Code for it, or null.</param>
    public void MakeKernel(CompiledModel compiled)
    {
        Kernel = new NetworkKernel(Model, compiled);
        Model.ReleaseNumbers();
    }

    /// <summary>Makes the engine, as Board does.</summary>
    public void MakeEngine()
    {
        _request.ModelId = Model.Id;
        _request.ValuesPerStep = Model.ValuesPerStep;
        _request.Encoding = Model.Input == InputKind.Features ? SequenceEncoding.Int16
            : Model.VocabularyCount <= 256 ? SequenceEncoding.Token8 : SequenceEncoding.Token16;
        int longest = Model.LongestLength > 0 ? Model.LongestLength : FrameFormat.MaxLength;
        Engine = new MappingEngine(new EngineSetup
        {
            ModelId = Model.Id, LongestLength = longest, LocalTime = new CostLine(500_000, 1000), EncodeTime = new CostLine(20_000, 500),
            BytesPerStep = Model.ValuesPerStep * RequestFrame.ValueSize(_request.Encoding),
            Power = new PowerProfile { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 },
        }, NodeKey.Of("board"));
    }

    /// <summary>Makes two gateways known and measures their links.</summary>
    public void MeetGateways()
    {
        Meet("gateway-1", 1000);
        Meet("gateway-2", 900);
        while (true)
        {
            if (Engine.TakePing(0, false, 0, out uint sequence) == null) return;
            Engine.OnPong(new PongFrame { Sequence = sequence }, RoundTripUs);
        }
    }

    /// <summary>Computes a sequence.</summary>
    /// <returns>The class.</returns>
    public int Infer(short[] values, int length)
    {
        Kernel.State.Reset();
        Kernel.Advance(values, 0, length);
        return Kernel.Classify();
    }

    /// <summary>Decides about an input and about the rest of a stream, with all that the console shows of a decision.</summary>
    /// <returns>True when the input goes to a gateway, and the rest of the stream does so once it is complete.</returns>
    public bool Decide(int length)
    {
        Engine.Decide(length, RoundTripUs, _decision);
        Engine.DecideRest(length, false, RoundTripUs, _rest);
        bool goesEarly = _rest.IsOffload;
        Engine.DecideRest(length, true, RoundTripUs, _rest);
        return (!goesEarly || _rest.IsOffload) && Engine.LowestDepth() >= 0 && _decision.IsOffload;
    }

    /// <summary>Writes a request.</summary>
    public byte[] Encode(short[] values, int length)
    {
        _request.Sequence++;
        _request.Values = values;
        _request.Length = length;
        return _request.Encode();
    }

    /// <summary>The topic that a request goes to.</summary>
    public string Topic() => Topics.Request(Engine.Candidate(0).Id, "board");

    private void Meet(string id, uint alphaNs)
    {
        var status = new StatusFrame(Model.Id) { Online = true, Workers = 1, Session = 1, Sequence = 1 };
        status.Add(Model.Id, 0).SetOwn(alphaNs, 50);
        Engine.OnStatus(id, status, 0);
    }
}
