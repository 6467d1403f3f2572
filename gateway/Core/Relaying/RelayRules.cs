// The decision about a request of another node: this gateway computes it, or an upstream that has not had it is expected to cost less. It
// follows the rules of the mapping engine, and lives here because no board relays.

using Crime.Frames;
using Crime.Gateway.Core.Queueing;
using Crime.Mapping;

namespace Crime.Gateway.Core.Relaying;

/// <summary>Picks places for requests of other nodes. Thread-safe: it takes the engine's lock.</summary>
public sealed class RelayRules
{
    private readonly MappingEngine _engine;

    /// <summary>Makes the rules of an engine.</summary>
    /// <param name="engine">The engine: it knows the costs of this node and the gateways behind it.</param>
    public RelayRules(MappingEngine engine) => _engine = engine;

    /// <summary>Returns true when a node has passed the request on already.</summary>
    /// <param name="request">The request.</param>
    /// <param name="key">Key of the node.</param>
    public static bool HasVisited(RequestFrame request, uint key)
    {
        for (int i = 0; i < request.VisitedCount; i++)
            if (request.Visited[i] == key) return true;
        return false;
    }

    /// <summary>Picks the place for a request of another node: never a node that the request has visited.</summary>
    /// <param name="length">Its length in timesteps.</param>
    /// <param name="localWaitUs">Time in µs for which it would wait on this node.</param>
    /// <param name="request">The request, for the nodes that it has visited.</param>
    /// <param name="tried">Keys of the gateways that have had the request and have not answered it.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the place.</param>
    public void Decide(int length, int localWaitUs, RequestFrame request, NodeKeySet tried, long nowUs, Decision decision)
    {
        lock (_engine.Lock)
        {
            DecisionRules rules = _engine.Rules;
            DecisionTable table = rules.Table;
            int bucket = table.Bucket(length), tick = rules.TickAt(nowUs), bestCost = int.MaxValue, bestUs = 0;
            if (_engine.LocalTime != null) bestCost = table.LocalCost(bucket) + table.ComputeCost(localWaitUs);
            Route? choice = null;
            bool isFree = request.VisitedCount < RequestFrame.MaxVisited && !tried.IsFull;
            for (Route? route = _engine.Routes.First; route != null && isFree; route = route.Next)
            {
                int timeUs = route.TimeUs(bucket, tick), cost = rules.OffloadCost(bucket, timeUs, stateUs: 0);
                if (cost >= bestCost || tried.Contains(route.Gateway.Key) || HasVisited(request, route.Gateway.Key)) continue;
                bestCost = cost;
                bestUs = timeUs;
                choice = route;
            }
            if (choice == null) rules.Keep(decision, length);
            else rules.Offload(decision, choice, bestUs, bucket, tick, int.MaxValue);
        }
    }
}
