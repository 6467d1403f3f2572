using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>The first inputs of a board that starts with priors.</summary>
public sealed class PriorRestartTests
{
    private const int Length = 80;
    private const uint Place = 7;

    private static NodeBench Restarted(bool isDutyCycled, Objective objective)
    {
        byte[] bytes = PriorMemory.Save(new NodeBench(MappingMode.Auto).Engine, NodeBench.ModelId, Place, 40_000, 0, NodeBench.LinkUs);
        var bench = new NodeBench(MappingMode.Auto, isDutyCycled: isDutyCycled, objective: objective, radioUpUs: 40_000);
        // A board of its own: nothing is known but the file.
        bench.SetModel(canCompute: true);
        Assert.That(PriorMemory.Check(bytes, NodeBench.ModelId, Place), Is.Null);
        Assert.That(PriorMemory.Restore(bench.Engine, bytes, PriorMemory.UnknownAgeUs, bench.Radio?.Cost!, 0), Is.EqualTo(1));
        return bench;
    }

    [Test]
    public void ADutyCycledBoardOffloadsItsFirstInput()
    {
        NodeBench bench = Restarted(isDutyCycled: true, Objective.Time);
        Assert.That(bench.Engine.IsRadioOff, Is.True);
        Assert.That(bench.Flow.Wakes.IsDue(0), Is.False);
        Assert.That(bench.Flow.Begin(Length, Length, 0), Is.EqualTo(InputAction.WakeRadio));
        bench.Meet(40_000);
        Assert.That(bench.Flow.OnRadio(50_000), Is.EqualTo(InputAction.Send));
    }

    [Test]
    public void AGatewayThatIsGoneCostsADutyCycledBoardOneFallback()
    {
        NodeBench bench = Restarted(isDutyCycled: true, Objective.Time);
        Assert.That(bench.Flow.Begin(Length, Length, 0), Is.EqualTo(InputAction.WakeRadio));
        Assert.That(bench.Flow.OnRadio(RadioSchedule.WakeLimitUs), Is.EqualTo(InputAction.Compute));
        bench.Flow.OnComputed(1, RadioSchedule.WakeLimitUs, RadioSchedule.WakeLimitUs + 100_000);
        Assert.That(bench.Flow.Result.Target, Is.EqualTo(Target.Fallback));
        bench.Radio!.OnDown(16_000_000);
        for (long nowUs = 20_000_000; nowUs < 500_000_000; nowUs += 10_000_000)
        {
            Assert.That(bench.Flow.Begin(Length, Length, nowUs), Is.EqualTo(InputAction.Compute));
            bench.Flow.OnComputed(1, nowUs, nowUs + 100_000);
            Assert.That(bench.Flow.Result.Target, Is.EqualTo(Target.Local));
        }
    }

    [Test]
    public void AGatewayThatIsGoneCostsAnAssociatedBoardOneFallback()
    {
        NodeBench bench = Restarted(isDutyCycled: false, Objective.Energy);
        var request = new OpenRequest(9);
        var link = new LinkFlow(request, new TelemetryBuffer(), bench.Flow);
        link.SetModel(bench.Engine);
        link.OnJoined(true, 0);
        link.OnConnected(true, 0);
        Assert.That(bench.Flow.Begin(Length, Length, 1000), Is.EqualTo(InputAction.Send));
        bench.Flow.OnSent(1000, 2000, 0);
        long lateUs = bench.Flow.UntilUs;
        Assert.That(bench.Flow.OnTimeout(lateUs), Is.EqualTo(InputAction.Compute));
        bench.Flow.OnComputed(1, lateUs, lateUs + 100_000);
        for (long nowUs = lateUs + 200_000; nowUs < 60_000_000; nowUs += 1_000_000)
        {
            Assert.That(bench.Flow.Begin(Length, Length, nowUs), Is.EqualTo(InputAction.Compute));
            bench.Flow.OnComputed(1, nowUs, nowUs + 100_000);
        }
    }

    /// <summary>A wrong belief about the load costs one round trip: the gateway refuses, and the board computes.</summary>
    [Test]
    public void ARefusalTeachesTheLoad()
    {
        NodeBench bench = Restarted(isDutyCycled: false, Objective.Time);
        bench.Engine.OnConnectionChanged(0);
        PriorMemory.Trust(bench.Engine, 0);
        var status = new StatusFrame { Online = true, Workers = 1, Session = 7, Sequence = 1, Capacity = 256 };
        status.Add(NodeBench.ModelId, 0).SetOwn(300, 20);
        bench.Engine.OnStatus("gw", status, 500);
        long sentUs = bench.Send(Length, 1000);
        Assert.That(bench.Flow.Decision.BudgetUs, Is.LessThanOrEqualTo(bench.Engine.LocalTime.At(Length)));
        ResponseFrame refusal = NodeBench.Response(ResponseCode.TooLate);
        refusal.BacklogUs = 3_000_000;
        refusal.ServiceUs = 0;
        long answerUs = sentUs + bench.Engine.TransmitUs(Length) + NodeBench.LinkUs;
        Assert.That(bench.Flow.OnAnswer(refusal, answerUs, answerUs), Is.EqualTo(InputAction.Compute));
        bench.Flow.OnComputed(1, answerUs, answerUs + 100_000);
        Assert.That(bench.Flow.Begin(Length, Length, answerUs + 200_000), Is.EqualTo(InputAction.Compute));
    }
}
