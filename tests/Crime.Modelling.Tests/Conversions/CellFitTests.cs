using System.Linq;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Conversions;

/// <summary>A conversion reports whether the format of each cell state holds the states.</summary>
public sealed class CellFitTests
{
    private static TrainedModel Counter(int layers = 1, bool isNormalised = false, float forgetBias = 20) => TestCounters.Make(layers, 3, isNormalised, forgetBias);

    private static Dataset Ones(int length)
    {
        LabelledSequence[] sequences = [new(0, "up", length, [.. Enumerable.Repeat(1f, length)], [])];
        return new Dataset("ones", false, 1, sequences, []);
    }

    private static CellFit FitOf(int length, double percentile = 100, CellWidth width = CellWidth.Auto) =>
        Conversion.Make(Counter(), Ones(length), new(Percentile: percentile, CellWidth: width)).CellFits[0]!;

    // tanh(3) is 0.995: the state is just below the number of timesteps.
    [TestCase(10, 16, 1.61)]
    [TestCase(100, 256, 2.57)]
    [TestCase(218, 256, 1.18)]
    [TestCase(250, 256, 1.03)]
    public void TheMarginIsThatOfTheFormat(int length, double range, double margin)
    {
        CellFit fit = FitOf(length, width: CellWidth.Narrow);
        Assert.That(fit.Bits, Is.EqualTo(16));
        Assert.That((fit.Range, fit.Fits), Is.EqualTo((range, true)));
        Assert.That(fit.Margin, Is.EqualTo(margin).Within(0.005));
        Assert.That(fit.Seen, Is.EqualTo(0.995 * length).Within(0.001 * length));
    }

    [TestCase(675)]
    [TestCase(258)]
    public void StatesThatTheWidest16BitsCutOffDoNotFit(int length)
    {
        CellFit fit = FitOf(length, width: CellWidth.Narrow);
        Assert.That((fit.FractionBits, fit.Range, fit.Fits), Is.EqualTo((7, 256.0, false)));
        Assert.That(fit.Margin, Is.LessThan(1));
        Assert.That(fit.IsGuess, Is.False, "it was measured");
    }

    // 16 bits hold 171 states of 0.995 with the margin of 1.5.
    [TestCase(171, 16, 256)]
    [TestCase(172, 32, 32768)]
    [TestCase(675, 32, 32768)]
    public void ACellHas32BitsWhere16DoNotHoldTheMargin(int length, int bits, double range)
    {
        CellFit fit = FitOf(length);
        Assert.That((fit.Bits, fit.Range, fit.Fits), Is.EqualTo((bits, range, true)));
        Assert.That(fit.Margin, Is.GreaterThan(Calibration.CellMargin).And.EqualTo(range / fit.Seen!.Value).Within(1e-6));
    }

    [Test]
    public void WithoutData32BitsAreNoGuess()
    {
        CellFit fit = Conversion.Make(Counter(), data: null, new(CellWidth: CellWidth.Wide)).CellFits[0]!;
        Assert.That((fit.Bits, fit.Range, fit.Seen, fit.Fits, fit.IsGuess), Is.EqualTo((32, 32768.0, default(float?), default(bool?), false)));
        Assert.That(fit.Reach, Is.GreaterThan(900));
    }

    [Test]
    public void APercentileDoesNotHideWhatWasSeen()
    {
        CellFit fit = FitOf(100, percentile: 10);
        Assert.That((fit.Range, fit.Fits), Is.EqualTo((16.0, false)));
        Assert.That(fit.Seen, Is.EqualTo(99.5).Within(0.1));
    }

    [Test]
    public void EachLayerHasItsOwnFit()
    {
        Conversion conversion = Conversion.Make(Counter(layers: 2), Ones(50), new());
        Assert.That(conversion.CellFits.Select(fit => fit!.Seen), Is.EqualTo(conversion.Calibration.MaxCells));
        TrainedModel mixed = TestModels.Make(1, [(CellKind.Gru, 2), (CellKind.Lstm, 2)], 2, classNames: ["up", "down"]);
        Assert.That(Conversion.Make(mixed, Ones(5), new()).CellFits.Select(fit => fit == null), Is.EqualTo(new[] { true, false }), "a GRU has no cell state");
    }

    // A gate at sigmoid(20) forgets nothing; at sigmoid(-2) the state settles at 1 / 0.88.
    [TestCase(false, 20f, true)]
    [TestCase(true, 20f, true)]
    [TestCase(false, -2f, false)]
    public void WithoutDataAGuessIsCalledOneWhereTheWeightsAllowMore(bool isNormalised, float forgetBias, bool isGuess)
    {
        Conversion conversion = Conversion.Make(Counter(isNormalised: isNormalised, forgetBias: forgetBias), data: null, new());
        CellFit fit = conversion.CellFits[0]!;
        Assert.That((fit.Range, fit.Seen, fit.Margin, fit.Fits, fit.IsGuess), Is.EqualTo((32.0, default(float?), default(double?), default(bool?), isGuess)));
        Assert.That(fit.Reach, isGuess ? Is.EqualTo(0.995f * CellProbe.Steps).Within(6) : Is.InRange(1f, 1.2f));
    }

    [Test]
    public void DataMakeTheProbeNeedless()
    {
        Assert.That(Conversion.Make(Counter(), Ones(5), new()).CellReach, Is.Null);
        TrainedModel both = TestModels.Make(1, [(CellKind.Lstm, 2)], 2, direction: Direction.Both);
        Conversion gateways = Conversion.Make(both, data: null, new());
        Assert.That((gateways.CellReach, gateways.CellFits.Single()), Is.EqualTo((default(object), default(CellFit))));
    }

    /// <summary>A text of one character counts as well, and a network without a cell state in front.</summary>
    [Test]
    public void TokensAndStackedLayersAreProbed()
    {
        TrainedModel tokens = TestModels.Make(3, [(CellKind.Lstm, 4)], 2, vocabulary: 12), stacked = TestModels.Make(3, [(CellKind.Gru, 4), (CellKind.Lstm, 4)], 2);
        Assert.That(Conversion.Make(tokens, data: null, new()).CellReach!.Single(), Is.Positive);
        Assert.That(Conversion.Make(stacked, data: null, new()).CellReach!.Select(reach => reach > 0), Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public void FormatsHaveNamesAndRanges()
    {
        Assert.That((Formats.NameOf(7), Formats.RangeOf(7), Formats.RangeOf(12)), Is.EqualTo(("Q8.7", 256.0, 8.0)));
        Assert.That((Formats.NameOfCell(7, false), Formats.RangeOfCell(7, false)), Is.EqualTo(("Q8.7", 256.0)));
        Assert.That((Formats.NameOfCell(15, true), Formats.RangeOfCell(15, true)), Is.EqualTo(("Q15.15", 32768.0)));
    }
}
