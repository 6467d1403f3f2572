using Crime.Costs;
using Crime.Frames;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>Boards whose results are wanted behind the gateway.</summary>
public sealed class ReceiptTests
{
    private const int Length = 60;
    private const long NowUs = 20_000_000;
    private const uint Origin = 9;

    private NodeBench _bench = null!;
    private KeptInputs _kept = null!;

    [SetUp]
    public void SetUp()
    {
        _bench = new NodeBench(MappingMode.Gateway, objective: Objective.Energy);
        _bench.Mapping.ResultsAtGateway = true;
        _kept = new KeptInputs(4) { Origin = Origin };
    }

    [Test]
    public void AReceiptCompletesAnInputWithoutAClass()
    {
        long sentUs = _bench.Send(Length, NowUs);
        Assert.That(_bench.Flow.OnAnswer(NodeBench.Response(ResponseCode.Accepted), sentUs + 5000, sentUs + 5000), Is.EqualTo(InputAction.Complete));
        Assert.That((_bench.Flow.Result.Target, _bench.Flow.Result.Label), Is.EqualTo((Target.Gateway, InputResult.NoLabel)));
    }

    /// <summary>The receipt alone may be lost: the board repeats once, then it computes and its result is a repeat too.</summary>
    [Test]
    public void ALostReceiptIsRepeatedOnce()
    {
        _bench.Send(Length, NowUs);
        Assert.That(_bench.Flow.OnTimeout(_bench.Flow.UntilUs), Is.EqualTo(InputAction.Send));
        Assert.That(_bench.Flow.WasSent, Is.True);
        _bench.Flow.OnSent(_bench.Flow.UntilUs, _bench.Flow.UntilUs, 0);
        Assert.That(_bench.Flow.OnTimeout(_bench.Flow.UntilUs), Is.EqualTo(InputAction.Compute));
        Assert.That(_bench.Flow.OnComputed(2, NowUs, NowUs + 1), Is.EqualTo(InputAction.Complete));
        Assert.That((_bench.Flow.Result.Target, _bench.Flow.Result.Label, _bench.Flow.WasSent), Is.EqualTo((Target.Fallback, 2, true)));
        _bench.Flow.Begin(Length, Length, NowUs + 2);
        Assert.That(_bench.Flow.WasSent, Is.False, "of the next input");
    }

    [Test]
    public void ARefusalIsAFallbackAtOnce()
    {
        long sentUs = _bench.Send(Length, NowUs);
        Assert.That(_bench.Flow.OnAnswer(NodeBench.Response(ResponseCode.NoDelivery), sentUs + 5000, sentUs + 5000), Is.EqualTo(InputAction.Compute));
    }

    /// <summary>A nearer gateway without a store must not keep a board that cannot compute from one that gives receipts.</summary>
    [Test]
    public void ABoardWithoutAKernelLeavesAGatewayThatGivesNoReceipts()
    {
        _bench = new NodeBench(MappingMode.Gateway, canCompute: false, objective: Objective.Energy);
        _bench.Mapping.ResultsAtGateway = true;
        _bench.Meet(NowUs);
        var status = new StatusFrame { Online = true, Workers = 1, Session = 8, Sequence = 1, Capacity = 256 };
        status.Add(NodeBench.ModelId, 0).SetOwn(1, 1);
        _bench.Engine.OnStatus("near", status, NowUs);
        Assert.That(_bench.Engine.TakePing(NowUs, false, 0, out uint sequence).Id, Is.EqualTo("near"));
        _bench.Engine.OnPong(new PongFrame { Sequence = sequence }, NowUs + 100 + NodeBench.Power.TransmitUs(PingFrame.Size));
        long sentUs = _bench.Send(Length, NowUs + 5000);
        Assert.That(_bench.Flow.Decision.Gateway.Id, Is.EqualTo("near"));
        Assert.That(_bench.Flow.OnAnswer(NodeBench.Response(ResponseCode.NoDelivery), sentUs + 1000, sentUs + 1000), Is.EqualTo(InputAction.AwaitRetry));
        Assert.That(_bench.Flow.OnRetry(_bench.Flow.UntilUs), Is.EqualTo(InputAction.Send));
        Assert.That(_bench.Flow.Decision.Gateway.Id, Is.EqualTo("gw"));
    }

