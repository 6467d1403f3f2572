// The float network that answers requests: layer after layer over the whole sequence, each in its own directions.

using System;
using System.Linq;
using System.Numerics;
using System.Numerics.Tensors;
using Crime.Gateway.Inference.Cells;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Sees every state of a run, in the order in which it is computed.</summary>
/// <param name="layer">Index of the layer.</param>
/// <param name="direction">0, or 1 for the reverse half of a layer that reads both ways.</param>
/// <param name="step">Index of the timestep in the sequence; a reverse direction comes from the last one.</param>
/// <param name="hidden">h after the step, [hidden].</param>
/// <param name="cell">c after the step, [hidden]; empty for a cell without one.</param>
public delegate void StepObserver(int layer, int direction, int step, ReadOnlySpan<float> hidden, ReadOnlySpan<float> cell);

/// <summary>
/// Runs sequences through a <see cref="FloatModel"/>. One instance per worker: it owns the scratch memory, which grows with the
/// longest sequence it has met and is not allocated anew. Every run starts from the model's initial states.
/// </summary>
public sealed class FloatNetwork
{
    private readonly FloatModel _model;
    private readonly FloatCell[][] _cells;
    private readonly float[] _hidden;
    private readonly float[] _cell;
    private readonly int _widestLayer;

    // [length][inputs], and the outputs of a layer and of the one before it, [length][outputs].
    private float[] _inputs = [];
    private float[] _outputs = [];
    private float[] _earlierOutputs = [];

    /// <summary>Makes an engine with its own state.</summary>
    public FloatNetwork(FloatModel model)
    {
        _model = model;
        _cells = model.Weights.Select(layer => layer.Select(weights => weights.NewCell()).ToArray()).ToArray();
        LayerShape last = model.Layers[^1];
        _hidden = new float[last.OutputCount];
        _cell = new float[last.HasCellState ? last.OutputCount : 0];
        _widestLayer = model.Layers.Max(layer => layer.OutputCount);
    }

    /// <summary>The model that this engine runs.</summary>
    public FloatModel Model => _model;

    /// <summary>Sees the states of the runs to come; null for nobody.</summary>
    public StepObserver? Observer { get; set; }

    /// <summary>Hidden state of the last layer after the last run, [directions][hidden]: of each at the end of its own way.</summary>
    public ReadOnlySpan<float> Hidden => _hidden;

    /// <summary>Cell state that belongs to <see cref="Hidden"/>; empty for a cell without one.</summary>
    public ReadOnlySpan<float> Cell => _cell;

    /// <summary>Runs a whole sequence of features.</summary>
    /// <param name="sequence">Standardised features, timestep by timestep: [length][inputs]; at least one timestep.</param>
    /// <param name="logits">Receives [classes].</param>
    /// <param name="start">State to begin from; null for the model's own. All layers must read forwards then.</param>
    /// <param name="end">Receives the state after the run; null for nobody.</param>
    /// <returns>The class with the largest logit; the lowest index among equals.</returns>
    public int Run(ReadOnlySpan<float> sequence, Span<float> logits, NetworkState? start = null, NetworkState? end = null)
    {
        int length = sequence.Length / _model.InputCount;
        Reserve(ref _outputs, length * _widestLayer);
        if (_cells.Length > 1) Reserve(ref _earlierOutputs, length * _widestLayer);
        RunLayer(0, sequence, length, start, end);
        for (int layer = 1; layer < _cells.Length; layer++)
        {
            (_outputs, _earlierOutputs) = (_earlierOutputs, _outputs);
            RunLayer(layer, _earlierOutputs, length, start, end);
        }
        return Classify(length, logits);
    }

