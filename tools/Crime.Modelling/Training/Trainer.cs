// Trains the models that the project ships, and small ones like them. Large models are trained in PyTorch and imported.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Model;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Training;

/// <summary>Trains networks of one LSTM or GRU layer.</summary>
/// <param name="data">What to learn from.</param>
/// <param name="options">How.</param>
public sealed class Trainer(TrainingData data, TrainingOptions options)
{
    // At 1 the answers of a sure network are hardly more than the bare class, and what it learns from them is free to wander.
    private const double DistillationTemperature = 4;

    /// <summary>How it trains.</summary>
    public TrainingOptions Options => options;

    /// <summary>Trains a new model.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="progress">Called after every epoch.</param>
    /// <param name="cancellation">Ends the training.</param>
    public TrainedModel Train(string name, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var layout = new CellLayout(
            options.Cell, data.InputCount ?? options.EmbeddingCount, options.HiddenCount, data.OutputCount, data.VocabularyCount);
        var random = new Random(options.Seed);
        float[] start = layout.Initialise(random);
        return TrainFloat(layout, start, random, name, progress, cancellation);
    }

    /// <summary>Trains a model further in floating point.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">Name of the new model.</param>
    /// <param name="progress">Called after every epoch.</param>
    /// <param name="cancellation">Ends the training.</param>
    /// <exception cref="UserInputException">The model is not of the trainer's kind.</exception>
    public TrainedModel FineTune(TrainedModel model, string name, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        CellLayout layout = CellLayout.Of(model);
        return TrainFloat(layout, layout.FromModel(model), new Random(options.Seed), name, progress, cancellation);
    }

    /// <summary>
    /// Trains a model further with its fixed-point network as the way forward, until that answers as the float network does.
    /// </summary>
    /// <param name="model">The float network.</param>
    /// <param name="name">Name of the new model.</param>
    /// <param name="weightBits">Bits in which the weights will be stored: 16, 8, 6 or 4.</param>
    /// <param name="progress">Called after every epoch.</param>
    /// <param name="cancellation">Ends the training.</param>
    /// <returns>A model whose float weights are the very numbers that the quantised ones stand for, and the calibration to quantise with.</returns>
    /// <exception cref="UserInputException">The model is not of the trainer's kind or gives no class, or a row of it cannot be quantised.</exception>
    public TrainedModel FineTuneFixed(TrainedModel model, string name, int weightBits, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        CellLayout layout = CellLayout.Of(model);
        if (!data.Loss.IsClass) throw new UserInputException($"--qat fine-tunes a network with a number for each class, and model '{model.Name}' has another answer");
        float[] start = layout.FromModel(model);
        Calibration calibration = Calibrate(layout, start);
        using var pass = new FixedPass(layout, data, calibration, weightBits);
        using var loop = new TrainingLoop(layout, pass, Distilled(layout, start), options, new Random(options.Seed), DistillationTemperature);
        return layout.ToModel(pass.Settle(loop.Run(start, progress, cancellation)), name, data, calibration);
    }

    /// <summary>Returns the number of sequences that the float network classifies right; of timesteps where each has a class.</summary>
    public int CountRight(TrainedModel model, IReadOnlyList<TrainingSequence> sequences)
    {
        CellLayout layout = CellLayout.Of(model);
        using var workers = new BatchWorkers(layout, new FloatPass(layout), 1, options.Threads, loss: data.Loss);
        if (data.Loss.IsClass) return workers.CountRight(layout.FromModel(model), sequences);
        workers.Losses(layout.FromModel(model), [.. data.Examples(sequences)], out long right);
        return (int)right;
    }

    /// <summary>Returns the number of sequences that the fixed-point network classifies right.</summary>
    public int CountRightFixed(TrainedModel model, Calibration calibration, int weightBits, IReadOnlyList<TrainingSequence> sequences)
    {
        CellLayout layout = CellLayout.Of(model);
        using var pass = new FixedPass(layout, data, calibration, weightBits);
        using var workers = new BatchWorkers(layout, pass, 1, options.Threads);
        return workers.CountRight(layout.FromModel(model), sequences);
    }

    private TrainedModel TrainFloat(
        CellLayout layout, float[] start, Random random, string name, Action<TrainingProgress>? progress, CancellationToken cancellation)
    {
        using var loop = new TrainingLoop(layout, new FloatPass(layout), data.Examples(data.Train), options, random, loss: data.Loss);
        float[] parameters = loop.Run(start, progress, cancellation);
        return layout.ToModel(parameters, name, data, scale: data.Task.Answer == TrainingAnswer.Anomaly ? Threshold(layout, parameters) : null);
    }

    /// <summary>Returns the score that the given share of the held out normal sequences does not exceed, by nearest rank.</summary>
    private AnswerScale Threshold(CellLayout layout, float[] parameters)
    {
        using var workers = new BatchWorkers(layout, new FloatPass(layout), 1, options.Threads, loss: data.Loss);
        double[] scores = workers.Losses(parameters, [.. data.Examples(data.HeldOut)], out _);
        Array.Sort(scores);
        int rank = Math.Clamp((int)Math.Ceiling(data.Task.Quantile * scores.Length), 1, scores.Length);
        return new AnswerScale((float)scores[rank - 1], [], [], []);
    }

    /// <summary>What the float network answers, for the fixed-point network to learn: it says more than the bare class.</summary>
    private TrainingExample[] Distilled(CellLayout layout, float[] parameters)
    {
        var examples = new TrainingExample[data.Train.Count];
        using var workers = new BatchWorkers(layout, new FloatPass(layout), 1, options.Threads, DistillationTemperature);
        workers.Forward(parameters, data.Train, (n, tape, _) =>
        {
            var answer = new float[layout.ClassCount];
            tape.Softmax(answer);
            examples[n] = new TrainingExample(data.Train[n], answer);
        });
        return examples;
    }

    /// <summary>The ranges that <see cref="Calibration.Measure"/> would find, from the sequences as they are prepared here.</summary>
    private Calibration Calibrate(CellLayout layout, float[] parameters)
    {
        const int maxSequences = 2000;
        int count = Math.Min(data.Train.Count, maxSequences);
        TrainingSequence[] sample = Enumerable.Range(0, count).Select(n => data.Train[(int)((long)n * data.Train.Count / count)]).ToArray();
        float maxInput = 0, maxCell = 0;
        using var workers = new BatchWorkers(layout, new FloatPass(layout), 1, threads: 1);
        workers.Forward(parameters, sample, (n, tape, _) =>
        {
            foreach (float value in sample[n].Features) maxInput = MathF.Max(maxInput, MathF.Abs(value));
            foreach (float value in tape.Cells.AsSpan(0, (sample[n].Length + 1) * layout.HiddenCount)) maxCell = MathF.Max(maxCell, MathF.Abs(value));
        });
        return new Calibration($"{sample.Length} training sequences of {data.Name}", maxInput, [maxCell], data.Train.Max(sequence => sequence.Length));
    }
}
