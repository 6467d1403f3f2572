// Counts of deliveries, for metrics and tests.

using System.Threading;

namespace Crime.Gateway.Core.Results;

/// <summary>A count that only grows. Thread-safe.</summary>
public sealed class ResultCount
{
    private long _value;

    /// <summary>The count.</summary>
    public long Value => Interlocked.Read(ref _value);

    /// <summary>Adds one.</summary>
    internal void Add() => Interlocked.Increment(ref _value);
}

/// <summary>Counts of deliveries since the start.</summary>
public sealed class ResultCounts
{
    /// <summary>Inputs that were accepted and stored.</summary>
    public ResultCount Accepted { get; } = new();

    /// <summary>Frames that were refused.</summary>
    public ResultCount Refused { get; } = new();

    /// <summary>Frames whose key was known: they got a receipt and nothing else.</summary>
    public ResultCount Repeats { get; } = new();

    /// <summary>Results that the broker has acknowledged.</summary>
    public ResultCount Published { get; } = new();
}
