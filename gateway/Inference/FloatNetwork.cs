// The float network that answers requests: layer after layer over the whole sequence, each in its own directions.

using System;
using System.Linq;
using System.Numerics;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Sees every state of a run, in the order in which it is computed.</summary>
/// <param name="layer">Index of the layer.</param>
/// <param name="direction">0, or 1 for the reverse half of a layer that reads both ways.</param>
/// <param name="step">Index of the timestep in the sequence; a reverse direction comes from the last one.</param>
/// <param name="hidden">h after the step, [hidden].</param>
/// <param name="cell">c after the step, [hidden]; empty for a cell without one.</param>
public delegate void StepObserver(int layer, int direction, int step, ReadOnlySpan<float> hidden, ReadOnlySpan<float> cell);

/// <summary>Sees the results of an operation of the graph, in the order in which they are computed.</summary>
/// <param name="operation">Index of the operation.</param>
/// <param name="results">Its results, [steps][width], or [width].</param>
public delegate void ValueObserver(int operation, ReadOnlySpan<float> results);

/// <summary>
/// Runs sequences through a <see cref="FloatModel"/>. One instance per worker: it owns the scratch memory, which grows with the
/// longest sequence it has met and is not allocated anew. Every run starts from the model's initial states.
/// </summary>
public sealed class FloatNetwork
{
    private readonly FloatModel _model;
    private readonly LayerRunner _layers;
    private readonly GraphRunner? _graph;
    private readonly DecoderRunner? _decoder;
    private readonly FinalStates _finals;
    private readonly int _widestLayer;

    // [length][inputs], and the outputs of a layer and of the one before it, [length][outputs].
    private float[] _inputs = [];
    private float[] _outputs = [];
    private float[] _earlierOutputs = [];

    /// <summary>Makes an engine with its own state.</summary>
    public FloatNetwork(FloatModel model)
    {
        _model = model;
        _layers = new LayerRunner(model);
        if (model.Graph != null) _graph = new GraphRunner(model, _layers);
        if (model.Decoder != null) _decoder = new DecoderRunner(model);
        BeamWidth = model.Decoder?.BeamWidth ?? 1;
        _finals = new FinalStates(model.Layers[^1]);
        _widestLayer = model.Layers.Max(layer => layer.OutputCount);
    }

    /// <summary>The model that this engine runs.</summary>
    public FloatModel Model => _model;

    /// <summary>Receives the states of the runs to come; null for none.</summary>
    public StepObserver? Observer { get; set; }

    /// <summary>Receives the results of the graph's operations in the runs to come; null for none.</summary>
    public ValueObserver? ValueObserver { get; set; }

    /// <summary>Takes each output token of the runs to come as it is written; null for none. Not called by a beam search.</summary>
    public Action<byte>? TokenWritten { get; set; }

    /// <summary>Hypotheses that a decoder follows, from 1 to <see cref="DecoderSection.MaxBeamWidth"/>; at first those of the model.</summary>
    public int BeamWidth { get; set; }

    /// <summary>True to write as many tokens as the model expects for the length of the input, whatever they are: to measure the time.</summary>
    public bool WritesExpectedLength { get; set; }

    /// <summary>Output tokens of the last run, without the end; empty for a model that writes no sequence.</summary>
    public ReadOnlySpan<byte> Tokens => _decoder == null ? [] : _decoder.Tokens;

    /// <summary>Hidden state of the last layer after the last run, [directions][hidden]: of each at the end of its own way.</summary>
    public ReadOnlySpan<float> Hidden => _finals.Hidden;

    /// <summary>Cell state that belongs to <see cref="Hidden"/>; empty for a cell without one.</summary>
    public ReadOnlySpan<float> Cell => _finals.Cell;

