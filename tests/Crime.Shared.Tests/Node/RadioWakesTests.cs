using Crime.Costs;
using Crime.Frames;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>A duty-cycled board that minimises energy and knows no gateway: an input that may gain looks for one.</summary>
public sealed class RadioWakesTests
{
    private const int Length = NodeBench.LongestLength;
    private const int RadioUpUs = 5_000;
    private const long StartUs = 60_000_000;

    private NodeBench _bench = null!;
    private InputFlow _flow = null!;
    private long _nowUs;

    [SetUp]
    public void Make()
    {
        _bench = new NodeBench(MappingMode.Auto, isDutyCycled: true, objective: Objective.Energy, radioUpUs: RadioUpUs);
        // The new engine has met no gateway.
        _bench.SetModel(true);
        _bench.Radio!.OnDown(0);
        _flow = _bench.Flow;
        _nowUs = StartUs;
    }

    [Test]
    public void AnInputThatMayGainIsAProbe()
    {
        Assert.That(_flow.Wakes.IsDue(_nowUs), Is.False, "no wake without an input");
        Assert.That(_flow.Begin(1, 1, _nowUs), Is.EqualTo(InputAction.Compute), "its computation takes less than any wake");
        Compute();
        Assert.That(_flow.Begin(Length, Length, _nowUs), Is.EqualTo(InputAction.WakeRadio));
        _bench.Engine.OnRadioUp(_nowUs);
        _bench.Meet(_nowUs);
        Assert.That(_flow.OnRadio(_nowUs + RadioUpUs), Is.EqualTo(InputAction.Send));
        _flow.OnSent(_nowUs + RadioUpUs, _nowUs + RadioUpUs + 200, 0);
        long answeredUs = _nowUs + RadioUpUs + 10_000;
        Assert.That(_flow.OnAnswer(NodeBench.Response(ResponseCode.Ok, 1), answeredUs, answeredUs), Is.EqualTo(InputAction.Complete));
        Assert.That(_flow.Result.Target, Is.EqualTo(Target.Gateway));
        Assert.That(_flow.Background.EnergyUj, Is.Zero, "the wake belongs to the input");
    }

    [Test]
    public void AProbeWithoutAGatewayIsPaidByInputs()
    {
        long probeUj = Probe();
        Assert.That(probeUj, Is.GreaterThan(7_000_000), "15 s at 495 mW");
        int inputs = 0;
        long inputsUj = 0;
        for (; _flow.Begin(Length, Length, _nowUs) == InputAction.Compute; inputs++)
        {
            Compute();
            inputsUj += _flow.Timeline.EnergyNj(NodeBench.Power) / 1000;
            _nowUs += 10_000_000;
        }
        TestContext.Out.WriteLine($"{inputs} inputs of {inputsUj} uJ after a probe of {probeUj} uJ");
        Assert.That(inputsUj, Is.InRange(199 * probeUj, 401 * probeUj), "the debt, and the price of the next probe");
    }

    [Test]
    public void ABoardThatMayNotOffloadDoesNotProbe()
    {
        _bench.Mapping.Mode = MappingMode.Local;
        Assert.That(_flow.Begin(Length, Length, _nowUs), Is.EqualTo(InputAction.Compute));
    }

    /// <summary>Plays a probe that finds no gateway.</summary>
    /// <returns>Its energy beyond that of computing in µJ.</returns>
    private long Probe()
    {
        Assert.That(_flow.Begin(Length, Length, _nowUs), Is.EqualTo(InputAction.WakeRadio));
        _bench.Engine.OnRadioUp(_nowUs);
        _nowUs = _flow.UntilUs;
        Assert.That(_flow.OnRadio(_nowUs), Is.EqualTo(InputAction.Compute));
        Compute();
        long energyUj = _flow.Timeline.EnergyNj(NodeBench.Power) / 1000;
        _bench.Radio!.OnDown(_nowUs);
        return energyUj;
    }

    private void Compute()
    {
        long startUs = _nowUs;
        _nowUs += 1_400L * _flow.StepCount;
        Assert.That(_flow.OnComputed(0, startUs, _nowUs), Is.EqualTo(InputAction.Complete));
    }
}
