// One run of the delivery fault test: boards, gateways and a consumer for some minutes with faults, then some minutes without.

using System.Linq;
using Crime.Chaos.Invariants;

namespace Crime.Chaos.Deliveries;

/// <summary>The outcome of a run.</summary>
/// <param name="Seed">Its seed.</param>
/// <param name="Inputs">Inputs of all boards.</param>
/// <param name="Counts">Faults and repeats.</param>
/// <param name="Violation">The invariant that was broken; null when all held.</param>
internal sealed record DeliveryRun(int Seed, int Inputs, DeliveryCounts Counts, string? Violation)
{
    private const long FaultsUs = 120_000_000;

    // Long enough for a back-off of batches that has grown during the faults.
    private const long HealingUs = 1_500_000_000;

    /// <summary>Runs a seed.</summary>
    /// <param name="seed">Decides everything random.</param>
    /// <param name="planted">A defect that the run is made with.</param>
    public static DeliveryRun Run(int seed, DeliveryFault planted = DeliveryFault.None)
    {
        var world = new DeliveryWorld(seed, planted);
        var boards = new DeliveryBoard[1 + world.Below(3)];
        var gateways = new DeliveryGateway[world.OneIn(3) ? 2 : 1];
        var consumer = new DeliveryConsumer(world.Counts, gateways.Length == 1);
        for (int i = 0; i < gateways.Length; i++)
            gateways[i] = new DeliveryGateway(world, i, consumer, (id, payload) => boards.First(board => board.Id == id).OnMessage(payload));
        for (int i = 0; i < boards.Length; i++) boards[i] = new DeliveryBoard(world, i, consumer, gateways);
        string? violation = null;
        try
        {
            foreach (DeliveryGateway gateway in gateways) gateway.Start();
            foreach (DeliveryBoard board in boards) board.Start();
            if (!world.OneIn(3)) Kill(world, gateways);
            world.RunUntil(FaultsUs);
            world.Heal();
            foreach (DeliveryGateway gateway in gateways) gateway.Start();
            for (long untilUs = FaultsUs; untilUs < FaultsUs + HealingUs && !(consumer.HasAll && boards.All(board => board.IsQuiet)); untilUs += 10_000_000)
                world.RunUntil(untilUs);
            consumer.CheckEnd(gateways.Length == 1 && !gateways[0].HasRepeated);
        }
        catch (InvariantException e)
        {
            violation = e.Message;
        }
        return new DeliveryRun(seed, consumer.InputCount, world.Counts, violation);
    }

    private static void Kill(DeliveryWorld world, DeliveryGateway[] gateways) => world.After(world.Below(30_000_000), () =>
    {
        if (world.IsHealing) return;
        gateways[world.Below(gateways.Length)].Kill();
        Kill(world, gateways);
    });
}
