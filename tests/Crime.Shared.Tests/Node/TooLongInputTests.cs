using Crime.Costs;
using Crime.Frames;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>An input that no request can carry stays on the board, whatever the mapping: a gateway would drop its request unread.</summary>
public sealed class TooLongInputTests
{
    private const long StartUs = 1_000_000;

    [TestCase(MappingMode.Auto)]
    [TestCase(MappingMode.Gateway)]
    public void AWholeInputIsComputed(MappingMode mode)
    {
        var bench = new NodeBench(mode);
        Assert.That(bench.Flow.Begin(FrameFormat.MaxLength, FrameFormat.MaxLength, StartUs), Is.EqualTo(InputAction.Send), "the longest request");
        bench = new NodeBench(mode);
        Assert.That(bench.Flow.Begin(FrameFormat.MaxLength + 1, FrameFormat.MaxLength + 1, StartUs), Is.EqualTo(InputAction.Compute));
        Assert.That((bench.Flow.StepCount, bench.Flow.IsFinal), Is.EqualTo((FrameFormat.MaxLength + 1, true)));
        Assert.That(bench.Flow.Decision.IsOffload, Is.False);
    }

    /// <summary>The rest of a stream is decided again as soon as a request can carry it.</summary>
    [Test]
    public void AStreamIsComputedUntilARequestCanCarryItsRest()
    {
        var bench = new NodeBench(MappingMode.Gateway);
        const int Length = FrameFormat.MaxLength + 2 * InputFlow.MaxSteps;
        InputFlow flow = bench.Flow;
        Assert.That(flow.Begin(Length, 1, StartUs), Is.EqualTo(InputAction.Compute));
        flow.OnArrived(Length);
        Assert.That(flow.OnComputed(0, StartUs, StartUs + 100), Is.EqualTo(InputAction.Compute));
        Assert.That((flow.StepStart, flow.StepCount, flow.IsFinal), Is.EqualTo((1, InputFlow.MaxSteps, false)));
        Assert.That(flow.OnComputed(0, StartUs + 100, StartUs + 200), Is.EqualTo(InputAction.Compute));
        Assert.That(flow.OnComputed(0, StartUs + 200, StartUs + 300), Is.EqualTo(InputAction.Send));
        Assert.That((flow.StepStart, flow.StepCount), Is.EqualTo((1 + 2 * InputFlow.MaxSteps, FrameFormat.MaxLength - 1)));
    }

    [Test]
    public void ItHasNothingToGain()
    {
        var bench = new NodeBench(MappingMode.Auto);
        Assert.That(bench.Engine.Worth.Saving(FrameFormat.MaxLength), Is.Positive);
        Assert.That(bench.Engine.Worth.Gain(FrameFormat.MaxLength, null), Is.Positive);
        Assert.That(bench.Engine.Worth.Saving(FrameFormat.MaxLength + 1), Is.Zero);
        Assert.That(bench.Engine.Worth.Gain(FrameFormat.MaxLength + 1, null), Is.Zero);
        bench.Engine.OnLocal(FrameFormat.MaxLength + 1, 1_000, 0);
        Assert.That(bench.Engine.Worth.HasInputs, Is.False);
    }

    [Test]
    public void ABreakEvenLengthThatNoRequestCanCarryIsNone()
    {
        var bench = new NodeBench(MappingMode.Auto);
        Assert.That(bench.Engine.BreakEvenLength(StartUs), Is.InRange(1, FrameFormat.MaxLength));
        bench.SetModel(canCompute: true, 2 * FrameFormat.MaxValuesPerStep + 2);
        bench.Meet(StartUs);
        Assert.That(bench.Engine.LongestRequest(false), Is.Zero, "no request has so many numbers a timestep");
        Assert.That(bench.Engine.BreakEvenLength(StartUs), Is.EqualTo(CostLine.Never));
        Assert.That(bench.Engine.Worth.MostGain(null), Is.Zero);
        Assert.That(bench.Flow.Begin(10, 10, StartUs), Is.EqualTo(InputAction.Compute));
    }
}
