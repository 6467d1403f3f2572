// Compares the gateways that a node trusts with the messages that have reached the node.

using System;
using System.Collections.Generic;
using Crime.Mapping;

namespace Crime.Chaos.Invariants;

/// <summary>Times of the last messages from a gateway to a node.</summary>
internal sealed class LastReceived
{
    /// <summary>Arrival of its last message, in µs of the node's clock. A message that the broker has kept does not count, nor a will.</summary>
    public long AtUs = long.MinValue / 2;

    /// <summary>Arrival of its last answer or pong, in µs of the node's clock.</summary>
    public long MeasuredAtUs = long.MinValue / 2;
}

/// <summary>Watches one life of a mapping engine.</summary>
internal sealed class TrustWatch
{
    private readonly Dictionary<string, LastReceived> _received = new(StringComparer.Ordinal);
    private readonly GatewayCandidate?[] _candidates = new GatewayCandidate?[DecisionTable.MaxCandidates];
    private readonly LastReceived[] _ofCandidates = new LastReceived[DecisionTable.MaxCandidates];
    private readonly string _node;

    /// <summary>Watches the engines of a node that has received nothing.</summary>
    /// <param name="node">Id of the node.</param>
    public TrustWatch(string node) => _node = node;

    /// <summary>Returns the times of the last messages from a gateway.</summary>
    public LastReceived Of(string gateway)
    {
        if (_received.TryGetValue(gateway, out LastReceived? received)) return received;
        return _received[gateway] = new LastReceived();
    }

    /// <summary>Checks all that an engine trusts.</summary>
    /// <param name="engine">The engine; its radio is on.</param>
    /// <param name="nowUs">The time of the node's clock: that of the scheduler and the jumps of the node.</param>
    /// <exception cref="InvariantException">It trusts a gateway that is silent, or a measurement that was not of that gateway.</exception>
    public void Check(MappingEngine engine, long nowUs)
    {
        for (int i = 0; i < engine.CandidateCount; i++)
        {
            GatewayCandidate gateway = engine.Candidate(i);
            if (_candidates[i] != gateway)
            {
                _candidates[i] = gateway;
                _ofCandidates[i] = Of(gateway.Id);
            }
            LastReceived received = _ofCandidates[i];
            if (!engine.LearnsFromAnswers && gateway.IsUsable(nowUs) && nowUs - received.AtUs > MappingEngine.StatusExpiryUs)
                throw new InvariantException($"{_node}: trusts {gateway.Id}, which has been silent for {(nowUs - received.AtUs) / 1e6:0.0} s");
            if (gateway.Link.HasSample && nowUs - gateway.Link.AgeUs(nowUs) > received.MeasuredAtUs)
                throw new InvariantException($"{_node}: has credited {gateway.Id} with the answer of another gateway");
        }
    }
}
