using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Inference;

/// <summary>The float engine over everything that a model file can describe. A failure names the seed of its network.</summary>
public sealed class FloatNetworkTests
{
    private const int Networks = 600;

    /// <summary>Of the output range: the largest minus the smallest of the numbers compared, and of zero.</summary>
    private const double Tolerance = 1e-5;

    /// <summary>The sums before an activation are of the order of 1 and rounded as such, also where all they make is next to nothing.</summary>
    private const double MinRange = 0.01;

    [Test]
    public void EveryStateIsThatOfTheOnnxSpecification()
    {
        double worst = 0;
        for (int seed = 0; seed < Networks; seed++)
        {
            var network = new RandomNetwork(seed);
            FloatNetwork engine = Engine(network.Model);
            var logits = new float[engine.Model.ClassCount];
            for (int n = 0; n < network.Values.Length; n++)
            {
                float[][] inputs = network.Inputs(n);
                var (layers, expected) = OnnxReference.Run(network.Model, inputs.Select(x => x.Select(v => (double)v).ToArray()).ToArray());
                (float[][][] hidden, float[][][] cell) = Watch(engine, inputs.Length);
                int label = engine.Run(inputs.SelectMany(x => x).ToArray(), logits);

                worst = Math.Max(worst, Check(expected, logits, $"seed {seed}, logits"));
                Assert.That(expected[label], Is.GreaterThanOrEqualTo(expected.Max() - 2 * Tolerance * Range(expected)), $"seed {seed}, label");
                for (int layer = 0; layer < layers.Count; layer++)
                {
                    worst = Math.Max(worst, Check(Flat(layers[layer].Hidden), Flat(hidden[layer]), $"seed {seed}, h of layer {layer}"));
                    if (network.Model.Layers[layer].Kind != CellKind.Lstm) Assert.That(Flat(cell[layer]), Is.All.Zero);
                    else worst = Math.Max(worst, Check(Flat(layers[layer].Cell), Flat(cell[layer]), $"seed {seed}, c of layer {layer}"));
                }
                CheckFinalStates(engine, hidden[^1], cell[^1]);
            }
        }
        TestContext.Out.WriteLine($"largest difference over {Networks} networks: {worst:e2} of the output range");
    }

    // What the comparison above is worth depends on what it has seen.
    [Test]
    public void TheRandomNetworksHaveEverything()
    {
        RandomNetwork[] networks = Enumerable.Range(0, Networks).Select(seed => new RandomNetwork(seed)).ToArray();
        RecurrentLayer[] layers = networks.SelectMany(network => network.Model.Layers).ToArray();
        void Seen(string what, int count) => Assert.That(count, Is.GreaterThanOrEqualTo(5), what);

        foreach (CellKind kind in Enum.GetValues<CellKind>())
        {
            RecurrentLayer[] ofKind = layers.Where(layer => layer.Kind == kind).ToArray();
            foreach (Direction direction in Enum.GetValues<Direction>())
                foreach (HeadInput head in Enum.GetValues<HeadInput>())
                    Seen($"{kind} {direction} {head}", networks.Count(network => network.Model.HeadInput == head
                        && network.Model.Layers[^1].Kind == kind && network.Model.Layers[^1].Direction == direction));
            foreach (Activation function in Enum.GetValues<Activation>())
                for (int which = 0; which < (kind == CellKind.Lstm ? 3 : kind == CellKind.Gru ? 2 : 1); which++)
                    Seen($"{kind} {function} {which}", ofKind.Count(layer => layer.Directions.Any(w => layer.ActivationsOf(w)[which].Function == function)));
            foreach (bool isClipped in new[] { false, true })
                Seen($"{kind} clipped {isClipped}", ofKind.Count(layer => layer.Clip > 0 == isClipped));
        }
        foreach (LayerOptions option in Enum.GetValues<LayerOptions>().Where(option => option != LayerOptions.None))
        {
            Seen($"{option}", layers.Count(layer => (layer.Shape.Options & option) != 0));
            Seen($"no {option}", layers.Count(layer => (layer.Shape.Options & option) == 0));
        }
        for (int count = 1; count <= 3; count++) Seen($"{count} layers", networks.Count(network => network.Model.Layers.Count == count));
        Seen("tokens", networks.Count(network => network.Model.Input == InputKind.Tokens));
        Seen("batches of one and five", Math.Min(networks.Count(item => item.Values.Length == 1), networks.Count(item => item.Values.Length == 5)));
    }

    [Test]
    public void ABatchIsItsSequencesOneByOneHoweverTheyAreWritten([Range(0, 39)] int seed)
    {
        var network = new RandomNetwork(seed);
        FloatNetwork engine = Engine(network.Model);
        int count = network.Values.Length, classes = engine.Model.ClassCount;
        float[][] single = network.Values.Select(_ => new float[classes]).ToArray();
        // An engine of its own for each: nothing but its own sequence can have a part in the result.
        int[] labels = network.Values.Select((values, n) => Engine(network.Model).Run(values, RandomNetwork.FractionBits, single[n])).ToArray();

        int[] lengths = network.Values.Select(values => values.Length / engine.Model.ValuesPerStep).ToArray();
        var logits = new float[count * classes];
        var found = new int[count];
        engine.RunBatch(network.Values.SelectMany(values => values).ToArray(), lengths, Enumerable.Repeat(RandomNetwork.FractionBits, count).ToArray(), logits, found);
        Assert.That(found, Is.EqualTo(labels));
        Assert.That(logits, Is.EqualTo(single.SelectMany(values => values)));

        Array.Clear(logits);
        float[] sequences = Enumerable.Range(0, count).SelectMany(network.Inputs).SelectMany(x => x).ToArray();
        engine.RunBatch(sequences, lengths, logits, found);
        Assert.That(found, Is.EqualTo(labels));
        Assert.That(logits, Is.EqualTo(single.SelectMany(values => values)));
    }

