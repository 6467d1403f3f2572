// The only clock and the only order of a run: everything that happens is an event with a time. The same seed gives the same events.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Crime.Chaos.Events;

/// <summary>Runs events in order of their time, and of their insertion where the times are equal. Not thread-safe.</summary>
internal sealed class Scheduler
{
    /// <summary>Most events that a run may schedule.</summary>
    public const int MaxScheduled = 1 << OrderBits;

    private const int OrderBits = 23;
    private const int RememberedCount = 64;
    private const ulong HashPrime = 1_099_511_628_211;

    // The key holds the time above the insertion number.
    private readonly PriorityQueue<ScheduledEvent, long> _events = new();
    private readonly Remembered[] _remembered = new Remembered[RememberedCount];
    private int _insertedCount;

    private readonly record struct ScheduledEvent(IEventTarget Target, uint Life, int Kind, int Number, object? Content);

    private readonly record struct Remembered(long AtUs, IEventTarget Target, int Kind, int Number);

    /// <summary>The time in µs since the start of the run.</summary>
    public long NowUs { get; private set; }

    /// <summary>Events that have run.</summary>
    public int RunCount { get; private set; }

    /// <summary>Hash of all events that have run: time, receiver, kind and number.</summary>
    public ulong Hash { get; private set; } = 14_695_981_039_346_656_037;

    /// <summary>Schedules an event.</summary>
    /// <param name="atUs">Its time in µs; a time that has passed stands for now.</param>
    /// <param name="target">Its receiver; an event of an earlier life is discarded.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="number">A number that belongs to it.</param>
    /// <param name="content">An object that belongs to it.</param>
    public void At(long atUs, IEventTarget target, int kind, int number = 0, object? content = null)
    {
        if (++_insertedCount >= MaxScheduled) throw new InvalidOperationException($"a run schedules at most {MaxScheduled} events");
        long key = (Math.Max(atUs, NowUs) << OrderBits) + _insertedCount;
        _events.Enqueue(new ScheduledEvent(target, target.Life, kind, number, content), key);
    }

    /// <summary>Schedules an event after a delay in µs.</summary>
    /// <inheritdoc cref="At"/>
    public void After(long delayUs, IEventTarget target, int kind, int number = 0, object? content = null) =>
        At(NowUs + delayUs, target, kind, number, content);

    /// <summary>Runs the next event that its receiver still wants.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryRunNext()
    {
        while (_events.TryDequeue(out ScheduledEvent next, out long key))
        {
            if (next.Target.Life != next.Life || !next.Target.IsWanted(next.Kind, next.Number)) continue;
            NowUs = key >> OrderBits;
            _remembered[RunCount % RememberedCount] = new Remembered(NowUs, next.Target, next.Kind, next.Number);
            RunCount++;
            Hash = ((Hash ^ (ulong)NowUs) * HashPrime ^ (ulong)(uint)(next.Target.Index * 64 + next.Kind)) * HashPrime ^ (uint)next.Number;
            next.Target.OnEvent(next.Kind, next.Number, next.Content);
            return true;
        }
        return false;
    }

    /// <summary>The last events, one a line, for people.</summary>
    public string LastEvents()
    {
        var text = new StringBuilder();
        for (int i = Math.Max(RunCount - RememberedCount, 0); i < RunCount; i++)
        {
            Remembered one = _remembered[i % RememberedCount];
            text.AppendLine(CultureInfo.InvariantCulture, $"{i + 1,8}  {one.AtUs / 1e6:0.000000} s  {one.Target.Name}: {one.Target.NameOf(one.Kind)} {one.Number}");
        }
        return text.ToString();
    }
}
