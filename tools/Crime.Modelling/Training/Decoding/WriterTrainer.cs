// Trains encoder-decoder networks with teacher forcing: batches in random order, Adam, gradients cut at a norm, the best epoch kept.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using System.Threading;
using System.Threading.Tasks;
using Crime.Model;

namespace Crime.Modelling.Training.Decoding;

/// <summary>Trains networks of one LSTM or GRU layer and a decoder of one layer.</summary>
/// <param name="data">The pairs.</param>
/// <param name="options">Cell, sizes, epochs, seed, threads.</param>
/// <param name="attention">Attention over the encoder's outputs.</param>
public sealed class WriterTrainer(WriterData data, TrainingOptions options, AttentionKind attention)
{
    private const double MaxGradientNorm = 1;
    private const int ValidationEvery = 10;

    private readonly WriterLayout _layout = new(
        options.Cell, options.EmbeddingCount, options.HiddenCount, data.CodePoints.Length + 1, data.OutputNames.Count, attention);

    private readonly ParallelOptions _parallel = new() { MaxDegreeOfParallelism = options.Threads };

    /// <summary>Trains a model.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="beamWidth">Hypotheses of a gateway.</param>
    /// <param name="progress">Called after each epoch; the validation accuracy is the share of whole outputs that are right.</param>
    /// <param name="cancellation">Ends the training.</param>
    public TrainedModel Train(string name, int beamWidth, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var random = new Random(options.Seed);
        float[] parameters = _layout.Initialise(random);
        WriterExample[] validation = [.. data.Train.Where((_, n) => n % ValidationEvery == ValidationEvery - 1)];
        WriterExample[] train = [.. data.Train.Where((_, n) => n % ValidationEvery != ValidationEvery - 1)];
        using var engines = new ThreadLocal<WriterGradients>(() => new WriterGradients(_layout));
        float[][] gradients = [.. Enumerable.Range(0, options.BatchSize).Select(_ => new float[_layout.Count])];
        var adam = new Adam(_layout.Count);
        float[] best = [.. parameters];
        int bestRight = -1;
        double bestLoss = double.MaxValue;
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            WriterExample[][] batches = Batches(train, random);
            double loss = 0;
            for (int n = 0; n < batches.Length; n++)
            {
                cancellation.ThrowIfCancellationRequested();
                loss += Run(parameters, batches[n], gradients, engines);
                double norm = Norm(gradients[0]) / batches[n].Length;
                TensorPrimitives.Multiply(gradients[0], (float)(Math.Min(1, MaxGradientNorm / Math.Max(norm, 1e-12)) / batches[n].Length), gradients[0]);
                adam.Step(parameters, gradients[0], LearningRate((epoch + n / (double)batches.Length) / options.Epochs), options.WeightDecay);
            }
            int right = CountRight(parameters, validation, engines);
            progress?.Invoke(new TrainingProgress(epoch + 1, loss / train.Length));
            if (right < bestRight || (right == bestRight && loss >= bestLoss)) continue;
            (bestRight, bestLoss, best) = (right, loss, [.. parameters]);
        }
        return _layout.ToModel(best, name, data, beamWidth);
    }

    /// <summary>Leaves the sums of the gradients of a batch in the first array, in the order of the batch.</summary>
    private double Run(float[] parameters, WriterExample[] batch, float[][] gradients, ThreadLocal<WriterGradients> engines)
    {
        var prepared = new WriterParameters(_layout, parameters);
        var losses = new double[batch.Length];
        Parallel.For(0, batch.Length, _parallel, n =>
        {
            gradients[n].AsSpan().Clear();
            losses[n] = engines.Value!.Forward(prepared, batch[n]);
            engines.Value.Backward(prepared, batch[n], gradients[n]);
        });
        for (int n = 1; n < batch.Length; n++) TensorPrimitives.Add(gradients[0], gradients[n], gradients[0]);
        return losses.Sum();
    }

    private int CountRight(float[] parameters, WriterExample[] examples, ThreadLocal<WriterGradients> engines)
    {
        var prepared = new WriterParameters(_layout, parameters);
        int right = 0;
        Parallel.For(0, examples.Length, _parallel, n =>
        {
            List<int> written = engines.Value!.Write(prepared, examples[n].Input, data.LongestOutput);
            if (written.SequenceEqual(examples[n].Output)) Interlocked.Increment(ref right);
        });
        return right;
    }

    private double LearningRate(double done)
    {
        const double floor = 0.05;
        return options.LearningRate * (floor + (1 - floor) * (1 + Math.Cos(Math.PI * done)) / 2);
    }

    /// <summary>Batches of similar length in random order: threads end together.</summary>
    private WriterExample[][] Batches(WriterExample[] train, Random random)
    {
        WriterExample[] order = [.. train];
        random.Shuffle(order);
        WriterExample[][] batches = [.. order.Chunk(options.BatchSize * 8)
            .SelectMany(part => part.OrderBy(example => example.Input.Length + example.Output.Length).Chunk(options.BatchSize))];
        random.Shuffle(batches);
        return batches;
    }

    /// <summary>In a fixed order: a vectorised sum would depend on the width of the CPU's registers, and so would the model.</summary>
    private static double Norm(ReadOnlySpan<float> gradients)
    {
        double sum = 0;
        foreach (float gradient in gradients) sum += (double)gradient * gradient;
        return Math.Sqrt(sum);
    }
}