    [Test]
    public void NothingOfARunIsLeftInTheNext([Range(0, 39)] int seed)
    {
        var network = new RandomNetwork(seed);
        FloatNetwork engine = Engine(network.Model);
        short[] shortest = network.Values.MinBy(values => values.Length)!, longest = Enumerable.Repeat(network.Values[0], 5).SelectMany(values => values).ToArray();
        (float[], float[], float[]) first = Results(engine, shortest);
        (float[], float[], float[]) other = Results(engine, longest);
        Assert.That(Results(engine, shortest), Is.EqualTo(first));
        Assert.That(Results(Engine(network.Model), longest), Is.EqualTo(other));
    }

    [Test]
    public void NoRunAfterTheFirstAllocates([Range(0, 39)] int seed)
    {
        var network = new RandomNetwork(seed);
        FloatNetwork engine = Engine(network.Model);
        int count = network.Values.Length;
        short[] values = network.Values.SelectMany(item => item).ToArray();
        float[] features = Enumerable.Range(0, count).SelectMany(network.Inputs).SelectMany(x => x).ToArray();
        int[] lengths = network.Values.Select(item => item.Length / engine.Model.ValuesPerStep).ToArray(), bits = new int[count], labels = new int[count];
        var logits = new float[count * engine.Model.ClassCount];
        void RunAll()
        {
            engine.RunBatch(values, lengths, bits, logits, labels);
            engine.RunBatch(features, lengths, logits, labels);
            engine.Run(network.Values[0], 0, logits);
        }
        long BytesOfARun()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            RunAll();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        RunAll();
        // The least of several: now and then, beside busy threads, the runtime counts something of its own against this one.
        Assert.That(Enumerable.Range(0, 10).Select(_ => BytesOfARun()).Min(), Is.Zero);
    }

    [TestCase((short)30)]
    [TestCase((short)-1)]
    public void ATokenOutsideTheVocabularyIsTheUnknownOne(short token)
    {
        RandomNetwork network = Enumerable.Range(0, Networks).Select(seed => new RandomNetwork(seed)).First(item => item.Model.Input == InputKind.Tokens);
        FloatNetwork engine = Engine(network.Model);
        Assert.That(Results(engine, [1, token, 1]), Is.EqualTo(Results(engine, [1, 0, 1])));
        Assert.That(Results(engine, [1, token, 1]), Is.Not.EqualTo(Results(engine, [1, 1, 1])));
    }

    private static FloatNetwork Engine(TrainedModel model) => new(new FloatModel(ModelLoading.FloatOnly(model)));

    /// <summary>Logits, h and c of a run.</summary>
    private static (float[], float[], float[]) Results(FloatNetwork engine, short[] values)
    {
        var logits = new float[engine.Model.ClassCount];
        engine.Run(values, RandomNetwork.FractionBits, logits);
        return (logits, engine.Hidden.ToArray(), engine.Cell.ToArray());
    }

    /// <summary>Lets the engine write down all states of the next run: [layers][length][directions * hidden].</summary>
    private static (float[][][] Hidden, float[][][] Cell) Watch(FloatNetwork engine, int length)
    {
        float[][][] Empty() => engine.Model.Layers.Select(layer => Enumerable.Range(0, length).Select(_ => new float[layer.OutputCount]).ToArray()).ToArray();
        float[][][] allHidden = Empty(), allCells = Empty();
        engine.Observer = (layer, direction, step, hidden, cell) =>
        {
            hidden.CopyTo(allHidden[layer][step].AsSpan(direction * hidden.Length));
            cell.CopyTo(allCells[layer][step].AsSpan(direction * hidden.Length));
        };
        return (allHidden, allCells);
    }

    /// <summary>Each direction's state at the end of its own way.</summary>
    private static void CheckFinalStates(FloatNetwork engine, float[][] hidden, float[][] cell)
    {
        LayerShape last = engine.Model.Layers[^1];
        float[] Final(float[][] states) => Enumerable.Range(0, last.OutputCount)
            .Select(k => (last.Direction == Direction.Reverse || k >= last.HiddenCount ? states[0] : states[^1])[k]).ToArray();
        Assert.That(engine.Hidden.ToArray(), Is.EqualTo(Final(hidden)));
        Assert.That(engine.Cell.ToArray(), Is.EqualTo(last.HasCellState ? Final(cell) : []));
    }

    /// <returns>The largest difference as a share of the range.</returns>
    private static double Check(IReadOnlyList<double> expected, IReadOnlyList<float> actual, string what)
    {
        Assert.That(actual, Has.Count.EqualTo(expected.Count), what);
        double range = Range(expected), share = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max() / range;
        Assert.That(double.IsFinite(range), $"{what}: the reference itself left the numbers");
        Assert.That(share, Is.LessThanOrEqualTo(Tolerance), what);
        return share;
    }

    private static double Range(IReadOnlyList<double> values) => Math.Max(MinRange, Math.Max(values.Max(), 0) - Math.Min(values.Min(), 0));

    private static T[] Flat<T>(T[][] values) => values.SelectMany(row => row).ToArray();
}
