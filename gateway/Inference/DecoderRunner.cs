// Writes the output of an encoder-decoder network: the most likely token at each step, or a beam search. The number of steps is bounded by the
// longest output of the model.

using System;
using System.Linq;
using Crime.Gateway.Inference.Cells;
using Crime.Gateway.Inference.Decoding;
using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>The decoder of one worker. It owns the memory of all hypotheses and allocates nothing after its first run.</summary>
internal sealed class DecoderRunner
{
    private readonly FloatModel _model;
    private readonly DecoderWeights _weights;
    private readonly DecoderSection _section;
    private readonly FloatCell _cell;
    private readonly DecoderAttention _attention;
    private readonly float[] _input;
    private readonly float[] _seen;
    private readonly float[] _next;
    private readonly int[] _parents = new int[DecoderSection.MaxBeamWidth];
    private readonly int[] _tokens = new int[DecoderSection.MaxBeamWidth];
    private readonly double[] _scores = new double[DecoderSection.MaxBeamWidth];
    private Hypothesis[] _live;
    private Hypothesis[] _extended;
    private Hypothesis _best;
    private Hypothesis _spare;

    /// <summary>Makes a decoder.</summary>
    /// <param name="model">A model that has one.</param>
    public DecoderRunner(FloatModel model)
    {
        _model = model;
        _weights = model.DecoderWeights!;
        _section = _weights.Section;
        _cell = _weights.Cell.NewCell();
        _attention = new DecoderAttention(_weights);
        _input = new float[_section.Cell.InputCount];
        _seen = new float[_section.Cell.HiddenCount];
        _next = new float[_section.Cell.HiddenCount];
        _best = NewHypothesis();
        _spare = NewHypothesis();
        _live = [NewHypothesis()];
        _extended = [NewHypothesis()];
    }

    /// <summary>Sees the states of the decoder as those of a layer behind the last one; null for none.</summary>
    public StepObserver? Observer { get; set; }

    /// <summary>Takes each token as it is written, where one hypothesis is followed; null for none.</summary>
    public Action<byte>? TokenWritten { get; set; }

    /// <summary>The tokens of the last run, without the end.</summary>
    public ReadOnlySpan<byte> Tokens => _best.Tokens.AsSpan(0, _best.Count);

    /// <summary>Steps of the last run: its tokens, and the end where it was written.</summary>
    public int Steps => _best.Steps;

    /// <summary>Writes an output.</summary>
    /// <param name="outputs">Outputs of the encoder, [length][hidden]; read with attention only.</param>
    /// <param name="hidden">Its final hidden state.</param>
    /// <param name="cell">Its final cell state; empty for a cell without one.</param>
    /// <param name="width">Hypotheses to follow, from 1 to <see cref="DecoderSection.MaxBeamWidth"/>.</param>
    /// <param name="forcedSteps">Steps to take whatever the tokens are, to measure the time; 0 to write an output.</param>
    public void Run(ReadOnlySpan<float> outputs, ReadOnlySpan<float> hidden, ReadOnlySpan<float> cell, int width, int forcedSteps)
    {
        Reserve(width);
        if (_section.Attention != AttentionKind.None) _attention.Begin(outputs);
        _live[0].Begin(hidden, cell);
        int live = 1, finished = 0, longest = forcedSteps > 0 ? Math.Min(forcedSteps, _section.LongestOutput) : _section.LongestOutput;
        for (int step = 0; step < longest && live > 0 && finished < width; step++)
        {
            for (int k = 0; k < live; k++) Advance(_live[k]);
            int count = Rank(live, width, mayEnd: forcedSteps == 0), kept = 0;
            bool isLast = step == longest - 1;
            for (int k = 0; k < count; k++)
            {
                bool isEnd = _tokens[k] == 0 || isLast;
                Hypothesis to = isEnd ? _spare : _extended[kept++];
                to.Extend(_live[_parents[k]], _tokens[k]);
                if (!isEnd)
                {
                    if (width == 1) TokenWritten?.Invoke((byte)_tokens[k]);
                    continue;
                }
                if (finished++ == 0 || to.Score > _best.Score) (_best, _spare) = (_spare, _best);
            }
            (_live, _extended) = (_extended, _live);
            live = kept;
        }
    }

    /// <summary>Copies the logits of the least certain token.</summary>
    /// <param name="logits">Receives [output tokens].</param>
    /// <returns>That token.</returns>
    public int CopyWeakest(Span<float> logits)
    {
        _best.WeakestLogits.CopyTo(logits);
        return _best.WeakestToken;
    }

    private Hypothesis NewHypothesis() => new(_section, _model.ClassCount);

    private void Reserve(int width)
    {
        if (_live.Length >= width) return;
        _live = [.. _live, .. Enumerable.Range(_live.Length, width - _live.Length).Select(_ => NewHypothesis())];
        _extended = [.. _extended, .. Enumerable.Range(_extended.Length, width - _extended.Length).Select(_ => NewHypothesis())];
    }

    /// <summary>Computes the state and the logits after the last token of a hypothesis.</summary>
    private void Advance(Hypothesis one)
    {
        int embedding = _section.EmbeddingCount;
        _weights.Embedding.AsSpan(one.LastToken * embedding, embedding).CopyTo(_input);
        if (_section.Attention == AttentionKind.Bahdanau) _attention.Read(one.Hidden, _input.AsSpan(embedding));
        _cell.Reset(one.Cell);
        _cell.Step(_input, one.Hidden, _next);
        _next.CopyTo(one.Hidden, 0);
        if (one.Cell.Length > 0) _cell.Cell.CopyTo(one.Cell);
        Observer?.Invoke(_model.Layers.Count, 0, one.Steps, _next, _cell.Cell);
        bool isLuong = _section.Attention is AttentionKind.LuongDot or AttentionKind.LuongGeneral;
        if (isLuong) _attention.Combine(one.Hidden, _seen);
        int best = _model.Classify(isLuong ? _seen : one.Hidden, one.Logits);
        float largest = one.Logits[best];
        double sum = 0;
        foreach (float logit in one.Logits) sum += Math.Exp(logit - largest);
        one.LogSum = largest + Math.Log(sum);
    }

    /// <summary>Finds the most likely extensions of all hypotheses, the best first; the earlier hypothesis and the lower token among equals.</summary>
    private int Rank(int live, int width, bool mayEnd)
    {
        int count = 0;
        for (int parent = 0; parent < live; parent++)
        {
            Hypothesis one = _live[parent];
            for (int token = mayEnd || one.Logits.Length == 1 ? 0 : 1; token < one.Logits.Length; token++)
            {
                double score = one.LogProbability + one.Logits[token] - one.LogSum;
                if (count == width && !(score > _scores[count - 1])) continue;
                int at = count < width ? count++ : count - 1;
                for (; at > 0 && score > _scores[at - 1]; at--)
                    (_scores[at], _parents[at], _tokens[at]) = (_scores[at - 1], _parents[at - 1], _tokens[at - 1]);
                (_scores[at], _parents[at], _tokens[at]) = (score, parent, token);
            }
        }
        return count;
    }
}
