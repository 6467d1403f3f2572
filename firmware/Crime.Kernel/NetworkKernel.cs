// A whole network on the board: embedding, perhaps convolutions, recurrent layers, perhaps pooling and fully connected layers, linear head. The layers read tables of
// weights or are compiled code: the choice is made when the network is built. SPEC.md, section 3, describes the arithmetic.

using System;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>Fixed-point recurrent network; no allocation after construction. Not thread-safe.</summary>
public sealed class NetworkKernel : IKernel
{
    // With convolutions the first one alone, which runs all others.
    private readonly LayerKernel[] _layers;
    private readonly int _inputCount;

    // [vocabulary * inputs], null for feature models and where the first layer knows the tokens.
    private readonly short[] _embedding;
    private readonly int _vocabularyCount;

    // The last one of the layers; null for a network that does not pool.
    private readonly PoolLayer _pool;

    // Null without fully connected layers in front of the head.
    private readonly DenseKernel[] _dense;

    // Null unless the network predicts the next timestep.
    private readonly PredictionError _error;

    // Null for a network that writes no sequence.
    private DecoderKernel _decoder;

    // [outputs][inputs of the head], [outputs]
    private readonly short[][] _headWeights;
    private readonly int[] _headBias;

    /// <summary>Builds the network with table-driven layers.</summary>
    /// <param name="model">A model with a fixed-point section; not referenced afterwards.</param>
    public NetworkKernel(ModelFile model) : this(model, null, true)
    {
    }

    /// <summary>Builds the network.</summary>
    /// <param name="model">A model with a fixed-point section; not referenced afterwards.</param>
    /// <param name="compiled">Code compiled from this very model, or null for table-driven layers.</param>
    public NetworkKernel(ModelFile model, CompiledModel compiled) : this(model, compiled, true)
    {
    }

    /// <summary>Builds the network.</summary>
    /// <param name="model">A model with a fixed-point section; not referenced afterwards.</param>
    /// <param name="compiled">Code compiled from this very model, or null for table-driven layers.</param>
    /// <param name="usesTokenSums">Whether a table-driven first layer works out the input sums of every token, up to
    /// <see cref="TableLayer.TokenTableSizeMax"/> bytes.</param>
    public NetworkKernel(ModelFile model, CompiledModel compiled, bool usesTokenSums)
    {
        ConvolutionLayer[] front = model.ReadFront();
        State = new NetworkState(model.FixedLayers, model.Pooling, model.Answer == AnswerKind.Anomaly, front);
        Saturations = new SaturationCounters();
        IsCompiled = compiled != null;
        _inputCount = model.InputCount;
        _vocabularyCount = model.VocabularyCount;
        short[] embedding = model.Input == InputKind.Tokens ? ReadEmbedding(model) : null;
        var tables = new ActivationTables();
        _layers = new LayerKernel[model.Pooling == PoolingKind.None ? model.Layers.Length : model.Layers.Length + 1];
        for (int i = 0; i < model.Layers.Length; i++)
        {
            _layers[i] = compiled != null
                ? compiled.CreateLayer(i, State.Layers[i], tables, Saturations)
                : CreateLayer(model.FixedLayers[i], i == 0 && usesTokenSums && front == null ? embedding : null, State.Layers[i], tables);
        }
        if (model.Pooling != PoolingKind.None)
        {
            int last = _layers.Length - 1;
            _pool = new PoolLayer(model.Pooling, State.Layers[last], tables, Saturations);
            _layers[last] = _pool;
        }
        if (front != null) _layers = WithFront(front, _layers, tables);
        if (!_layers[0].KnowsTokens) _embedding = embedding;
        if (model.DenseLayers != null)
        {
            _dense = new DenseKernel[model.DenseLayers.Length];
            for (int i = 0; i < _dense.Length; i++) _dense[i] = new DenseKernel(model.DenseLayers[i], tables);
        }
        if (model.Decoder != null) _decoder = new PlainDecoder(model, tables, Saturations);
        if (model.Answer == AnswerKind.Anomaly) _error = new PredictionError(State.Layers[_layers.Length], model);
        _headWeights = new short[model.OutputCount][];
        _headBias = new int[model.OutputCount];
        for (int classIndex = 0; classIndex < model.OutputCount; classIndex++)
        {
            _headBias[classIndex] = model.HeadBias(classIndex);
            var weights = new short[model.HeadInputCount];
            for (int unit = 0; unit < weights.Length; unit++) weights[unit] = model.HeadWeight(classIndex, unit);
            _headWeights[classIndex] = weights;
        }
        ValuesPerStep = model.ValuesPerStep;
        LogitFractionBits = model.LogitFractionBits;
        Logits = new int[model.OutputCount];
    }

