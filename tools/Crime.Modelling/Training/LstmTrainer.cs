// Trains the models that the project ships, and small ones like them. Large models are trained in PyTorch and imported.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Training;

/// <summary>How to train.</summary>
public sealed record TrainingOptions
{
    /// <summary>Hidden units.</summary>
    public int HiddenCount { get; init; } = 16;

    /// <summary>Dimensions of the embedding; for text only.</summary>
    public int EmbeddingCount { get; init; } = 16;

    /// <summary>Passes over the training part.</summary>
    public int Epochs { get; init; } = 60;

    /// <summary>Decides start values and order; the same seed gives the same bytes.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Sequences per step of the optimiser.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Largest step size; it falls along half a cosine to a twentieth.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>Weight decay.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Steps to go back at most; 0 for all.</summary>
    public int TruncateSteps { get; init; }

    /// <summary>Threads; they do not change the result.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;
}

/// <summary>State of a training after an epoch.</summary>
/// <param name="Epoch">Epochs done.</param>
/// <param name="Loss">Mean cross-entropy over the training part, in nats.</param>
/// <param name="ValidationAccuracy">Share of the validation part that is classified right.</param>
public sealed record TrainingProgress(int Epoch, double Loss, double ValidationAccuracy);

/// <summary>Trains LSTM classifiers.</summary>
public sealed class LstmTrainer
{
    private const double MaxGradientNorm = 1;
    private const int ValidationEvery = 10;

    private readonly TrainingOptions _options;
    private readonly TrainingData _data;
    private readonly LstmLayout _layout;
    private readonly List<TrainingSequence> _train = [];
    private readonly List<TrainingSequence> _validation = [];

    /// <summary>Prepares a training.</summary>
    /// <exception cref="UserInputException">The data set has no training sequences, or a single class.</exception>
    public LstmTrainer(Dataset dataset, TrainingOptions options)
    {
        _options = options;
        _data = new TrainingData(dataset);
        _layout = new LstmLayout(
            dataset.IsText ? options.EmbeddingCount : dataset.FeatureCount, options.HiddenCount, _data.ClassNames.Count, _data.VocabularyCount);
        // Spread over the classes, because data sets often lie in their order.
        TrainingSequence[] all = _data.Train.OrderBy(sequence => sequence.Label).ToArray();
        for (int i = 0; i < all.Length; i++) (i % ValidationEvery == ValidationEvery - 1 ? _validation : _train).Add(all[i]);
    }

    /// <summary>Trains and returns the state of the best epoch: most right in validation, then least loss.</summary>
    /// <param name="progress">Called after every epoch.</param>
    /// <param name="cancellation">Ends the training.</param>
    public TrainedModel Train(string name, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var random = new Random(_options.Seed);
        float[] parameters = _layout.Initialise(random), best = [.. parameters];
        var adam = new Adam(_layout.Count);
        var workers = new Workers(_layout, _options.BatchSize, _options.Threads);
        int bestRight = -1;
        double bestLoss = double.MaxValue;
        for (int epoch = 0; epoch < _options.Epochs; epoch++)
        {
            double loss = TrainEpoch(epoch, parameters, adam, workers, random, cancellation);
            int right = workers.CountRight(parameters, _validation);
            progress?.Invoke(new TrainingProgress(epoch + 1, loss, _validation.Count == 0 ? 0 : right / (double)_validation.Count));
            if (right < bestRight || (right == bestRight && loss >= bestLoss)) continue;
            bestRight = right;
            bestLoss = loss;
            best = [.. parameters];
        }
        return _layout.ToModel(best, name, _data.ClassNames, _data.Mean, _data.Deviation, _data.CodePoints);
    }

    private double TrainEpoch(int epoch, float[] parameters, Adam adam, Workers workers, Random random, CancellationToken cancellation)
    {
        TrainingSequence[][] batches = Batches(random);
        double loss = 0;
        for (int n = 0; n < batches.Length; n++)
        {
            cancellation.ThrowIfCancellationRequested();
            loss += workers.Run(parameters, batches[n], _options.TruncateSteps, out float[] gradients);
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
    private TrainingSequence[][] Batches(Random random)
    {
        TrainingSequence[] order = [.. _train];
        random.Shuffle(order);
        // Within a window of several batches by length; across windows by chance.
        int window = _options.BatchSize * 8;
        TrainingSequence[][] batches = order.Chunk(window)
            .SelectMany(part => part.OrderBy(sequence => sequence.Length).Chunk(_options.BatchSize)).ToArray();
        random.Shuffle(batches);
        return batches;
    }

    /// <summary>Computes batches on several threads and sums in the order of the batch.</summary>
    private sealed class Workers
    {
        private readonly LstmLayout _layout;
        private readonly ParallelOptions _parallel;
        private readonly ThreadLocal<LstmGradients> _engines;
        private readonly float[][] _gradients;
        private readonly double[] _losses;
        private readonly float[] _sum;

        public Workers(LstmLayout layout, int batchSize, int threads)
        {
            _layout = layout;
            _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads };
            _engines = new ThreadLocal<LstmGradients>(() => new LstmGradients(layout));
            _gradients = Enumerable.Range(0, batchSize).Select(_ => new float[layout.Count]).ToArray();
            _losses = new double[batchSize];
            _sum = new float[layout.Count];
        }

        public double Run(float[] parameters, TrainingSequence[] batch, int truncateSteps, out float[] gradients)
        {
            float[] recurrent = LstmLayout.Transpose(parameters.AsSpan(_layout.RecurrentWeights.._layout.Bias), _layout.HiddenCount, _layout.RowCount);
            float[] input = LstmLayout.Transpose(parameters.AsSpan(_layout.InputWeights.._layout.RecurrentWeights), _layout.InputCount, _layout.RowCount);
            Parallel.For(0, batch.Length, _parallel, n =>
            {
                LstmGradients engine = _engines.Value!;
                _gradients[n].AsSpan().Clear();
                _losses[n] = engine.Forward(parameters, batch[n], batch[n].Label);
                engine.Backward(parameters, recurrent, input, batch[n], batch[n].Label, truncateSteps, _gradients[n]);
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

        public int CountRight(float[] parameters, List<TrainingSequence> sequences)
        {
            int right = 0;
            Parallel.ForEach(sequences, _parallel, sequence =>
            {
                LstmGradients engine = _engines.Value!;
                engine.Forward(parameters, sequence, sequence.Label);
                if (TensorPrimitives.IndexOfMax(engine.Logits) == sequence.Label) Interlocked.Increment(ref right);
            });
            return right;
        }
    }
}
