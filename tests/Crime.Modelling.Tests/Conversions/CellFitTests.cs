using System.Linq;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Conversions;

/// <summary>A conversion reports whether the 16 bits of each cell state hold the states.</summary>
public sealed class CellFitTests
{
    /// <summary>Cells that count the timesteps while the input is positive: forget and input gate stand open, the candidate follows the input.</summary>
    private static TrainedModel Counter(int layers = 1, bool isNormalised = false, float forgetBias = 20)
    {
        RecurrentLayer Layer() => new()
        {
            Kind = CellKind.Lstm, InputCount = 1, HiddenCount = 1,
            Directions =
            [
                new DirectionWeights
                {
                    InputWeights = [0, 0, 3, 0], RecurrentWeights = [0, 0, 0, 0], InputBias = [20, forgetBias, 0, 20], RecurrentBias = [0, 0, 0, 0],
                },
            ],
        };
        return new TrainedModel
        {
            Name = "counter", Input = InputKind.Features, InputCount = 1, ClassNames = ["a", "b"], Embedding = [],
            Layers = [.. Enumerable.Range(0, layers).Select(_ => Layer())], HeadWeights = [1, -1], HeadBias = [0, 0],
            Mean = isNormalised ? [0] : null, Deviation = isNormalised ? [1] : null,
        };
    }

    private static Dataset Ones(int length)
    {
        LabelledSequence[] sequences = [new(0, "a", length, [.. Enumerable.Repeat(1f, length)], [])];
        return new Dataset("ones", false, 1, sequences, []);
    }

    private static CellFit FitOf(int length, double percentile = 100) =>
        Conversion.Make(Counter(), Ones(length), new(Percentile: percentile)).CellFits[0]!;

    // tanh(3) is 0.995: the state is just below the number of timesteps.
    [TestCase(10, 16, 1.61)]
    [TestCase(100, 256, 2.57)]
    [TestCase(218, 256, 1.18)]
    [TestCase(250, 256, 1.03)]
    public void TheMarginIsThatOfTheFormat(int length, double range, double margin)
    {
        CellFit fit = FitOf(length);
        Assert.That((fit.Range, fit.Fits), Is.EqualTo((range, true)));
        Assert.That(fit.Margin, Is.EqualTo(margin).Within(0.005));
        Assert.That(fit.Seen, Is.EqualTo(0.995 * length).Within(0.001 * length));
    }

    [TestCase(675)]
    [TestCase(258)]
    public void StatesThatTheWidestFormatCutsOffDoNotFit(int length)
    {
        CellFit fit = FitOf(length);
        Assert.That((fit.FractionBits, fit.Range, fit.Fits), Is.EqualTo((7, 256.0, false)));
        Assert.That(fit.Margin, Is.LessThan(1));
        Assert.That(fit.IsGuess, Is.False, "it was measured");
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
        TrainedModel mixed = TestModels.Make(1, [(CellKind.Gru, 2), (CellKind.Lstm, 2)], 2, classNames: ["a", "b"]);
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
    public void FormatsHaveNamesAndRanges() =>
        Assert.That((Formats.NameOf(7), Formats.RangeOf(7), Formats.RangeOf(12)), Is.EqualTo(("Q8.7", 256.0, 8.0)));
}
