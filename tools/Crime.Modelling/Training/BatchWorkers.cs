// Computes the sequences of a batch on several threads and sums their gradients in the order of the batch, so that the result
// does not depend on how many threads there are.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using System.Threading;
using System.Threading.Tasks;

namespace Crime.Modelling.Training;

/// <summary>A sequence and the answer that the network learns to it.</summary>
/// <param name="Sequence">The sequence.</param>
/// <param name="Target">Numbers of the head, [outputs] or [timesteps][outputs]; see <see cref="CellGradients.Backward"/>.</param>
internal sealed record TrainingExample(TrainingSequence Sequence, ReadOnlyMemory<float> Target);

/// <summary>The threads of a training.</summary>
internal sealed class BatchWorkers : IDisposable
{
    private readonly ForwardPass _pass;
    private readonly ParallelOptions _parallel;
    private readonly ThreadLocal<CellGradients> _engines;
    private readonly float[][] _gradients;
    private readonly double[] _losses;
    private readonly float[] _sum;

    public BatchWorkers(CellLayout layout, ForwardPass pass, int batchSize, int threads, double temperature = 1, TrainingLoss? loss = null)
    {
        _pass = pass;
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
        _engines = new ThreadLocal<CellGradients>(() => CellGradients.Create(layout, temperature, loss));
        _gradients = Enumerable.Range(0, batchSize).Select(_ => new float[layout.Count]).ToArray();
        _losses = new double[batchSize];
        _sum = new float[layout.Count];
    }

    /// <summary>Runs a batch forward and back.</summary>
    /// <param name="parameters">[layout.Count]</param>
    /// <param name="batch">At most as many examples as were announced.</param>
    /// <param name="truncateSteps">How many steps to go back at most; 0 for all.</param>
    /// <param name="gradients">The sums over the batch, valid until the next call.</param>
    /// <returns>Sum of the losses, in nats.</returns>
    public double Run(float[] parameters, TrainingExample[] batch, int truncateSteps, out float[] gradients)
    {
        CellParameters prepared = _pass.Prepare(parameters);
        Parallel.For(0, batch.Length, _parallel, n =>
        {
            CellGradients engine = _engines.Value!;
            _gradients[n].AsSpan().Clear();
            _pass.Run(engine, prepared, batch[n].Sequence);
            _losses[n] = engine.Loss(prepared, batch[n].Target.Span, out _);
            engine.Backward(prepared, batch[n].Sequence, batch[n].Target.Span, truncateSteps, _gradients[n]);
        });
        double loss = 0;
        _sum.AsSpan().Clear();
        for (int n = 0; n < batch.Length; n++)
        {
            TensorPrimitives.Add(_sum, _gradients[n], _sum);
            loss += _losses[n];
        }
        gradients = _sum;
        return loss;
    }

    /// <summary>Runs sequences forward.</summary>
    /// <param name="parameters">[layout.Count]</param>
    /// <param name="sequences">The sequences.</param>
    /// <param name="visit">Called once per sequence, by several threads, with its index, its tape and the class found.</param>
    public void Forward(float[] parameters, IReadOnlyList<TrainingSequence> sequences, Action<int, SequenceTape, int> visit)
    {
        CellParameters prepared = _pass.Prepare(parameters);
        Parallel.For(0, sequences.Count, _parallel, n =>
        {
            CellGradients engine = _engines.Value!;
            int found = _pass.Run(engine, prepared, sequences[n]);
            visit(n, engine.Tape, found);
        });
    }

    /// <summary>Returns the number of sequences that are classified right.</summary>
    public int CountRight(float[] parameters, IReadOnlyList<TrainingSequence> sequences)
    {
        int right = 0;
        Forward(parameters, sequences, (n, _, found) =>
        {
            if (found == sequences[n].Label) Interlocked.Increment(ref right);
        });
        return right;
    }

    /// <summary>Returns the loss of each example and the number of targets whose class is found.</summary>
    /// <param name="parameters">[layout.Count]</param>
    /// <param name="examples">The examples.</param>
    /// <param name="right">Receives the sum over all examples.</param>
    public double[] Losses(float[] parameters, IReadOnlyList<TrainingExample> examples, out long right)
    {
        CellParameters prepared = _pass.Prepare(parameters);
        var losses = new double[examples.Count];
        long found = 0;
        Parallel.For(0, examples.Count, _parallel, n =>
        {
            CellGradients engine = _engines.Value!;
            _pass.Run(engine, prepared, examples[n].Sequence);
            losses[n] = engine.Loss(prepared, examples[n].Target.Span, out int one);
            Interlocked.Add(ref found, one);
        });
        right = found;
        return losses;
    }

    public void Dispose() => _engines.Dispose();
}
