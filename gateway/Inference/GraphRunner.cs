// Computes the operations of a graph for one sequence at a time.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Numerics.Tensors;
using Crime.Gateway.Inference.Graphs;

namespace Crime.Gateway.Inference;

/// <summary>Runs the graph of a model. One instance per worker: it owns the scratch memory, which grows with the longest sequence it has met.</summary>
internal sealed class GraphRunner
{
    private readonly NetworkGraph _graph;
    private readonly LayerRunner _layers;
    private readonly FinalStates?[] _finals;
    private readonly OperationFunction?[] _functions;
    private readonly float[][] _values;
    private readonly int[] _steps;
    private readonly int[] _openWindows;
    private readonly float[] _side;

    /// <summary>Prepares runs of a model.</summary>
    /// <param name="model">A model with a graph.</param>
    /// <param name="layers">Runs its recurrent layers.</param>
    public GraphRunner(FloatModel model, LayerRunner layers)
    {
        _graph = model.Graph ?? throw new ArgumentException("the model has no graph", nameof(model));
        _layers = layers;
        _values = [.. _graph.Shapes.Select(_ => Array.Empty<float>())];
        _functions = [.. _graph.Operations.Select(operation => operation.Kind == OperationKind.Apply ? new OperationFunction(operation) : null)];
        _steps = new int[_values.Length];
        _openWindows = [.. _graph.Operations.Select((_, n) => _graph.FrontWindows.ToList().IndexOf(n))];
        _finals = new FinalStates?[_values.Length];
        foreach (GraphOperation operation in _graph.Operations.Where(NeedsFinals))
            _finals[operation.Inputs[0]] ??= new FinalStates(model.Layers[_graph.Operations[operation.Inputs[0] - 1].Argument]);
        _side = new float[_graph.Operations.Where(operation => operation.Kind == OperationKind.Linear).Select(_graph.InputWidth).DefaultIfEmpty().Max()];
    }

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">[length][inputs].</param>
    /// <param name="length">Timesteps, at least 1.</param>
    /// <param name="start">State to begin from; null for the model's own. The graph has to be resumable.</param>
    /// <param name="end">Receives the state after the run; null for none.</param>
    /// <param name="observer">Sees every state of the layers; null for none.</param>
    /// <param name="results">Receives the results of every operation; null for none.</param>
    /// <returns>The last value: [steps][width], or [width].</returns>
    public ReadOnlySpan<float> Run(
        ReadOnlySpan<float> inputs, int length, NetworkState? start, NetworkState? end, StepObserver? observer, ValueObserver? results)
    {
        for (int n = 0; n < _graph.Shapes.Count; n++)
        {
            _steps[n] = n == 0 ? length : StepsAfter(n - 1, start);
            int size = _steps[n] * _graph.Shapes[n].Width;
            if (_values[n].Length < size) _values[n] = new float[(int)BitOperations.RoundUpToPowerOf2((uint)size)];
        }
        inputs.CopyTo(_values[0]);
        // Such a state has counted the windows that reach beyond the end of the sequence.
        if (end != null && _graph.FrontWindows.Count > 0) end.IsResumable = false;
        for (int n = 0; n < _graph.Operations.Count; n++)
        {
            Compute(n, start, end, observer);
            results?.Invoke(n, Value(n + 1));
        }
        return Value(_values.Length - 1);
    }

    private bool NeedsFinals(GraphOperation operation) => operation.Kind == OperationKind.Take
        && (operation.Argument is (int)StepKind.Final or (int)StepKind.FinalCell || operation.Argument == (int)StepKind.Last && _graph.FrontWindows.Count > 0);

    /// <summary>Returns the number of vectors that an operation makes of those before it.</summary>
    private int StepsAfter(int index, NetworkState? start)
    {
        if (!_graph.Shapes[index + 1].IsPerStep) return 1;
        GraphOperation operation = _graph.Operations[index];
        int steps = 1;
        for (int n = 0; n < operation.Inputs.Count; n++)
            if (_graph.Shapes[operation.Inputs[n]].IsPerStep) steps = _steps[operation.Inputs[n]];
        if (operation.Kind is not (OperationKind.Window or OperationKind.WindowMax)) return steps;
        return OpenWindowOf(index, start)?.LengthOf(steps) ?? operation.Window.LengthOf(steps);
    }

