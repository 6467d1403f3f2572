// One way to write the output, as far as it is written. A beam search follows several of them.

using System;
using Crime.Model;

namespace Crime.Gateway.Inference.Decoding;

/// <summary>Tokens, state and log probability of one way to write the output.</summary>
/// <param name="section">The decoder.</param>
/// <param name="classCount">Output tokens.</param>
internal sealed class Hypothesis(DecoderSection section, int classCount)
{
    /// <summary>The tokens without the end; the first <see cref="Count"/> are valid.</summary>
    public byte[] Tokens { get; } = new byte[section.LongestOutput];

    /// <summary>Tokens written, without the end.</summary>
    public int Count { get; set; }

    /// <summary>h, [hidden].</summary>
    public float[] Hidden { get; } = new float[section.Cell.HiddenCount];

    /// <summary>c, [hidden]; empty for a cell without one.</summary>
    public float[] Cell { get; } = new float[section.Cell.HasCellState ? section.Cell.HiddenCount : 0];

    /// <summary>Logits of the next token, [output tokens].</summary>
    public float[] Logits { get; } = new float[classCount];

    /// <summary>Natural logarithm of the sum of exp(logit).</summary>
    public double LogSum { get; set; }

    /// <summary>Sum of the log probabilities of its tokens.</summary>
    public double LogProbability { get; set; }

    /// <summary>Steps taken: the tokens, and the end where it is written.</summary>
    public int Steps { get; set; }

    /// <summary>Logits of the token with the least margin over, or the largest distance behind, the others: [output tokens].</summary>
    public float[] WeakestLogits { get; } = new float[classCount];

    /// <summary>That token.</summary>
    public int WeakestToken { get; set; }

    /// <summary>Its margin.</summary>
    public float WeakestMargin { get; set; }

    /// <summary>Log probability per step, by which finished outputs of different length are compared.</summary>
    public double Score => LogProbability / Math.Max(Steps, 1);

    /// <summary>The token that the next step reads: the last one, or the end at the start.</summary>
    public int LastToken => Count == 0 ? 0 : Tokens[Count - 1];

    /// <summary>Starts an output.</summary>
    /// <param name="hidden">Final hidden state of the encoder.</param>
    /// <param name="cell">Its cell state; not read for a cell without one.</param>
    public void Begin(ReadOnlySpan<float> hidden, ReadOnlySpan<float> cell)
    {
        hidden.CopyTo(Hidden);
        if (Cell.Length > 0) cell.CopyTo(Cell);
        Count = Steps = WeakestToken = 0;
        LogProbability = 0;
        WeakestMargin = float.MaxValue;
    }

    /// <summary>Becomes another hypothesis with one more token.</summary>
    /// <param name="other">A hypothesis whose logits are computed; not this one.</param>
    /// <param name="token">The token; 0 ends the output.</param>
    public void Extend(Hypothesis other, int token)
    {
        other.Tokens.AsSpan(0, other.Count).CopyTo(Tokens);
        Count = other.Count;
        Steps = other.Steps + 1;
        other.Hidden.CopyTo(Hidden, 0);
        other.Cell.CopyTo(Cell, 0);
        LogProbability = other.LogProbability + other.Logits[token] - other.LogSum;
        if (token != 0) Tokens[Count++] = (byte)token;
        float margin = MarginOf(other.Logits, token);
        bool isWeakest = margin < other.WeakestMargin || Steps == 1;
        WeakestMargin = isWeakest ? margin : other.WeakestMargin;
        WeakestToken = isWeakest ? token : other.WeakestToken;
        (isWeakest ? other.Logits : other.WeakestLogits).CopyTo(WeakestLogits, 0);
    }

    private static float MarginOf(float[] logits, int token)
    {
        float largest = float.MinValue;
        for (int k = 0; k < logits.Length; k++)
            if (k != token) largest = MathF.Max(largest, logits[k]);
        return logits[token] - largest;
    }
}
