using System;
using System.Diagnostics;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Running;

/// <summary>Waits for what must come true; never for a time.</summary>
internal static class Deadline
{
    public const int Ms = 15_000;

    private const int PollMs = 5;

    public static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

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
