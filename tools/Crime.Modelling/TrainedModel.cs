// A trained network in memory, whatever file it came from and before anything is quantised.

using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Ranges;

namespace Crime.Modelling;

/// <summary>A recurrent network with single-precision weights: perhaps an embedding, recurrent layers, perhaps a graph, a linear head.</summary>
public sealed class TrainedModel
{
    /// <summary>Name of the model: the file's name without its extension.</summary>
    public required string Name { get; init; }

    /// <summary>What a timestep is.</summary>
    public required InputKind Input { get; init; }

    /// <summary>Width of the first layer's input: features per timestep, or dimensions of the embedding.</summary>
    public required int InputCount { get; init; }

    /// <summary>Names of the classes, or of the values of an answer that has no class; for an anomaly <see cref="AnswerScale.AnomalyNames"/>.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Mean per feature, [inputs]; null when the inputs are taken as they are.</summary>
    public float[]? Mean { get; init; }

    /// <summary>Standard deviation per feature, [inputs].</summary>
    public float[]? Deviation { get; init; }

    /// <summary>Code point of token k + 1 at index k; null for feature models.</summary>
    public int[]? CodePoints { get; init; }

    /// <summary>[vocabulary][inputs]; empty for feature models.</summary>
    public required float[] Embedding { get; init; }

    /// <summary>The recurrent layers, the one that sees the input first.</summary>
    public required IReadOnlyList<RecurrentLayer> Layers { get; init; }

    /// <summary>What of the last layer the head sees.</summary>
    public HeadInput HeadInput { get; init; }

    /// <summary>The operations between input and head; null for the layers in a row.</summary>
    public NetworkGraph? Graph { get; init; }

    /// <summary>The meaning of the numbers that the head gives.</summary>
    public AnswerKind Answer { get; init; }

    /// <summary>True when one number decides between two classes: the first row of the head is zero.</summary>
    public bool IsLogit { get; init; }

    /// <summary>Scale and units of values, or the threshold of an anomaly; null for classes, and for values that are taken as they are.</summary>
    public AnswerScale? Scale { get; init; }

    /// <summary>Scale of values: offset 0 and factor 1 where they are taken as they are.</summary>
    internal AnswerScale ValueScale => Scale
        ?? new AnswerScale(0, new float[OutputCount], [.. Enumerable.Repeat(1f, OutputCount)], [.. Enumerable.Repeat("", OutputCount)]);

    /// <summary>The decoder; null for a model that writes no sequence.</summary>
    public TrainedDecoder? Decoder { get; init; }

    /// <summary>[outputs][inputs of the head].</summary>
    public required float[] HeadWeights { get; init; }

    /// <summary>[outputs].</summary>
    public required float[] HeadBias { get; init; }

    /// <summary>The ranges to quantise with, where the training has decided them; null for any.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>Number of tokens, 0 for feature models.</summary>
    public int VocabularyCount => Input == InputKind.Tokens ? Embedding.Length / InputCount : 0;

    /// <summary>Numbers that the head sees.</summary>
    public int HeadInputCount => Graph?.Shapes[^1].Width ?? Layers[^1].Shape.OutputCount;

    /// <summary>Numbers that the head gives.</summary>
    public int OutputCount => HeadBias.Length;

    /// <summary>Trainable numbers.</summary>
    public int ParameterCount => Embedding.Length + Layers.Sum(layer => layer.ParameterCount) + (int)(Graph?.FloatCount ?? 0)
        + (Decoder?.ParameterCount ?? 0) + HeadWeights.Length + HeadBias.Length;

    /// <summary>Whether a board could run the model.</summary>
    public bool FitsBoards => ObstacleForBoards == null;

    /// <summary>What keeps boards from running the model, as in "layer 0 reads both ways"; null when nothing does.</summary>
    public string? ObstacleForBoards =>
        Layers.Select((layer, index) => layer.ObstacleForBoards is { } obstacle ? $"layer {index} {obstacle}" : null).FirstOrDefault(text => text != null)
        ?? (DenseTail.TryFind(this) == null
            ? BoardText
            : null)
        ?? (Decoder is { Attention: not AttentionKind.None } ? "boards run decoders without attention" : null)
        ?? (Answer == AnswerKind.ValuesPerStep ? "a board gives no values per timestep" : null)
        ?? (Answer == AnswerKind.Anomaly && Graph != null ? "a board predicts the next timestep from the last state alone" : null)
        ?? (HeadInput == HeadInput.FirstStep ? "the head sees the first timestep" : null);

    private static string BoardText => $"boards compute up to {ModelFormat.MaxConvolutions} convolutions (windows of up to {ModelFormat.MaxConvolutionSize} timesteps, "
        + $"strides of up to {ModelFormat.MaxConvolutionStride}, no dilation) with Relu or Tanh, recurrent layers in a row, "
        + "then fully connected layers with Relu or Tanh on the last state, the mean or the maximum, and nothing else";

    /// <summary>The same model with other recurrent weights. The calibration stays behind: other weights reach other states.</summary>
    /// <param name="layers">Layers of the same shapes.</param>
    public TrainedModel WithLayers(IReadOnlyList<RecurrentLayer> layers) => With(layers, null);

    /// <summary>Returns the same model with ranges to quantise with.</summary>
    /// <param name="calibration">The ranges; null for any.</param>
    public TrainedModel WithCalibration(Calibration? calibration) => With(Layers, calibration);

    /// <summary>Returns the same model with another head of the same sizes, and another scale.</summary>
    /// <param name="weights">[outputs][inputs of the head].</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="scale">Scale of the answer.</param>
    internal TrainedModel WithHead(float[] weights, float[] bias, AnswerScale? scale) => With(Layers, Calibration, (weights, bias, scale));

    /// <summary>Returns the same model with a decoder: it writes sequences.</summary>
    /// <param name="decoder">The decoder.</param>
    public TrainedModel WithDecoder(TrainedDecoder decoder) => With(Layers, Calibration, decoder: decoder);

    private TrainedModel With(
        IReadOnlyList<RecurrentLayer> layers, Calibration? calibration, (float[] Weights, float[] Bias, AnswerScale? Scale)? head = null,
        TrainedDecoder? decoder = null) => new()
    {
        Name = Name,
        Input = Input,
        InputCount = InputCount,
        ClassNames = ClassNames,
        Mean = Mean,
        Deviation = Deviation,
        CodePoints = CodePoints,
        Embedding = Embedding,
        Layers = layers,
        HeadInput = HeadInput,
        Graph = Graph,
        Answer = decoder == null ? Answer : AnswerKind.Sequence,
        IsLogit = IsLogit,
        Scale = head == null ? Scale : head.Value.Scale,
        Decoder = decoder ?? Decoder,
        HeadWeights = head?.Weights ?? HeadWeights,
        HeadBias = head?.Bias ?? HeadBias,
        Calibration = calibration,
    };

    /// <summary>The network in a few words: "embedding 16, LSTM 24, GRU 24 both ways".</summary>
    public string Describe() => NetworkText.Of(Input, InputCount, Layers.Select(layer => layer.Shape));
}
