// One run of the fault test: faults for a number of events, then peace until all is quiet, and the invariants after every event.

using System;
using Crime.Chaos.Invariants;
using Crime.Chaos.Planting;
using Crime.Chaos.Worlds;

namespace Crime.Chaos;

/// <summary>Runs a seed.</summary>
public static class ChaosRun
{
    /// <summary>Most events with faults.</summary>
    public const int MaxEvents = 1_000_000;

    // Longer than all that a board may wait for: a minute after a refusal for a lasting reason, and half a minute of back-off.
    private const long LongestHealingUs = 300_000_000;

    /// <summary>Runs a network.</summary>
    /// <param name="seed">Decides everything random; at least 0.</param>
    /// <param name="events">Events with faults, 1 to <see cref="MaxEvents"/>. The run goes on without faults until every input has its result.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static ChaosResult Run(int seed, int events) => Run(seed, events, PlantedFault.None);

    /// <inheritdoc cref="Run(int, int)"/>
    /// <param name="seed">Decides everything random; at least 0.</param>
    /// <param name="events">Events with faults.</param>
    /// <param name="planted">A defect that the run is made with.</param>
    internal static ChaosResult Run(int seed, int events, PlantedFault planted)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seed);
        ArgumentOutOfRangeException.ThrowIfLessThan(events, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(events, MaxEvents);
        var network = new ChaosNetwork(seed, planted);
        World world = network.World;
        ChaosViolation? violation = null;
        try
        {
            Run(network, events);
        }
        catch (InvariantException e)
        {
            violation = Describe(world, e.Message, "");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            violation = Describe(world, $"a core throws {e.GetType().Name}: {e.Message}", e.StackTrace + "\n");
        }
        network.CompleteTally();
        return new ChaosResult(
            seed, world.Scheduler.RunCount, world.Inputs.InputCount, world.Inputs.ResultCount, world.Inputs.MovedCount, world.DeepestVisit, world.Faults.Total,
            world.Faults.ByKind, world.Tally.ByName, world.NowUs / 1e6, world.Scheduler.Hash, violation);
    }

    private static void Run(ChaosNetwork network, int events)
    {
        World world = network.World;
        network.Start();
        while (world.Scheduler.RunCount < events && world.Scheduler.TryRunNext()) network.Check();
        network.Heal();
        network.Check();
        long endUs = world.NowUs + LongestHealingUs;
        while (!network.IsQuiet && world.NowUs < endUs && world.Scheduler.TryRunNext()) network.Check();
        world.Inputs.CheckEnd();
        if (!network.IsQuiet) throw new InvariantException("a gateway owes an answer in the end");
    }

    private static ChaosViolation Describe(World world, string message, string stack) =>
        new(world.Scheduler.RunCount, world.NowUs / 1e6, message, world.Scheduler.LastEvents() + stack);
}
