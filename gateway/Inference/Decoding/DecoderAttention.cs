// Attention over the outputs of the encoder: Luong (2015) with the dot and the general score, and Bahdanau (2015).

using System;
using System.Numerics.Tensors;
using Crime.Model;

namespace Crime.Gateway.Inference.Decoding;

/// <summary>The attention of one worker: the encoder's outputs, and what the score makes of them once per input.</summary>
/// <param name="weights">The decoder.</param>
internal sealed class DecoderAttention(DecoderWeights weights)
{
    private readonly int _hidden = weights.Section.Cell.HiddenCount;
    private readonly AttentionKind _kind = weights.Section.Attention;
    private readonly float[] _query = new float[Math.Max(weights.Section.AttentionCount, 1)];
    private readonly float[] _sum = new float[Math.Max(weights.Section.AttentionCount, 1)];
    private readonly float[] _both = new float[2 * weights.Section.Cell.HiddenCount];

    // [length][hidden], [length][width of the keys], [length]
    private float[] _outputs = [];
    private float[] _keys = [];
    private float[] _scores = [];
    private int _length;

    private int KeyCount => _kind == AttentionKind.Bahdanau ? _query.Length : _hidden;

    /// <summary>Takes the outputs of the encoder.</summary>
    /// <param name="outputs">[length][hidden].</param>
    public void Begin(ReadOnlySpan<float> outputs)
    {
        _length = outputs.Length / _hidden;
        if (_outputs.Length < outputs.Length)
        {
            _outputs = new float[outputs.Length];
            _keys = new float[_length * KeyCount];
            _scores = new float[_length];
        }
        outputs.CopyTo(_outputs);
        for (int step = 0; step < _length; step++)
        {
            ReadOnlySpan<float> output = outputs.Slice(step * _hidden, _hidden);
            Span<float> key = _keys.AsSpan(step * KeyCount, KeyCount);
            if (_kind == AttentionKind.LuongDot) output.CopyTo(key);
            else DecoderWeights.Multiply(weights.Key, output, key);
        }
    }

    /// <summary>Computes the context of a state: the outputs of the encoder, weighted by their scores.</summary>
    /// <param name="hidden">State of the decoder, [hidden].</param>
    /// <param name="context">Receives [hidden].</param>
    public void Read(ReadOnlySpan<float> hidden, Span<float> context)
    {
        Span<float> scores = _scores.AsSpan(0, _length);
        if (_kind == AttentionKind.Bahdanau) DecoderWeights.Multiply(weights.Query, hidden, _query);
        for (int step = 0; step < _length; step++)
        {
            ReadOnlySpan<float> key = _keys.AsSpan(step * KeyCount, KeyCount);
            if (_kind == AttentionKind.Bahdanau)
            {
                TensorPrimitives.Add(key, _query, _sum);
                TensorPrimitives.Tanh(_sum, _sum);
                scores[step] = TensorPrimitives.Dot<float>(weights.Score, _sum);
            }
            else
            {
                scores[step] = TensorPrimitives.Dot(key, hidden);
            }
        }
        TensorPrimitives.SoftMax(scores, scores);
        context.Clear();
        for (int step = 0; step < _length; step++)
            TensorPrimitives.MultiplyAdd(_outputs.AsSpan(step * _hidden, _hidden), scores[step], context, context);
    }

    /// <summary>Computes Luong's state that the head sees, tanh(W [context, h] + b).</summary>
    /// <param name="hidden">State of the decoder, [hidden].</param>
    /// <param name="seen">Receives [hidden].</param>
    public void Combine(ReadOnlySpan<float> hidden, Span<float> seen)
    {
        Read(hidden, _both.AsSpan(0, _hidden));
        hidden.CopyTo(_both.AsSpan(_hidden));
        DecoderWeights.Multiply(weights.Combination, _both, seen);
        TensorPrimitives.Add(seen, weights.CombinationBias, seen);
        TensorPrimitives.Tanh(seen, seen);
    }
}
