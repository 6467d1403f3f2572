// How to train.

using System;
using Crime.Model;

namespace Crime.Modelling.Training;

/// <summary>How to train.</summary>
public sealed record TrainingOptions
{
    /// <summary>The cell of a new model: LSTM or GRU.</summary>
    public CellKind Cell { get; init; } = CellKind.Lstm;

    /// <summary>Hidden units of a new model.</summary>
    public int HiddenCount { get; init; } = 16;

    /// <summary>Dimensions of a new model's embedding; for text only.</summary>
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

    /// <summary>Whether weights of the cell that are zero at the start stay zero: a pruned model stays pruned.</summary>
    public bool KeepZeros { get; init; }

    /// <summary>Threads; they do not change the result.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// For a model that is trained already: small steps, no decay, and as many passes as show it some 50 000 sequences.
    /// </summary>
    /// <param name="trainCount">Training sequences.</param>
    public TrainingOptions ForFineTuning(int trainCount) => this with
    {
        Epochs = Math.Clamp(50_000 / Math.Max(1, trainCount), 8, 60),
        LearningRate = 0.001,
        WeightDecay = 0,
    };
}
