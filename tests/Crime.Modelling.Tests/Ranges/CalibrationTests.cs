using System.Linq;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Ranges;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Ranges;

public sealed class CalibrationTests
{
    /// <summary>
    /// A GRU between two LSTMs, of one unit each. All gates stand open and the candidates at 1 and -1: the cell states count the
    /// timesteps up and down.
    /// </summary>
    private static TrainedModel Counter()
    {
        RecurrentLayer Layer(CellKind kind, float[] bias) => new()
        {
            Kind = kind,
            InputCount = 1,
            HiddenCount = 1,
            Directions =
            [
                new DirectionWeights
                {
                    InputWeights = new float[bias.Length],
                    RecurrentWeights = new float[bias.Length],
                    InputBias = bias,
                    RecurrentBias = new float[bias.Length],
                },
            ],
        };
        return new TrainedModel
        {
            Name = "counter",
            Input = InputKind.Features,
            InputCount = 1,
            ClassNames = ["a"],
            Embedding = [],
            Layers = [Layer(CellKind.Lstm, [50, 50, 50, 50]), Layer(CellKind.Gru, [0, 0, 0]), Layer(CellKind.Lstm, [0, 50, -50, 50])],
            HeadWeights = [1],
            HeadBias = [0],
        };
    }

    private static LabelledSequence Sequence(params float[] values) => new(0, "a", values.Length, values, []);

    private static Dataset Data(params LabelledSequence[] train) => new("counts", false, 1, train, []);

    [TestCase(100, 10f, 10f, 5f)]
    [TestCase(90, 9f, 9f, 4.5f)]
    [TestCase(50, 5f, 5f, 2.5f)]
    [TestCase(10, 1f, 1f, 0.5f)]
    public void EachLayerHasItsOwnRange(double percentile, float maxInput, float firstCell, float lastCell)
    {
        float[] values = Enumerable.Range(1, 10).Select(k => (float)(k % 2 == 0 ? k : -k)).ToArray();
        Calibration calibration = Calibration.Measure(ModelLoading.FloatOnly(Counter()), Data(Sequence(values)), percentile: percentile);
        Assert.That(calibration.MaxInput, Is.EqualTo(maxInput).Within(maxInput / 4096));
        Assert.That(calibration.MaxCells, Has.Count.EqualTo(3));
        Assert.That(calibration.MaxCells[0], Is.EqualTo(firstCell).Within(firstCell / 4096));
        Assert.That(calibration.MaxCells[1], Is.Zero, "a GRU has no cell state");
        Assert.That(calibration.MaxCells[2], Is.EqualTo(lastCell).Within(lastCell / 4096));
        Assert.That(calibration.LongestLength, Is.EqualTo(10));
    }

    [Test]
    public void TheLargestValuesAreExact()
    {
        Calibration calibration = Calibration.Measure(ModelLoading.FloatOnly(Counter()), Data(Sequence(1, -7.654321f), Sequence(0.1f, 0.2f, 0.3f)));
        Assert.That(calibration.MaxInput, Is.EqualTo(7.654321f));
        Assert.That(calibration.MaxCells, Is.EqualTo(new[] { 3f, 0f, 1.5f }), "every sequence starts anew");
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(100.5)]
    [TestCase(double.NaN)]
    public void APercentileOutOfRangeIsRefused(double percentile) => Assert.That(
        () => Calibration.Measure(ModelLoading.FloatOnly(Counter()), Data(Sequence(1)), percentile: percentile),
        Throws.TypeOf<UserInputException>().With.Message.Contains("percentile"));
}
