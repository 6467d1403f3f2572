// What the way forward through a sequence leaves behind for the way back. The float network writes it, and so does the
// fixed-point network in fine-tuning, in real numbers: the way back does not care who went forward.

using System;

namespace Crime.Modelling.Training;

/// <summary>States of one sequence at every step. One instance per thread; it grows with the longest sequence.</summary>
public sealed class SequenceTape
{
    private readonly CellLayout _layout;

    /// <summary>Makes an empty tape.</summary>
    public SequenceTape(CellLayout layout)
    {
        _layout = layout;
        Logits = new float[layout.ClassCount];
    }

    /// <summary>Gates after their activations, [length][rows].</summary>
    public float[] Gates { get; private set; } = [];

    /// <summary>LSTM: cell states, [length + 1][hidden], the first row before the first step.</summary>
    public float[] Cells { get; private set; } = [];

    /// <summary>LSTM: tanh of the new cell state; GRU: the candidate's recurrent part, U h + c; [length][hidden].</summary>
    public float[] Inner { get; private set; } = [];

    /// <summary>Hidden states, [length + 1][hidden], the first row before the first step.</summary>
    public float[] Hiddens { get; private set; } = [];

    /// <summary>[classes]</summary>
    public float[] Logits { get; }

    /// <summary>What loss and probabilities divide the logits by: above 1, the classes that did not win speak up too.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Makes room for a sequence that starts from the zero state.</summary>
    public void Begin(int length)
    {
        int hidden = _layout.HiddenCount;
        if (Inner.Length >= length * hidden) return;
        Gates = new float[length * _layout.RowCount];
        Inner = new float[length * hidden];
        Cells = new float[(length + 1) * hidden];
        Hiddens = new float[(length + 1) * hidden];
    }

    /// <summary>Cross-entropy of the probabilities against a distribution over the classes, in nats.</summary>
    /// <param name="target">[classes]; sums to 1.</param>
    public double Loss(ReadOnlySpan<float> target)
    {
        double largest = Largest(), sum = 0, loss = 0;
        foreach (float logit in Logits) sum += Math.Exp((logit - largest) / Temperature);
        for (int k = 0; k < target.Length; k++)
            if (target[k] != 0) loss += target[k] * (Math.Log(sum) + largest / Temperature - Logits[k] / Temperature);
        return loss;
    }

    /// <summary>Probabilities of the classes.</summary>
    /// <param name="probabilities">Receives them, [classes].</param>
    public void Softmax(Span<float> probabilities)
    {
        double largest = Largest(), sum = 0;
        foreach (float logit in Logits) sum += Math.Exp((logit - largest) / Temperature);
        for (int k = 0; k < probabilities.Length; k++) probabilities[k] = (float)(Math.Exp((Logits[k] - largest) / Temperature) / sum);
    }

    /// <summary>Index of the largest logit, the lowest among equals.</summary>
    public int Classify() => Array.IndexOf(Logits, Largest());

    private float Largest()
    {
        float largest = Logits[0];
        foreach (float logit in Logits) largest = MathF.Max(largest, logit);
        return largest;
    }
}