    /// <summary>Returns the window of an operation where a sequence goes on; null for one that begins.</summary>
    private OpenWindow? OpenWindowOf(int index, NetworkState? start) => start == null || _openWindows[index] < 0 ? null : start.Windows[_openWindows[index]];

    private Span<float> Value(int value) => _values[value].AsSpan(0, _steps[value] * _graph.Shapes[value].Width);

    private void Compute(int index, NetworkState? start, NetworkState? end, StepObserver? observer)
    {
        GraphOperation operation = _graph.Operations[index];
        int from = operation.Inputs[0], steps = _steps[from], width = operation.Width;
        Span<float> input = Value(from), result = Value(index + 1);
        switch (operation.Kind)
        {
            case OperationKind.Linear:
                Linear(operation, result, _steps[index + 1]);
                break;
            case OperationKind.Apply:
                input.CopyTo(result);
                _functions[index]!.Apply(result);
                break;
            case OperationKind.Recurrent:
                _layers.Run(operation.Argument, input, steps, result, start, end, _finals[index + 1], observer);
                break;
            case OperationKind.Take:
                Taken(operation, input, steps).CopyTo(result);
                break;
            case OperationKind.Pool:
                Pool((PoolKind)operation.Argument, input, steps, result, start, end);
                break;
            case OperationKind.Window:
                Window(operation.Window, OpenWindowOf(index, start), input, steps, _graph.Shapes[from].Width, result);
                break;
            case OperationKind.WindowMax:
                WindowMax(operation.Window, input, steps, result, width);
                break;
            case OperationKind.Normalise:
                for (int at = 0; at < result.Length; at += width) Normalise(input.Slice(at, width), operation.Numbers[0], result.Slice(at, width));
                break;
            case OperationKind.SoftmaxOverTime:
                SoftmaxOverTime(input, steps, width, result);
                break;
            case OperationKind.Multiply:
                Multiply(operation, result, _steps[index + 1]);
                break;
        }
    }

    private void Linear(GraphOperation operation, Span<float> result, int steps)
    {
        int width = operation.Width;
        IReadOnlyList<int> inputs = operation.Inputs;
        ReadOnlySpan<float> numbers = operation.Numbers, bias = numbers[^width..];
        for (int step = 0; step < steps; step++)
        {
            int columns = 0;
            ReadOnlySpan<float> side = inputs.Count == 1 ? At(inputs[0], step) : _side;
            for (int n = 0; n < inputs.Count; n++)
            {
                ReadOnlySpan<float> value = At(inputs[n], step);
                if (inputs.Count > 1) value.CopyTo(_side.AsSpan(columns));
                columns += value.Length;
            }
            side = side[..columns];
            Span<float> to = result.Slice(step * width, width);
            for (int row = 0; row < width; row++) to[row] = bias[row] + TensorPrimitives.Dot(numbers.Slice(row * columns, columns), side);
        }
    }

    /// <summary>Returns the vector of a timestep; the only one of a value that has one per sequence.</summary>
    private ReadOnlySpan<float> At(int value, int step)
    {
        ValueShape shape = _graph.Shapes[value];
        return _values[value].AsSpan(shape.IsPerStep ? step * shape.Width : 0, shape.Width);
    }

    private ReadOnlySpan<float> Taken(GraphOperation operation, ReadOnlySpan<float> input, int steps)
    {
        int width = operation.Width;
        return (StepKind)operation.Argument switch
        {
            StepKind.Final => _finals[operation.Inputs[0]]!.Hidden,
            StepKind.FinalCell => _finals[operation.Inputs[0]]!.Cell,
            // The rest of a sequence may be too short for a window.
            StepKind.Last when steps == 0 => _finals[operation.Inputs[0]]!.Hidden,
            StepKind.Last => input.Slice((steps - 1) * width, width),
            _ => input[..width],
        };
    }