    /// <summary>An associated board sends its own result at once, and repeats it until it has a receipt.</summary>
    [Test]
    public void AnOwnResultWaitsForItsReceipt()
    {
        var deferral = new Deferral(_bench.Flow, _kept, 0);
        var batch = new BatchFlow(_bench.Flow, _kept, 0);
        var result = new InputResult { Input = 5, Length = Length, Label = 2, Target = Target.Fallback };
        Assert.That(deferral.KeepResult(Origin, result, wasSent: false, NowUs), Is.True);
        Assert.That(deferral.Next(NowUs, NowUs), Is.EqualTo(DeferralStep.Send));
        Assert.That(batch.Begin(false, NowUs), Is.EqualTo(InputAction.Send));
        Assert.That((batch.IsResult, _kept.WasSent(0), _kept.Target(0)), Is.EqualTo((true, false, Target.Fallback)));
        batch.OnSent(1, NowUs, NowUs, 0);
        Assert.That(batch.OnTimeout(batch.UntilUs), Is.EqualTo(InputAction.Send), "once, while the link is up");
        Assert.That(_kept.WasSent(0), Is.True);
        batch.OnSent(2, NowUs, NowUs, 0);
        ResponseFrame receipt = NodeBench.Response(ResponseCode.Accepted);
        receipt.Sequence = 2;
        Assert.That(batch.OnAnswer(receipt, NowUs + 5000), Is.EqualTo(InputAction.Complete));
        Assert.That((batch.AnsweredCount, batch.DeliveredCount), Is.EqualTo((0, 1)));
        Assert.That((batch.TakeResult(new InputResult()), _kept.Count), Is.EqualTo((-1, 0)), "its line was written when it was computed");
    }

    [Test]
    public void AFullTableTakesNoFurtherResult()
    {
        var deferral = new Deferral(_bench.Flow, _kept, 0);
        var result = new InputResult { Length = Length };
        for (int i = 0; i < 4; i++) Assert.That(deferral.KeepResult(Origin, result, false, NowUs), Is.True);
        Assert.That(deferral.KeepResult(Origin, result, false, NowUs), Is.False);
    }

    [Test]
    public void ADeepSleepKeepsKeysAndResults()
    {
        _kept.AddResult(Origin, new InputResult { Input = 3, Length = 7, Label = 1, Target = Target.Local }, true, 1_000_000, 5_000_000);
        _kept.SetSent(_kept.Add(4, 2, 8, 2_000_000, long.MaxValue), 1);
        var bytes = new byte[2 * KeptInputs.EntrySize];
        _kept.Save(bytes, 0, 3_000_000);
        var restored = new KeptInputs(4) { Origin = 77 };
        restored.Restore(bytes, 0, 2, 0);
        Assert.That((restored.Count, restored.HasResult(0), restored.Label(0), restored.Target(0)), Is.EqualTo((2, true, 1, Target.Local)));
        Assert.That((restored.OriginOf(0), restored.OriginOf(1), restored.Input(1), restored.Slot(1)), Is.EqualTo((Origin, Origin, 4u, 2)));
        Assert.That((restored.WasSent(0), restored.WasSent(1), restored.HasResult(1)), Is.EqualTo((true, true, false)));
    }

    [Test]
    public void FramesCarryTheKey()
    {
        var request = new RequestFrame
        {
            WantsReceipt = true, Origin = 0xFEDCBA98, Input = 7, AgeMs = 1234, IsRepeat = true, Length = 2, ValuesPerStep = 1, Values = [3, 4],
        };
        byte[] bytes = request.Encode();
        var read = new RequestFrame();
        Assert.That((read.Decode(bytes), bytes.Length), Is.EqualTo((FrameError.None, RequestFrame.HeaderSize + RequestFrame.DeliverySize + 4)));
        Assert.That((read.WantsReceipt, read.Origin, read.Input, read.AgeMs, read.IsRepeat), Is.EqualTo((true, 0xFEDCBA98, 7u, 1234u, true)));
        bytes[41] = 1;
        Assert.That(read.Decode(bytes), Is.EqualTo(FrameError.Range));
        request.WantsReceipt = false;
        Assert.That(read.Decode(request.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(read.WantsReceipt, Is.False, "the object is used again");

        var result = new ResultFrame { Origin = 1, Input = 2, Label = 3, Length = 4, Target = Target.Fallback, IsRepeat = true, AgeMs = 5, ServiceUs = 6 };
        var readResult = new ResultFrame();
        Assert.That(readResult.Decode(result.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(
            (readResult.Origin, readResult.Input, readResult.Label, readResult.Length, readResult.Target, readResult.IsRepeat, readResult.IsComputed),
            Is.EqualTo((1u, 2u, 3, 4, Target.Fallback, true, true)));
        Assert.That(readResult.Decode(result.Encode()[..^1]), Is.EqualTo(FrameError.TooShort));
    }
}