    /// <summary>Runs a whole sequence as it came in a request.</summary>
    /// <param name="values">
    /// Fixed-point features or token numbers, timestep by timestep; at least one. A token outside the vocabulary counts as 0, "unknown".
    /// </param>
    /// <param name="fractionBits">Fraction bits of the features; ignored for tokens.</param>
    /// <param name="logits">Receives [classes].</param>
    /// <param name="start">State to begin from; null for the model's own. All layers must read forwards then.</param>
    /// <param name="end">Receives the state after the run; null for nobody.</param>
    /// <returns>The class with the largest logit; the lowest index among equals.</returns>
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
    /// <param name="logits">Receives [sequences][classes].</param>
    /// <param name="labels">Receives the class with the largest logit, [sequences].</param>
    public void RunBatch(ReadOnlySpan<float> sequences, ReadOnlySpan<int> lengths, Span<float> logits, Span<int> labels)
    {
        int at = 0, classes = _model.ClassCount;
        for (int n = 0; n < lengths.Length; n++)
        {
            int size = lengths[n] * _model.InputCount;
            labels[n] = Run(sequences.Slice(at, size), logits.Slice(n * classes, classes));
            at += size;
        }
    }

    /// <summary>Runs several sequences as they came in requests, one after the other: the results are those of as many single runs.</summary>
    /// <param name="values">The sequences without a gap: fixed-point features or token numbers.</param>
    /// <param name="lengths">Timesteps of each, at least one.</param>
    /// <param name="fractionBits">Fraction bits of the features of each; ignored for tokens.</param>
    /// <param name="logits">Receives [sequences][classes].</param>
    /// <param name="labels">Receives the class with the largest logit, [sequences].</param>
    public void RunBatch(
        ReadOnlySpan<short> values, ReadOnlySpan<int> lengths, ReadOnlySpan<int> fractionBits, Span<float> logits, Span<int> labels)
    {
        int at = 0, classes = _model.ClassCount;
        for (int n = 0; n < lengths.Length; n++)
        {
            int size = lengths[n] * _model.ValuesPerStep;
            labels[n] = Run(values.Slice(at, size), fractionBits[n], logits.Slice(n * classes, classes));
            at += size;
        }
    }

    /// <summary>Runs a layer over a sequence, into <see cref="_outputs"/>.</summary>
    private void RunLayer(int layer, ReadOnlySpan<float> inputs, int length, NetworkState? start, NetworkState? end)
    {
        LayerShape shape = _model.Layers[layer];
        int width = shape.InputCount, hidden = shape.HiddenCount;
        bool isLast = layer == _cells.Length - 1;
        for (int direction = 0; direction < shape.DirectionCount; direction++)
        {
            bool isReverse = shape.Direction == Direction.Reverse || direction == 1;
            FloatCell cell = _cells[layer][direction];
            cell.Reset(start == null ? [] : start.Cell(layer));
            ReadOnlySpan<float> before = start == null ? _model.Weights[layer][direction].InitialHidden : start.Hidden(layer);
            for (int n = 0; n < length; n++)
            {
                int step = isReverse ? length - 1 - n : n;
                Span<float> after = _outputs.AsSpan(step * shape.OutputCount + direction * hidden, hidden);
                cell.Step(inputs.Slice(step * width, width), before, after);
                Observer?.Invoke(layer, direction, step, after, cell.Cell);
                before = after;
            }
            if (end != null)
            {
                before.CopyTo(end.Hidden(layer)[(direction * hidden)..]);
                cell.Cell.CopyTo(end.Cell(layer)[(direction * hidden)..]);
            }
            if (!isLast) continue;
            before.CopyTo(_hidden.AsSpan(direction * hidden));
            if (shape.HasCellState) cell.Cell.CopyTo(_cell.AsSpan(direction * hidden));
        }
    }

    private int Classify(int length, Span<float> logits)
    {
        int width = _hidden.Length, best = 0;
        ReadOnlySpan<float> seen = _model.HeadInput switch
        {
            HeadInput.FirstStep => _outputs.AsSpan(0, width),
            HeadInput.LastStep => _outputs.AsSpan((length - 1) * width, width),
            _ => _hidden,
        };
        for (int k = 0; k < _model.ClassCount; k++)
        {
            logits[k] = _model.HeadBias[k] + TensorPrimitives.Dot(_model.HeadWeights.AsSpan(k * width, width), seen);
            if (logits[k] > logits[best]) best = k;
        }
        return best;
    }

    /// <summary>Makes room for a run; a little more than asked for, so that slowly growing lengths do not each allocate.</summary>
    private static void Reserve(ref float[] memory, int size)
    {
        if (memory.Length < size) memory = new float[(int)BitOperations.RoundUpToPowerOf2((uint)size)];
    }
}