    private static void Pool(PoolKind kind, ReadOnlySpan<float> input, int steps, Span<float> result, NetworkState? start, NetworkState? end)
    {
        int width = result.Length, before = start?.PooledCount ?? 0;
        if (before + steps == 0)
        {
            // Nothing but a foreign state has a rest without vectors, and none before it.
            result.Clear();
            return;
        }
        (before > 0 ? start!.Pooled : input[..width]).CopyTo(result);
        for (int step = before > 0 ? 0 : 1; step < steps; step++)
        {
            ReadOnlySpan<float> vector = input.Slice(step * width, width);
            if (kind == PoolKind.Max) TensorPrimitives.Max(result, vector, result);
            else TensorPrimitives.Add(result, vector, result);
        }
        if (end is { Pooled.Length: > 0 })
        {
            result.CopyTo(end.Pooled);
            end.PooledCount = before + steps;
        }
        if (kind == PoolKind.Mean) TensorPrimitives.Divide(result, before + steps, result);
    }

    /// <summary>Normalises a vector: (x - mean) / sqrt(variance + epsilon).</summary>
    private static void Normalise(ReadOnlySpan<float> vector, float epsilon, Span<float> result)
    {
        float mean = TensorPrimitives.Sum(vector) / vector.Length;
        TensorPrimitives.Subtract(vector, mean, result);
        float variance = TensorPrimitives.SumOfSquares(result) / vector.Length;
        TensorPrimitives.Multiply(result, 1 / MathF.Sqrt(variance + epsilon), result);
    }

    private static void Window(WindowShape window, OpenWindow? open, ReadOnlySpan<float> input, int steps, int width, Span<float> result)
    {
        int place = 0, first = open?.NextStart ?? -window.Before;
        for (int at = 0; at < result.Length; at += width, place++)
        {
            int step = place / window.Size * window.Stride + first + place % window.Size * window.Dilation;
            if (step >= 0 && step < steps) input.Slice(step * width, width).CopyTo(result[at..]);
            else if (step < 0 && open != null) open.Earlier.AsSpan(open.Earlier.Length + step * width, width).CopyTo(result[at..]);
            else result.Slice(at, width).Clear();
        }
    }

    private static void WindowMax(WindowShape window, ReadOnlySpan<float> input, int steps, Span<float> result, int width)
    {
        for (int place = 0, at = 0; at < result.Length; place++, at += width)
        {
            Span<float> largest = result.Slice(at, width);
            bool isFirst = true;
            // A window that sees no timestep of a short sequence gives zeros.
            largest.Clear();
            for (int n = 0; n < window.Size; n++)
            {
                int step = place * window.Stride - window.Before + n * window.Dilation;
                if (step < 0 || step >= steps) continue;
                ReadOnlySpan<float> vector = input.Slice(step * width, width);
                if (isFirst) vector.CopyTo(largest);
                else TensorPrimitives.Max(largest, vector, largest);
                isFirst = false;
            }
        }
    }

    private static void SoftmaxOverTime(ReadOnlySpan<float> input, int steps, int width, Span<float> result)
    {
        for (int k = 0; k < width; k++)
        {
            float largest = float.NegativeInfinity, sum = 0;
            for (int step = 0; step < steps; step++) largest = MathF.Max(largest, input[step * width + k]);
            for (int step = 0; step < steps; step++) sum += result[step * width + k] = MathF.Exp(input[step * width + k] - largest);
            for (int step = 0; step < steps; step++) result[step * width + k] /= sum;
        }
    }

    private void Multiply(GraphOperation operation, Span<float> result, int steps)
    {
        int width = operation.Width;
        for (int step = 0; step < steps; step++)
        {
            ReadOnlySpan<float> left = At(operation.Inputs[0], step), right = At(operation.Inputs[1], step);
            Span<float> to = result.Slice(step * width, width);
            if (left.Length == right.Length) TensorPrimitives.Multiply(left, right, to);
            else if (left.Length == 1) TensorPrimitives.Multiply(right, left[0], to);
            else TensorPrimitives.Multiply(left, right[0], to);
        }
    }
}
