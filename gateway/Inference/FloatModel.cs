// The weights of a model as the gateway computes with them: single precision, packed once for the widest vectors.

using System;
using System.Numerics;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Single-precision weights, immutable and shared by all workers.</summary>
public sealed class FloatModel
{
    private const int Gates = 4;

    /// <summary>Unpacks the float section of a model.</summary>
    /// <param name="model">A model with a float section.</param>
    /// <exception cref="ArgumentException">The model has none.</exception>
    public FloatModel(ModelFile model)
    {
        if (!model.HasFloat) throw new ArgumentException($"model '{model.Name}' has no float weights", nameof(model));
        int inputs = InputCount = model.InputCount;
        int hidden = HiddenCount = model.Layers[0].HiddenCount;
        int rows = model.Layers[0].RowCount, classes = model.ClassCount;
        Id = model.Id;
        Input = model.Input;
        VocabularyCount = model.VocabularyCount;
        ClassNames = model.ClassNames;

        int at = 0;
        float[] Next(int count) { float[] values = model.ReadFloats(at, count); at += count; return values; }
        Embedding = Next(VocabularyCount * inputs);
        float[] inputWeights = Next(rows * inputs), recurrentWeights = Next(rows * hidden);
        float[] inputBias = Next(rows), recurrentBias = Next(rows);
        HeadWeights = Next(classes * hidden);
        HeadBias = Next(classes);

        int lanes = Vector<float>.Count;
        GateStride = (hidden + lanes - 1) / lanes * lanes;
        RowStride = Gates * GateStride;
        Bias = new float[RowStride];
        Weights = new float[(inputs + hidden) * RowStride];
        for (int gate = 0; gate < Gates; gate++)
        {
            for (int unit = 0; unit < hidden; unit++)
            {
                int row = gate * hidden + unit, to = gate * GateStride + unit;
                Bias[to] = inputBias[row] + recurrentBias[row];
                for (int k = 0; k < inputs; k++) Weights[k * RowStride + to] = inputWeights[row * inputs + k];
                for (int k = 0; k < hidden; k++) Weights[(inputs + k) * RowStride + to] = recurrentWeights[row * hidden + k];
            }
        }
    }

    /// <summary>Identity of the trained weights.</summary>
    public uint Id { get; }

    /// <summary>What a timestep is.</summary>
    public InputKind Input { get; }

    /// <summary>Width of the cell's input.</summary>
    public int InputCount { get; }

    /// <summary>Hidden units.</summary>
    public int HiddenCount { get; }

    /// <summary>Numbers per timestep in a request: the features, or one token.</summary>
    public int ValuesPerStep => Input == InputKind.Tokens ? 1 : InputCount;

    /// <summary>Number of tokens, 0 for feature models.</summary>
    public int VocabularyCount { get; }

    /// <summary>Names of the classes.</summary>
    public string[] ClassNames { get; }

    /// <summary>Number of classes.</summary>
    public int ClassCount => ClassNames.Length;

    /// <summary>[vocabulary][inputs]; empty for feature models.</summary>
    internal float[] Embedding { get; }

    /// <summary>Floats from one gate to the next: the hidden units, padded to whole vectors.</summary>
    internal int GateStride { get; }

    /// <summary>Floats from one column of the weights to the next: four gates.</summary>
    internal int RowStride { get; }

    /// <summary>[4 gates][hidden, padded]: the sum of PyTorch's two biases.</summary>
    internal float[] Bias { get; }

    /// <summary>[inputs, then hidden][4 gates][hidden, padded]: a column of all rows lies side by side.</summary>
    internal float[] Weights { get; }

    /// <summary>[classes][hidden]</summary>
    internal float[] HeadWeights { get; }

    /// <summary>[classes]</summary>
    internal float[] HeadBias { get; }
}
