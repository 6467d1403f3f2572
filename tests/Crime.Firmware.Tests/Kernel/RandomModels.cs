using System;
using System.Collections.Generic;
using System.Linq;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Quantisation;

namespace Crime.Firmware.Tests.Kernel;

/// <summary>Random networks of every kind that boards run, and inputs for them; the same for the same seed.</summary>
internal static class RandomModels
{
    /// <summary>A network.</summary>
    /// <param name="seed">Its weights.</param>
    /// <param name="kind">The cell of all layers.</param>
    /// <param name="inputs">Features, or dimensions of the embedding.</param>
    /// <param name="hidden">Hidden units of each layer.</param>
    /// <param name="vocabulary">Tokens; 0 for features.</param>
    /// <param name="scale">Largest weight; large ones saturate gates and cells.</param>
    /// <param name="weightBits">Bits of a stored weight.</param>
    /// <param name="zeroShare">Share of packed pairs of weights that are zero.</param>
    public static byte[] Write(
        int seed, CellKind kind, int inputs, int[] hidden, int vocabulary = 0, double scale = 1, int weightBits = 16, double zeroShare = 0)
    {
        var random = new Random(seed);
        float[] Numbers(int count) => Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2 - 1) * scale)).ToArray();
        var layers = new List<RecurrentLayer>();
        int width = inputs;
        foreach (int units in hidden)
        {
            layers.Add(Layer(kind, width, units, Numbers, random, zeroShare));
            width = units;
        }
        const int classes = 3;
        var trained = new TrainedModel
        {
            Name = "random",
            Input = vocabulary > 0 ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = Enumerable.Range(0, classes).Select(i => $"class {i}").ToArray(),
            CodePoints = vocabulary > 0 ? Enumerable.Range('a', vocabulary - 1).ToArray() : null,
            Embedding = Numbers(vocabulary * inputs),
            Layers = layers,
            HeadWeights = Numbers(classes * width),
            HeadBias = Numbers(classes),
        };
        return ModelFileWriter.Write(trained, Quantiser.Quantise(trained, Calibration.FromDefaults, weightBits));
    }

    /// <summary>Numbers over the whole range of 16 bits, or tokens, unknown ones too.</summary>
    public static short[] Sequence(Random random, ModelFile model, int length) => Enumerable.Range(0, length * model.ValuesPerStep)
        .Select(_ => (short)(model.Input == InputKind.Tokens ? random.Next(model.VocabularyCount + 2) : random.Next(Fixed.Int16Min, Fixed.Int16Max + 1)))
        .ToArray();

    private static RecurrentLayer Layer(CellKind kind, int inputs, int units, Func<int, float[]> numbers, Random random, double zeroShare)
    {
        int gates = kind == CellKind.Gru ? 3 : 4;
        float[] inputWeights = numbers(gates * units * inputs), recurrentWeights = numbers(gates * units * units);
        Prune(inputWeights, kind, inputs, units, random, zeroShare);
        Prune(recurrentWeights, kind, units, units, random, zeroShare);
        var weights = new DirectionWeights
        {
            InputWeights = inputWeights,
            RecurrentWeights = recurrentWeights,
            InputBias = numbers(gates * units),
            RecurrentBias = numbers(gates * units),
        };
        return new RecurrentLayer { Kind = kind, InputCount = inputs, HiddenCount = units, Directions = [weights] };
    }

    /// <summary>Zeroes the pairs that share a 64-bit number: two gates of a unit, or the candidates of two units of a GRU.</summary>
    private static void Prune(float[] weights, CellKind kind, int columns, int units, Random random, double share)
    {
        var pairs = new List<(int Low, int High)>();
        for (int unit = 0; unit < units; unit++) pairs.Add((unit, units + unit));
        for (int unit = 0; kind == CellKind.Lstm && unit < units; unit++) pairs.Add((2 * units + unit, 3 * units + unit));
        for (int unit = 0; kind == CellKind.Gru && unit < units; unit += 2) pairs.Add((2 * units + unit, 2 * units + Math.Min(unit + 1, units - 1)));
        foreach (var (low, high) in pairs)
        {
            for (int column = 0; column < columns; column++)
            {
                if (random.NextDouble() >= share) continue;
                weights[low * columns + column] = 0;
                weights[high * columns + column] = 0;
            }
        }
    }
}
