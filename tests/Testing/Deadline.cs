using System;
using System.Diagnostics;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Testing;

/// <summary>Waits until a condition is true. A test waits for events with it, never for a fixed time.</summary>
public static class Deadline
{
    /// <summary>Longest wait, in ms. A program that works needs a small part of it even on a machine with other work.</summary>
    public const int Ms = 60_000;

    private const int PollMs = 5;

    /// <summary>Waits until a condition is true, and fails the test when it is false for <see cref="Ms"/>.</summary>
    /// <param name="condition">The condition. It is evaluated every few milliseconds.</param>
    /// <param name="what">The event that the test waits for, for the message.</param>
    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    /// <inheritdoc cref="UntilAsync(Func{bool}, string)"/>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.ElapsedMilliseconds > Ms) Assert.Fail($"{what}: not within {Ms} ms");
            await Task.Delay(PollMs);
        }
    }
}
