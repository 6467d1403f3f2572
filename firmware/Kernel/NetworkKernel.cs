// A whole network on the board: embedding, recurrent layers, linear head. What the layers are made of - tables of weights or
// compiled code - is decided when it is built; SPEC.md, section 3, says what it computes.

using Crime.Model;

namespace Crime.Firmware.Kernel;

/// <summary>Fixed-point recurrent network; no allocation after construction. Not thread-safe.</summary>
public sealed class NetworkKernel : IKernel
{
    private readonly LayerKernel[] _layers;
    private readonly int _inputCount;

    // [vocabulary * inputs], null for feature models.
    private readonly short[] _embedding;
    private readonly int _vocabularyCount;

    // [classes][outputs of the last layer], [classes]
    private readonly short[][] _headWeights;
    private readonly int[] _headBias;

    /// <summary>Builds the network with table-driven layers.</summary>
    /// <param name="model">A model with a fixed-point section; not referenced afterwards.</param>
    public NetworkKernel(ModelFile model) : this(model, null)
    {
    }

    /// <summary>Builds the network.</summary>
    /// <param name="model">A model with a fixed-point section; not referenced afterwards.</param>
    /// <param name="compiled">Code compiled from this very model, or null for table-driven layers.</param>
    public NetworkKernel(ModelFile model, CompiledModel compiled)
    {
        State = new NetworkState(model.Layers);
        Saturations = new SaturationCounters();
        var tables = new ActivationTables();
        _layers = new LayerKernel[model.Layers.Length];
        for (int i = 0; i < _layers.Length; i++)
        {
            LayerState state = State.Layers[i];
            _layers[i] = compiled != null
                ? compiled.CreateLayer(i, state, tables, Saturations)
                : new LstmLayer(model.FixedLayers[i], state, tables, Saturations);
        }

        _inputCount = model.InputCount;
        _vocabularyCount = model.VocabularyCount;
        if (model.Input == InputKind.Tokens)
        {
            _embedding = new short[_vocabularyCount * _inputCount];
            for (int i = 0; i < _embedding.Length; i++) _embedding[i] = model.Embedding(i / _inputCount, i % _inputCount);
        }

        _headWeights = new short[model.ClassCount][];
        _headBias = new int[model.ClassCount];
        for (int classIndex = 0; classIndex < model.ClassCount; classIndex++)
        {
            _headBias[classIndex] = model.HeadBias(classIndex);
            var weights = new short[model.HeadInputCount];
            for (int unit = 0; unit < weights.Length; unit++) weights[unit] = model.HeadWeight(classIndex, unit);
            _headWeights[classIndex] = weights;
        }
        ValuesPerStep = model.ValuesPerStep;
        LogitFractionBits = model.LogitFractionBits;
        Logits = new int[model.ClassCount];
    }

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
    public void Advance(short[] values, int start, int count)
    {
        int at = start * ValuesPerStep;
        for (int step = 0; step < count; step++)
        {
            short[] x = values;
            int offset = at;
            if (_embedding != null)
            {
                int token = (ushort)values[at];
                // Token 0 is "unknown"; a number outside the vocabulary is just that.
                if (token >= _vocabularyCount) token = 0;
                x = _embedding;
                offset = token * _inputCount;
            }
            foreach (LayerKernel layer in _layers)
            {
                layer.Step(x, offset);
                x = layer.State.Hidden;
                offset = 0;
            }
            at += ValuesPerStep;
        }
    }

    /// <inheritdoc/>
    public int Classify()
    {
        short[] hidden = State.Layers[State.Layers.Length - 1].Hidden;
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
}
