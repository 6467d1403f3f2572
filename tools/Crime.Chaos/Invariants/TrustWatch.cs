// Which gateways a node trusts, against the messages that have really reached it.

using System;
using System.Collections.Generic;
using Crime.Mapping;

namespace Crime.Chaos.Invariants;

/// <summary>What a node has received from a gateway.</summary>
internal sealed class Heard
{
    /// <summary>Arrival of its last message, in µs of the node's clock. A message that the broker has kept does not count, nor a will.</summary>
    public long AtUs = long.MinValue / 2;

    /// <summary>Arrival of its last answer or pong, in µs of the node's clock.</summary>
    public long MeasuredAtUs = long.MinValue / 2;
}

/// <summary>Watches one life of a mapping engine.</summary>
internal sealed class TrustWatch
{
    private readonly Dictionary<string, Heard> _heard = new(StringComparer.Ordinal);
    private readonly GatewayCandidate?[] _candidates = new GatewayCandidate?[DecisionTable.MaxCandidates];
    private readonly Heard[] _ofCandidates = new Heard[DecisionTable.MaxCandidates];
    private readonly string _node;

    /// <summary>Watches the engines of a node that has received nothing.</summary>
    /// <param name="node">Id of the node.</param>
    public TrustWatch(string node) => _node = node;

    /// <summary>What the node has received from a gateway.</summary>
    public Heard Of(string gateway)
    {
        if (_heard.TryGetValue(gateway, out Heard? heard)) return heard;
        return _heard[gateway] = new Heard();
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
            Heard heard = _ofCandidates[i];
            if (gateway.IsUsable(nowUs) && nowUs - heard.AtUs > MappingEngine.StatusExpiryUs)
                throw new InvariantException($"{_node}: trusts {gateway.Id}, which has been silent for {(nowUs - heard.AtUs) / 1e6:0.0} s");
            if (gateway.Link.HasSample && nowUs - gateway.Link.AgeUs(nowUs) > heard.MeasuredAtUs)
                throw new InvariantException($"{_node}: has credited {gateway.Id} with the answer of another gateway");
        }
    }
}