    /// <inheritdoc/>
    public bool IsCompiled { get; }

    /// <inheritdoc/>
    public int ValuesPerStep { get; }

    /// <inheritdoc/>
    public int ClassCount => Logits.Length;

    /// <inheritdoc/>
    public int LogitFractionBits { get; }

    /// <inheritdoc/>
    public NetworkState State { get; }

    /// <inheritdoc/>
    public SaturationCounters Saturations { get; }

    /// <inheritdoc/>
    public int[] Logits { get; }

    /// <inheritdoc/>
    public byte[] StepLabels { get; set; }

    /// <inheritdoc/>
    public float Score => _error == null ? 0 : _error.Mean(_inputCount);

    /// <inheritdoc/>
    public int OutputCount { get; private set; }

    /// <inheritdoc/>
    public int ForcedSteps { get; set; }

    /// <inheritdoc/>
    public void Advance(short[] values, int start, int count)
    {
        if (_error != null || (StepLabels != null && _decoder == null))
        {
            AdvanceWithAnswers(values, start, count);
            return;
        }
        LayerKernel[] layers = _layers;
        int layerCount = layers.Length, valuesPerStep = ValuesPerStep, at = start * valuesPerStep;
        for (int step = 0; step < count; step++)
        {
            StepFirst(values, at);
            for (int i = 1; i < layerCount; i++) layers[i].Step(layers[i - 1].State.Hidden, 0);
            at += valuesPerStep;
        }
    }

    /// <inheritdoc/>
    public int Classify()
    {
        if (_decoder != null) return WriteOutput();
        int label = ComputeLogits();
        if (_error == null) return label;
        return _error.IsAbove(Score) ? 1 : 0;
    }

    /// <inheritdoc/>
    public void ReportTokens(ITokenListener listener)
    {
        if (_decoder != null) _decoder = new ReportingDecoder(_decoder, listener);
    }

    /// <summary>As <see cref="Advance"/>, and takes an answer of each timestep.</summary>
    private void AdvanceWithAnswers(short[] values, int start, int count)
    {
        LayerKernel[] layers = _layers;
        int at = start * ValuesPerStep;
        for (int step = 0; step < count; step++)
        {
            if (_error != null && _error.HasPrediction)
            {
                ComputeLogits();
                _error.Add(values, at, Logits);
            }
            StepFirst(values, at);
            for (int i = 1; i < layers.Length; i++) layers[i].Step(layers[i - 1].State.Hidden, 0);
            if (_error == null) StepLabels[start + step] = (byte)ComputeLogits();
            else _error.Count();
            at += ValuesPerStep;
        }
    }

