// Times things that are far shorter than the clock's tick: repeats them until the clock can tell, and takes the best of a few
// runs, because other threads and the garbage collector only ever make a run longer.

using System;

namespace Crime.Firmware.Bench;

/// <summary>What is timed.</summary>
/// <param name="turns">How often to do it.</param>
public delegate void Workload(int turns);

/// <summary>Times workloads with the clock that every nanoFramework platform has.</summary>
public static class Stopwatch
{
    private const int RunCount = 5;
    private const int MinimumUs = 40_000;
    private const int TrialUs = 4_000;
    private const int MaxTurns = 1 << 24;

    /// <summary>Time of one turn.</summary>
    /// <returns>Picoseconds.</returns>
    public static long PicosecondsPerTurn(Workload workload)
    {
        int turns = 1;
        long us = Time(workload, turns);
        // The first runs also pay for what the CLR resolves once.
        while (us < TrialUs && turns < MaxTurns)
        {
            turns *= 4;
            us = Time(workload, turns);
        }
        if (us < MinimumUs) turns = (int)(turns * (long)MinimumUs / (us + 1)) + 1;
        long best = long.MaxValue;
        for (int run = 0; run < RunCount; run++)
        {
            us = Time(workload, turns);
            if (us < best) best = us;
        }
        return best * 1_000_000 / turns;
    }

    private static long Time(Workload workload, int turns)
    {
        long startUs = NowUs();
        workload(turns);
        return NowUs() - startUs;
    }

    private static long NowUs() => DateTime.UtcNow.Ticks / 10;
}
