// The weights of a model as the gateway computes with them: single precision, packed once for the widest vectors.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using Crime.Gateway.Inference.Batches;
using Crime.Gateway.Inference.Cells;
using Crime.Gateway.Inference.Decoding;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Single-precision weights of all layers, immutable and shared by all workers.</summary>
public sealed class FloatModel
{
    // Who runs batches of plain networks has no use for these, and they are as large again.
    private readonly Lazy<CellWeights[][]> _weights;

    /// <summary>Unpacks the float section of a model.</summary>
    /// <param name="model">A model with a float section.</param>
    /// <param name="vectorBits">Width of the vectors that batches are computed with, 512, 256 or 128; 0 for what <see cref="VectorWidth"/> chooses.</param>
    /// <exception cref="ArgumentException">The model has no float section, or the environment asks for a width that is not there.</exception>
    /// <exception cref="GraphException">Its graph cannot be computed; <see cref="NetworkGraph.ProblemOf"/> asks before.</exception>
    public FloatModel(ModelFile model, int vectorBits = 0)
    {
        if (!model.HasFloat) throw new ArgumentException($"model '{model.Name}' has no float weights", nameof(model));
        Id = model.Id;
        Input = model.Input;
        InputCount = model.InputCount;
        VocabularyCount = model.VocabularyCount;
        LongestLength = model.LongestLength;
        ClassNames = model.ClassNames;
        Layers = model.Layers;
        HeadInput = model.HeadInput;
        HeadInputCount = model.HeadInputCount;
        OutputCount = model.OutputCount;
        Scale = model.Scale;
        Answer = model.Answer;
        IsAnswerPerStep = model.IsAnswerPerStep;
        BoardFront = Array.ConvertAll(model.ReadFront() ?? [], BoardWindow.Of);
        BoardCells = model.HasFixedPoint ? Array.ConvertAll(model.FixedLayers, BoardCell.Of) : null;

        int at = 0;
        float[] Next(int count) { float[] values = model.ReadFloats(at, count); at += count; return values; }
        Embedding = Next(VocabularyCount * InputCount);
        var numbers = new DirectionNumbers[Layers.Count][];
        for (int layer = 0; layer < numbers.Length; layer++)
        {
            numbers[layer] = new DirectionNumbers[Layers[layer].DirectionCount];
            for (int direction = 0; direction < numbers[layer].Length; direction++)
                numbers[layer][direction] = new DirectionNumbers(model, layer, direction, Next);
        }
        _weights = new Lazy<CellWeights[][]>(() => Pack(numbers, CellWeights.Pack));
        VectorBits = vectorBits == 0 ? VectorWidth.ChosenBits : vectorBits;
        if (model.HasGraph) Graph = NetworkGraph.Read(model, Next);
        if (model.Decoder != null) DecoderWeights = new DecoderWeights(model.Decoder, ClassCount, Next);
        bool isPlain = Graph == null && DecoderWeights == null
            && Enumerable.Range(0, numbers.Length).All(layer => numbers[layer].All(one => BatchCell.CanRun(Layers[layer].Kind, one)));
        if (isPlain) BatchCells = Pack(numbers, (kind, one) => BatchCell.Pack(kind, one, VectorBits));
        HeadWeights = Next(OutputCount * model.HeadInputCount);
        HeadBias = Next(OutputCount);
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

    /// <summary>Numbers that the head sees: the outputs of the last layer, or those of the graph.</summary>
    public int HeadInputCount { get; }

    /// <summary>The operations between input and head; null for recurrent layers in a row.</summary>
    public NetworkGraph? Graph { get; }

    /// <summary>The decoder; null for a model that writes no sequence.</summary>
    public DecoderSection? Decoder => DecoderWeights?.Section;

    /// <summary>Its weights.</summary>
    internal DecoderWeights? DecoderWeights { get; }

    /// <summary>The meaning of the numbers that the head gives.</summary>
    public AnswerKind Answer { get; }

    /// <summary>Numbers that the head gives.</summary>
    public int OutputCount { get; }

    /// <summary>Scale of the answer's values, and threshold of an anomaly; null for classes.</summary>
    public AnswerScale? Scale { get; }

    /// <summary>True when the head gives one vector for each timestep.</summary>
    public bool IsAnswerPerStep { get; }

    /// <summary>Returns the number of logits of an answer.</summary>
    /// <param name="length">Timesteps of the sequence, at least 1.</param>
    public int LogitCount(int length) => OutputCount * (!IsAnswerPerStep ? 1 : Graph == null ? length : Graph.LengthOf(Graph.Shapes[^1].Length, length));

    /// <summary>The cell states of boards, [layers]; null when boards cannot run the model, and so have no state to hand over.</summary>
    public IReadOnlyList<BoardCell>? BoardCells { get; }

    /// <summary>The convolutions of boards in front of the layers; empty without them.</summary>
    public IReadOnlyList<BoardWindow> BoardFront { get; }

    /// <summary>
    /// Numbers of the state that a board hands over: h and, where there is one, c of every layer, then those of a pooling or of errors of prediction, then
    /// those of the convolutions; 0 when there are no such boards.
    /// </summary>
    public int BoardStateCount => BoardCells == null || Decoder is { Attention: not AttentionKind.None }
        || Layers.Any(layer => layer.Direction != Direction.Forward)
        || Graph is { IsResumable: false } || !HasWindowsOfBoards
        ? 0
        : Layers.Sum(layer => layer.HiddenCount) + BoardCells.Sum(cell => cell.Count) + PooledStateCount + ErrorStateCount + BoardFront.Sum(layer => layer.StateCount);

    // The weights of boards are foreign too: their windows need not be those of the graph.
    private bool HasWindowsOfBoards => BoardFront.Where(layer => layer.IsOperation).Select(layer => (layer.Window, layer.InputCount)).SequenceEqual(
        Graph?.FrontWindows.Select(operation => (Graph.Operations[operation].Window, Graph.Shapes[Graph.Operations[operation].Inputs[0]].Width)) ?? []);

    private int ErrorStateCount => Answer == AnswerKind.Anomaly ? NetworkState.ErrorStateCount : 0;

    // A maximum has a number each, a mean two halves of a sum, and both the number of timesteps.
    private int PooledStateCount => Graph?.Pooling is { } pooling ? pooling.Width * (pooling.Argument == (int)PoolKind.Mean ? 2 : 1) + 1 : 0;

    /// <summary>Numbers per timestep in a request: the features, or one token.</summary>
    public int ValuesPerStep => Input == InputKind.Tokens ? 1 : InputCount;

    /// <summary>Number of tokens, 0 for feature models.</summary>
    public int VocabularyCount { get; }

    /// <summary>Longest sequence that the model was calibrated with, in timesteps; 0 when unknown.</summary>
    public int LongestLength { get; }

    /// <summary>Names of the classes.</summary>
    public string[] ClassNames { get; }

    /// <summary>Number of classes.</summary>
    public int ClassCount => ClassNames.Length;

    /// <summary>[vocabulary][inputs]; empty for feature models.</summary>
    internal float[] Embedding { get; }

    /// <summary>Width of the vectors that batches are computed with, in bits.</summary>
    public int VectorBits { get; }

    /// <summary>Weights of the general path, [layers][directions], the forward direction first; packed at their first use.</summary>
    internal CellWeights[][] Weights => _weights.Value;

    /// <summary>Weights of the fast path, [layers][directions]; null where a layer has an option that only the general path knows.</summary>
    internal BatchCell[][]? BatchCells { get; }

    /// <summary>[outputs][inputs of the head]</summary>
    internal float[] HeadWeights { get; }

    /// <summary>[outputs]</summary>
    internal float[] HeadBias { get; }

    /// <summary>Looks tokens up; one outside the vocabulary counts as 0, "unknown".</summary>
    /// <param name="tokens">[length]</param>
    /// <param name="to">Receives [length][inputs].</param>
    internal void Embed(ReadOnlySpan<short> tokens, Span<float> to)
    {
        for (int step = 0; step < tokens.Length; step++)
        {
            int token = (ushort)tokens[step] < VocabularyCount ? (ushort)tokens[step] : 0;
            Embedding.AsSpan(token * InputCount, InputCount).CopyTo(to[(step * InputCount)..]);
        }
    }

    /// <summary>Computes the logits of the vectors that the head sees.</summary>
    /// <param name="seen">[vectors][inputs of the head].</param>
    /// <param name="logits">Receives [vectors][outputs].</param>
    /// <returns>The class with the largest logit of the last vector; the lowest index among equals.</returns>
    internal int Classify(ReadOnlySpan<float> seen, Span<float> logits)
    {
        int width = HeadInputCount, best = 0;
        for (int vector = 0, at = 0; vector < seen.Length; vector += width)
        {
            best = 0;
            ReadOnlySpan<float> one = seen.Slice(vector, width);
            Span<float> results = logits.Slice(at, OutputCount);
            for (int k = 0; k < results.Length; k++)
            {
                results[k] = HeadBias[k] + TensorPrimitives.Dot(HeadWeights.AsSpan(k * width, width), one);
                if (results[k] > results[best]) best = k;
            }
            at += OutputCount;
        }
        return best;
    }

    private T[][] Pack<T>(DirectionNumbers[][] numbers, Func<CellKind, DirectionNumbers, T> pack) =>
        numbers.Select((layer, index) => layer.Select(one => pack(Layers[index].Kind, one)).ToArray()).ToArray();
}
