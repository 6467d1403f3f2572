// The weights of a model as the gateway computes with them: single precision, packed once for the widest vectors.

using System;
using System.Collections.Generic;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Single-precision weights of all layers, immutable and shared by all workers.</summary>
public sealed class FloatModel
{
    /// <summary>Unpacks the float section of a model.</summary>
    /// <param name="model">A model with a float section.</param>
    /// <exception cref="ArgumentException">The model has none.</exception>
    public FloatModel(ModelFile model)
    {
        if (!model.HasFloat) throw new ArgumentException($"model '{model.Name}' has no float weights", nameof(model));
        Id = model.Id;
        Input = model.Input;
        InputCount = model.InputCount;
        VocabularyCount = model.VocabularyCount;
        ClassNames = model.ClassNames;
        Layers = model.Layers;
        HeadInput = model.HeadInput;

        int at = 0;
        float[] Next(int count) { float[] values = model.ReadFloats(at, count); at += count; return values; }
        Embedding = Next(VocabularyCount * InputCount);
        Weights = new CellWeights[Layers.Count][];
        for (int layer = 0; layer < Weights.Length; layer++)
        {
            Weights[layer] = new CellWeights[Layers[layer].DirectionCount];
            for (int direction = 0; direction < Weights[layer].Length; direction++)
                Weights[layer][direction] = CellWeights.Pack(Layers[layer].Kind, new DirectionNumbers(model, layer, direction, Next));
        }
        HeadWeights = Next(ClassCount * model.HeadInputCount);
        HeadBias = Next(ClassCount);
    }

    /// <summary>Identity of the trained weights.</summary>
    public uint Id { get; }

    /// <summary>What a timestep is.</summary>
    public InputKind Input { get; }

    /// <summary>Width of the first layer's input: features per timestep, or dimensions of the embedding.</summary>
    public int InputCount { get; }

    /// <summary>The recurrent layers, the one that sees the input first.</summary>
    public IReadOnlyList<LayerShape> Layers { get; }

    /// <summary>What of the last layer the head sees.</summary>
    public HeadInput HeadInput { get; }

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

    /// <summary>[layers][directions], the forward direction first.</summary>
    internal CellWeights[][] Weights { get; }

    /// <summary>[classes][outputs of the last layer]</summary>
    internal float[] HeadWeights { get; }

    /// <summary>[classes]</summary>
    internal float[] HeadBias { get; }
}