    /// <summary>Runs a whole sequence of features.</summary>
    /// <param name="sequence">Standardised features, timestep by timestep: [length][inputs]; at least one timestep.</param>
    /// <param name="logits">Receives [classes], or [steps][classes] where the answer has one vector per timestep.</param>
    /// <param name="start">State to begin from; null for the model's own. It has to be resumable.</param>
    /// <param name="end">Receives the state after the run; null for none.</param>
    /// <returns>The class with the largest logit, of the last timestep where there are several; the lowest index among equals.</returns>
    public int Run(ReadOnlySpan<float> sequence, Span<float> logits, NetworkState? start = null, NetworkState? end = null)
    {
        int length = sequence.Length / _model.InputCount;
        if (_graph != null) return _model.Classify(_graph.Run(sequence, length, start, end, Observer, ValueObserver), logits);
        int count = _model.Layers.Count, width = _model.Layers[^1].OutputCount;
        Reserve(ref _outputs, length * _widestLayer);
        if (count > 1) Reserve(ref _earlierOutputs, length * _widestLayer);
        for (int layer = 0; layer < count; layer++)
        {
            if (layer > 0) (_outputs, _earlierOutputs) = (_earlierOutputs, _outputs);
            _layers.Run(layer, layer == 0 ? sequence : _earlierOutputs, length, _outputs, start, end, layer == count - 1 ? _finals : null, Observer);
        }
        ReadOnlySpan<float> outputs = _outputs.AsSpan(0, length * width);
        if (_decoder != null)
        {
            _decoder.Observer = Observer;
            _decoder.TokenWritten = TokenWritten;
            _decoder.Run(outputs, _finals.Hidden, _finals.Cell, BeamWidth, WritesExpectedLength ? _model.Decoder!.ExpectedSteps(length) : 0);
            return _decoder.CopyWeakest(logits);
        }
        return _model.Classify(
            _model.IsAnswerPerStep ? outputs : _model.HeadInput switch
            {
                HeadInput.FirstStep => outputs[..width],
                HeadInput.LastStep => outputs[^width..],
                _ => _finals.Hidden,
            },
            logits);
    }

    /// <summary>Runs a whole sequence as it came in a request.</summary>
    /// <param name="values">
    /// Fixed-point features or token numbers, timestep by timestep; at least one. A token outside the vocabulary counts as 0, "unknown".
    /// </param>
    /// <param name="fractionBits">Fraction bits of the features; ignored for tokens.</param>
    /// <param name="logits">Receives [classes], or [steps][classes] where the answer has one vector per timestep.</param>
    /// <param name="start">State to begin from; null for the model's own. It has to be resumable.</param>
    /// <param name="end">Receives the state after the run; null for none.</param>
    /// <returns>The class with the largest logit, of the last timestep where there are several; the lowest index among equals.</returns>
    public int Run(ReadOnlySpan<short> values, int fractionBits, Span<float> logits, NetworkState? start = null, NetworkState? end = null)
    {
        int width = _model.InputCount, size = values.Length / _model.ValuesPerStep * width;
        Reserve(ref _inputs, size);
        if (_model.Input == InputKind.Tokens)
        {
            _model.Embed(values, _inputs);
        }
        else
        {
            float scale = 1f / (1 << fractionBits);
            for (int k = 0; k < values.Length; k++) _inputs[k] = values[k] * scale;
        }
        return Run(_inputs.AsSpan(0, size), logits, start, end);
    }

    /// <summary>Runs several sequences of features, one after the other: the results are those of as many single runs.</summary>
    /// <param name="sequences">The sequences without a gap, each [length][inputs].</param>
    /// <param name="lengths">Timesteps of each, at least one.</param>
    /// <param name="logits">Receives the logits of one sequence after the other.</param>
    /// <param name="labels">Receives the class with the largest logit, [sequences].</param>
    public void RunBatch(ReadOnlySpan<float> sequences, ReadOnlySpan<int> lengths, Span<float> logits, Span<int> labels)
    {
        int at = 0, to = 0;
        for (int n = 0; n < lengths.Length; n++)
        {
            int size = lengths[n] * _model.InputCount, count = _model.LogitCount(lengths[n]);
            labels[n] = Run(sequences.Slice(at, size), logits.Slice(to, count));
            at += size;
            to += count;
        }
    }

    /// <summary>Runs several sequences as they came in requests, one after the other: the results are those of as many single runs.</summary>
    /// <param name="values">The sequences without a gap: fixed-point features or token numbers.</param>
    /// <param name="lengths">Timesteps of each, at least one.</param>
    /// <param name="fractionBits">Fraction bits of the features of each; ignored for tokens.</param>
    /// <param name="logits">Receives the logits of one sequence after the other.</param>
    /// <param name="labels">Receives the class with the largest logit, [sequences].</param>
    public void RunBatch(
        ReadOnlySpan<short> values, ReadOnlySpan<int> lengths, ReadOnlySpan<int> fractionBits, Span<float> logits, Span<int> labels)
    {
        int at = 0, to = 0;
        for (int n = 0; n < lengths.Length; n++)
        {
            int size = lengths[n] * _model.ValuesPerStep, count = _model.LogitCount(lengths[n]);
            labels[n] = Run(values.Slice(at, size), fractionBits[n], logits.Slice(to, count));
            at += size;
            to += count;
        }
    }

    /// <summary>Makes room for a run; a little more than asked for, so that slowly growing lengths do not each allocate.</summary>
    private static void Reserve(ref float[] memory, int size)
    {
        if (memory.Length < size) memory = new float[(int)BitOperations.RoundUpToPowerOf2((uint)size)];
    }
}
