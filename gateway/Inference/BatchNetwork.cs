// The engine of the batcher: several sequences of any lengths through one model at a time.

using System;

namespace Crime.Gateway.Inference;

/// <summary>
/// Runs batches through a <see cref="FloatModel"/>. One instance per worker and model: it owns the scratch memory, which grows with the
/// longest sequences it has met; after that a run allocates nothing. Not thread-safe.
/// </summary>
public sealed class BatchNetwork
{
    // One of the two: the choice is made with the model.
    private readonly BatchEngine? _fast;
    private readonly FloatNetwork? _general;

    // The batch by length, the longest first: negated lengths, and places in the batch.
    private int[] _keys = [];
    private int[] _order = [];

    /// <summary>Makes an engine with its own scratch memory.</summary>
    /// <param name="model">The model.</param>
    /// <param name="maxBatch">Most sequences that are computed together, at least 1; a larger batch is cut into such pieces.</param>
    public BatchNetwork(FloatModel model, int maxBatch = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBatch, 1);
        Model = model;
        MaxBatch = maxBatch;
        if (model.BatchCells != null) _fast = new BatchEngine(model, maxBatch);
        else _general = new FloatNetwork(model);
    }

    /// <summary>The model that this engine runs.</summary>
    public FloatModel Model { get; }

    /// <summary>True to write outputs of the expected length, whatever their tokens are: to measure the time of a model that writes sequences.</summary>
    public bool WritesExpectedLength
    {
        get => _general is { WritesExpectedLength: true };
        set
        {
            if (_general != null) _general.WritesExpectedLength = value;
        }
    }

    /// <summary>Most sequences that are computed together.</summary>
    public int MaxBatch { get; }

    /// <summary>
    /// Runs sequences, each as if it were alone: whatever is in the batch beside it does not change its result by more than rounding.
    /// The order is free; sequences of similar length cost least.
    /// </summary>
    /// <param name="items">The sequences; logits, labels and end states are written.</param>
    /// <exception cref="ArgumentException">
    /// A sequence is empty or no whole number of timesteps, the logits have no room for the answer, or a start state is given for a
    /// network that needs all timesteps. Nothing has been computed then.
    /// </exception>
    public void Run(Span<BatchItem> items)
    {
        foreach (ref BatchItem item in items) Check(item);
        if (_fast != null) RunFast(_fast, items);
        else foreach (ref BatchItem item in items) RunGeneral(_general!, ref item);
    }

    private void RunFast(BatchEngine engine, Span<BatchItem> items)
    {
        if (_keys.Length < items.Length)
        {
            _keys = new int[items.Length];
            _order = new int[items.Length];
        }
        bool isSorted = true;
        for (int n = 0; n < items.Length; n++)
        {
            _keys[n] = -items[n].Values.Length;
            _order[n] = n;
            isSorted &= n == 0 || _keys[n - 1] <= _keys[n];
        }
        if (!isSorted) Array.Sort(_keys, _order, 0, items.Length);
        for (int first = 0; first < items.Length; first += MaxBatch)
            engine.Run(items, _order.AsSpan(first, Math.Min(MaxBatch, items.Length - first)));
    }

    private static void RunGeneral(FloatNetwork engine, ref BatchItem item)
    {
        engine.TokenWritten = item.TokenWritten;
        item.Label = engine.Run(item.Values.Span, item.FractionBits, item.Logits.Span, item.Start, item.End);
        item.TokenCount = engine.Tokens.Length;
        engine.Tokens.CopyTo(item.Tokens.Span);
    }

    private void Check(in BatchItem item)
    {
        if (item.Values.Length == 0 || item.Values.Length % Model.ValuesPerStep != 0)
            throw new ArgumentException($"{item.Values.Length} values are no whole number of timesteps of {Model.ValuesPerStep}");
        int count = Model.LogitCount(item.Values.Length / Model.ValuesPerStep);
        if (item.Logits.Length < count) throw new ArgumentException($"room for {item.Logits.Length} logits where the answer has {count}");
        if (Model.Decoder is { } decoder && item.Tokens.Length < decoder.LongestOutput)
            throw new ArgumentException($"room for {item.Tokens.Length} tokens where an output has up to {decoder.LongestOutput}");
        if (item.Start is { IsResumable: false })
            throw new ArgumentException("a network that needs all timesteps cannot begin in the middle");
    }
}
