// Times things that are far shorter than the clock's tick: repeats them until the clock can tell, and takes the best of
// several runs, because other threads, the garbage collector and, on a desk, other programs only ever make a run longer.
// Many short runs find a quiet moment where few long ones do not.

using System;

namespace Crime.Bench;

/// <summary>What is timed.</summary>
/// <param name="turns">How often to do it.</param>
public delegate void Workload(int turns);

/// <summary>Times workloads with the clock that every nanoFramework platform has.</summary>
public static class Stopwatch
{
    private const int TotalUs = 150_000;
    private const int ShortestRunUs = 8_000;
    private const int TicksPerRun = 100;
    private const int LeastRunCount = 3;
    private const int MaxTurns = 1 << 24;

    /// <summary>Time of one turn.</summary>
    /// <returns>Picoseconds.</returns>
    public static long PicosecondsPerTurn(Workload workload)
    {
        long runUs = TicksPerRun * TickUs();
        if (runUs < ShortestRunUs) runUs = ShortestRunUs;
        int turns = 1;
        long us = Time(workload, turns);
        // The first runs also pay for what the CLR resolves once.
        while (us < runUs / 8 && turns < MaxTurns)
        {
            turns *= 4;
            us = Time(workload, turns);
        }
        if (us < runUs) turns = (int)(turns * runUs / (us + 1)) + 1;

        long best = long.MaxValue, spentUs = 0;
        for (int run = 0; run < LeastRunCount || spentUs < TotalUs; run++)
        {
            us = Time(workload, turns);
            spentUs += us;
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

    /// <summary>How far the clock jumps when it moves; at least 1.</summary>
    private static long TickUs()
    {
        long startUs = NowUs(), us = startUs;
        while (us == startUs) us = NowUs();
        startUs = us;
        while (us == startUs) us = NowUs();
        return us - startUs;
    }

    private static long NowUs() => DateTime.UtcNow.Ticks / 10;
}
