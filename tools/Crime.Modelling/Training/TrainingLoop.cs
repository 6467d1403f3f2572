// The loop that every training runs: batches in random order, Adam, gradients cut at a norm, the best epoch kept.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using System.Threading;

namespace Crime.Modelling.Training;

/// <summary>State of a training after an epoch.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Loss">Mean loss over the training part: cross-entropy in nats, or squared error of standardised values.</param>
public sealed record TrainingProgress(int Epoch, double Loss);

/// <summary>Trains a set of parameters.</summary>
internal sealed class TrainingLoop : IDisposable
{
    private const double MaxGradientNorm = 1;
    private const int ValidationEvery = 10;

    private readonly CellLayout _layout;
    private readonly TrainingOptions _options;
    private readonly Random _random;
    private readonly BatchWorkers _workers;
    private readonly List<TrainingExample> _train = [];
    private readonly List<TrainingExample> _validation = [];
    private readonly TrainingLoss _loss;

    /// <summary>Prepares a loop.</summary>
    /// <param name="layout">Sizes.</param>
    /// <param name="pass">Who goes forward.</param>
    /// <param name="examples">What to learn; a tenth is held back for validation.</param>
    /// <param name="options">How.</param>
    /// <param name="random">Decides the order.</param>
    /// <param name="temperature">That at which the targets were made.</param>
    /// <param name="loss">The loss; null for that of one class.</param>
    public TrainingLoop(
        CellLayout layout, ForwardPass pass, IEnumerable<TrainingExample> examples, TrainingOptions options, Random random, double temperature = 1,
        TrainingLoss? loss = null)
    {
        _loss = loss ?? TrainingLoss.Class;
        _layout = layout;
        _options = options;
        _random = random;
        _workers = new BatchWorkers(layout, pass, options.BatchSize, options.Threads, temperature, _loss);
        // Spread over the classes, because data sets often lie in their order.
        TrainingExample[] all = examples.OrderBy(example => example.Sequence.Label).ToArray();
        HashSet<TrainingExample> held = HeldBack(all);
        foreach (TrainingExample example in all)
            if (held.Contains(example)) _validation.Add(example);
            else _train.Add(example);
    }

    /// <summary>Trains and returns the parameters after the best epoch: most right in validation (of numbers the least error there), then least loss.</summary>
    /// <param name="parameters">Where to start; changed.</param>
    /// <param name="progress">Called after every epoch.</param>
    /// <param name="cancellation">Ends the training.</param>
    public float[] Run(float[] parameters, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        float[] best = [.. parameters];
        int[] zeros = _options.KeepZeros
            ? Enumerable.Range(_layout.InputWeights, _layout.Bias - _layout.InputWeights).Where(i => parameters[i] == 0).ToArray()
            : [];
        var adam = new Adam(parameters.Length);
        double bestScore = double.NegativeInfinity;
        double bestLoss = double.MaxValue;
        for (int epoch = 0; epoch < _options.Epochs; epoch++)
        {
            double loss = TrainEpoch(epoch, parameters, zeros, adam, cancellation);
            double score = Validate(parameters);
            progress?.Invoke(new TrainingProgress(epoch + 1, loss));
            if (score < bestScore || (score == bestScore && loss >= bestLoss)) continue;
            bestScore = score;
            bestLoss = loss;
            best = [.. parameters];
        }
        return best;
    }

    /// <inheritdoc/>
    public void Dispose() => _workers.Dispose();

    /// <summary>Returns how good the parameters are in validation: classes found, or the negative error of numbers.</summary>
    private double Validate(float[] parameters)
    {
        if (_loss.IsClass) return _workers.CountRight(parameters, [.. _validation.Select(example => example.Sequence)]);
        // In a fixed order: the sum does not depend on the threads.
        double[] losses = _workers.Losses(parameters, _validation, out long right);
        return _loss.Kind == LossKind.SquaredError ? -losses.Sum() : right;
    }

    /// <summary>
    /// Returns every tenth take, or every tenth sequence where there are fewer takes. A sequence whose copies are trained on would not be a check.
    /// </summary>
    private static HashSet<TrainingExample> HeldBack(TrainingExample[] all)
    {
        var held = new HashSet<TrainingExample>(ReferenceEqualityComparer.Instance);
        string?[] takes = [.. all.Select(example => example.Sequence.Take).Distinct()];
        bool isByTake = takes.Length >= ValidationEvery && !takes.Contains(null);
        HashSet<string?> heldTakes = [.. takes.Where((_, i) => i % ValidationEvery == ValidationEvery - 1)];
        for (int i = 0; i < all.Length; i++)
            if (isByTake ? heldTakes.Contains(all[i].Sequence.Take) : i % ValidationEvery == ValidationEvery - 1) held.Add(all[i]);
        return held;
    }

    private double TrainEpoch(int epoch, float[] parameters, int[] zeros, Adam adam, CancellationToken cancellation)
    {
        TrainingExample[][] batches = Batches();
        double loss = 0;
        for (int n = 0; n < batches.Length; n++)
        {
            cancellation.ThrowIfCancellationRequested();
            loss += _workers.Run(parameters, batches[n], _options.TruncateSteps, out float[] gradients);
            foreach (int i in zeros) gradients[i] = 0;
            double norm = Norm(gradients) / batches[n].Length;
            float scale = (float)(Math.Min(1, MaxGradientNorm / Math.Max(norm, 1e-12)) / batches[n].Length);
            TensorPrimitives.Multiply(gradients, scale, gradients);
            adam.Step(parameters, gradients, LearningRate((epoch + n / (double)batches.Length) / _options.Epochs), _options.WeightDecay);
        }
        return loss / _train.Count;
    }

    /// <summary>In a fixed order: a vectorised sum would depend on the width of the CPU's registers, and so would the model.</summary>
    private static double Norm(ReadOnlySpan<float> gradients)
    {
        double sum = 0;
        foreach (float gradient in gradients) sum += (double)gradient * gradient;
        return Math.Sqrt(sum);
    }

    private double LearningRate(double done)
    {
        const double floor = 0.05;
        return _options.LearningRate * (floor + (1 - floor) * (1 + Math.Cos(Math.PI * done)) / 2);
    }

    /// <summary>Batches of similar length in random order: threads end together.</summary>
    private TrainingExample[][] Batches()
    {
        TrainingExample[] order = [.. _train];
        _random.Shuffle(order);
        // Within a window of several batches by length; across windows by chance.
        int window = _options.BatchSize * 8;
        TrainingExample[][] batches = order.Chunk(window)
            .SelectMany(part => part.OrderBy(example => example.Sequence.Length).Chunk(_options.BatchSize)).ToArray();
        _random.Shuffle(batches);
        return batches;
    }
}