    /// <summary>Writes the most likely token at each step, until the end.</summary>
    /// <returns>The token with the least margin over the others, whose logits stay.</returns>
    private int WriteOutput()
    {
        int longest = ForcedSteps > 0 && ForcedSteps < _decoder.LongestOutput ? ForcedSteps : _decoder.LongestOutput;
        int count = 0, token = 0, weakest = 0;
        long least = long.MaxValue;
        int[] logits = Logits;
        _decoder.Begin(State.Layers[_layers.Length - 1]);
        for (int step = 0; step < longest; step++)
        {
            _decoder.Step(token);
            token = ComputeLogits(_decoder.Hidden);
            long margin = MarginOf(token);
            if (margin < least)
            {
                least = margin;
                weakest = token;
                Array.Copy(logits, 0, _decoder.Weakest, 0, logits.Length);
            }
            if (token == 0 && ForcedSteps == 0) break;
            if (StepLabels != null) StepLabels[count] = (byte)token;
            count++;
        }
        OutputCount = count;
        Array.Copy(_decoder.Weakest, 0, logits, 0, logits.Length);
        return weakest;
    }

    /// <summary>Distance of a logit to the largest of the others; that to the lowest number where there is no other.</summary>
    private long MarginOf(int token)
    {
        int largest = int.MinValue;
        for (int k = 0; k < Logits.Length; k++)
            if (k != token && Logits[k] > largest) largest = Logits[k];
        return (long)Logits[token] - largest;
    }

    private int ComputeLogits()
    {
        short[] hidden;
        if (_layers[0] is ConvolutionKernel front) hidden = front.End.Compute(front);
        else hidden = _pool == null ? _layers[_layers.Length - 1].State.Hidden : _pool.Result();
        if (_dense != null)
            for (int i = 0; i < _dense.Length; i++) hidden = _dense[i].Compute(hidden);
        return ComputeLogits(hidden);
    }

    private int ComputeLogits(short[] hidden)
    {
        int best = 0;
        for (int classIndex = 0; classIndex < Logits.Length; classIndex++)
        {
            short[] weights = _headWeights[classIndex];
            int logit = _headBias[classIndex];
            for (int unit = 0; unit < hidden.Length; unit++) logit += weights[unit] * hidden[unit];
            Logits[classIndex] = logit;
            if (logit > Logits[best]) best = classIndex;
        }
        return best;
    }

    /// <summary>One timestep of the first layer.</summary>
    private void StepFirst(short[] values, int at)
    {
        LayerKernel layer = _layers[0];
        if (_vocabularyCount == 0)
        {
            layer.Step(values, at);
            return;
        }
        int token = (ushort)values[at];
        // Token 0 is "unknown"; a number outside the vocabulary is just that.
        if (token >= _vocabularyCount) token = 0;
        if (_embedding == null) layer.StepToken(token);
        else layer.Step(_embedding, token * _inputCount);
    }

    /// <summary>Makes the convolutions.</summary>
    /// <returns>The first one alone: it runs the layers behind it.</returns>
    private LayerKernel[] WithFront(ConvolutionLayer[] front, LayerKernel[] layers, ActivationTables tables)
    {
        LayerKernel last = layers[layers.Length - 1];
        int widest = 0, stateAt = layers.Length;
        bool isCausal = true;
        for (int i = front.Length - 1; i >= 0; i--)
        {
            layers = new LayerKernel[] { new ConvolutionKernel(front[i], layers, State.Layers[stateAt + i], tables, Saturations) };
            if (front[i].InputCount > widest) widest = front[i].InputCount;
            isCausal &= front[i].IsCausal;
        }
        ((ConvolutionKernel)layers[0]).End = new SequenceEnd(State, Saturations, last, isCausal ? 0 : widest);
        return layers;
    }

    private LayerKernel CreateLayer(FixedLayer layer, short[] embedding, LayerState state, ActivationTables tables)
    {
        if (layer.Shape.Kind == CellKind.Gru) return new GruLayer(layer, embedding, state, tables, Saturations);
        return LstmLayer.Create(layer, embedding, state, tables, Saturations);
    }

    private static short[] ReadEmbedding(ModelFile model)
    {
        var embedding = new short[model.VocabularyCount * model.InputCount];
        for (int i = 0; i < embedding.Length; i++) embedding[i] = model.Embedding(i / model.InputCount, i % model.InputCount);
        return embedding;
    }
}
