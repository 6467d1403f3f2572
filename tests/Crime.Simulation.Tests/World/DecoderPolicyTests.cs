using System.Linq;
using Crime.Costs;
using Crime.Simulation.Inputs;
using Crime.Simulation.World;
using NUnit.Framework;

namespace Crime.Simulation.Tests.World;

/// <summary>Networks that write: the engine knows the line of the output length, the rule takes every output to have the mean length.</summary>
public sealed class DecoderPolicyTests
{
    private static readonly InputSet s_numbers = InputSet.Load(Checkout.PathOf("tests", "Crime.Simulation.Tests", "Decoders", "number-words.yaml"));

    private static double MeanTimeMs(string scenario, Policy policy) => Enumerable.Range(1, 3)
        .Average(seed => new SimulationRun(Worlds.Bundled(scenario), s_numbers, policy, Objective.Time, seed).Run().MeanTimeMs);

    [TestCase("always-on-lan")]
    [TestCase("modem-sleep")]
    public void TheCostOfTheOutputBeatsTheLengthOfTheInputAlone(string scenario)
    {
        double engine = MeanTimeMs(scenario, Policy.Crime), rule = MeanTimeMs(scenario, Policy.MeanOutput), oracle = MeanTimeMs(scenario, Policy.Oracle);
        TestContext.Out.WriteLine($"{scenario}: engine {engine}, rule {rule}, oracle {oracle}");
        Assert.That(engine, Is.LessThan(rule));
        Assert.That(oracle, Is.LessThan(engine));
    }

    [Test]
    public void TheRuleIsForNetworksThatWrite()
    {
        Assert.That(Policy.Crime.OutputOf(Worlds.Set().Lengths), Is.Null);
        OutputLength? rule = Policy.MeanOutput.OutputOf(s_numbers.Lengths);
        Assert.That((rule!.GammaThousandths, rule.DeltaThousandths > 1000), Is.EqualTo((0, true)));
    }
}
