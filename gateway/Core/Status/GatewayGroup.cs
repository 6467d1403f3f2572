// Several gateways that boards see as one. The broker delivers a request for the group to one member (an MQTT shared subscription).
// The members publish their loads to each other, and the leader, the present member with the lowest id, publishes the group's status.
// So a board needs no knowledge of groups: it addresses one gateway, which is online while any member is.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Costs;
using Crime.Frames;

namespace Crime.Gateway.Core.Status;

/// <summary>A gateway's view of its group; unused without a group. Thread-safe.</summary>
public sealed class GatewayGroup
{
    /// <summary>Heartbeats that a member may be silent for before it counts as absent; its last will reports its absence sooner.</summary>
    public const int MissedHeartbeats = 4;

    private const int MaxWorkers = 255;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Member> _others = new(StringComparer.Ordinal);
    private readonly StatusFrame _received = new();
    private readonly string _nodeId;
    private readonly string _memberRoot;
    private readonly long _expiryUs;
    private uint _sequence;

    /// <summary>Makes a group without other members.</summary>
    /// <param name="nodeId">This gateway.</param>
    /// <param name="groupId">Its group; empty for none.</param>
    /// <param name="heartbeatMs">Longest time between two statuses of a member, in ms.</param>
    public GatewayGroup(string nodeId, string groupId, int heartbeatMs)
    {
        _nodeId = nodeId;
        Id = groupId;
        StatusTopic = Topics.Status(Id);
        _memberRoot = StatusTopic + "/";
        OwnStatusTopic = IsUsed ? _memberRoot + nodeId : Topics.Status(nodeId);
        _expiryUs = 1000L * MissedHeartbeats * heartbeatMs;
        // The same for every member, so that boards do not notice a change of the leader.
        Session = NodeKey.Of(Id);
    }

    /// <summary>Another member as of its last status.</summary>
    private sealed record Member(
        long ReceivedUs, int Workers, uint BacklogUs, int Depth, int Capacity, int Utilisation, Dictionary<uint, CostLine> Models);

    /// <summary>The group's id; empty without a group.</summary>
    public string Id { get; }

    /// <summary>True when this gateway belongs to a group.</summary>
    public bool IsUsed => Id.Length > 0;

    /// <summary>The group's session in its statuses.</summary>
    public uint Session { get; }

    /// <summary>Topic of this gateway's own status; boards do not subscribe to it when there is a group.</summary>
    public string OwnStatusTopic { get; }

    /// <summary>Topic of the group's status.</summary>
    public string StatusTopic { get; }

    /// <summary>Filter of the statuses of all members.</summary>
    public string MemberFilter => _memberRoot + "+";

    /// <summary>Filter of the group's requests; the broker delivers each to one member only.</summary>
    public string SharedRequestFilter => $"$share/{Id}/{Topics.RequestFilter(Id)}";

    /// <summary>Sum of the published backlogs of the other members, in µs over all their workers.</summary>
    /// <param name="nowUs">The time.</param>
    public uint OthersBacklogUs(long nowUs)
    {
        lock (_lock) return (uint)Math.Min(Present(nowUs).Sum(member => (long)member.BacklogUs), uint.MaxValue);
    }

    /// <summary>Requests that wait at the other members.</summary>
    /// <param name="nowUs">The time.</param>
    public int OthersDepth(long nowUs)
    {
        lock (_lock) return Present(nowUs).Sum(member => member.Depth);
    }

    /// <summary>Number of the other members that are present.</summary>
    /// <param name="nowUs">The time.</param>
    public int OtherCount(long nowUs)
    {
        lock (_lock) return Present(nowUs).Count();
    }

    /// <summary>True when this gateway publishes the group's status.</summary>
    /// <param name="nowUs">The time.</param>
    public bool IsLeader(long nowUs)
    {
        if (!IsUsed) return false;
        lock (_lock) return !_others.Any(other => IsPresent(other.Value, nowUs) && string.CompareOrdinal(other.Key, _nodeId) < 0);
    }

    /// <summary>Takes a message about the group.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Foreign bytes.</param>
    /// <param name="nowUs">The time.</param>
    /// <param name="isMemberChange">True when it reports the load of another member.</param>
    /// <returns>False when the topic is not about the group.</returns>
    public bool TryReceive(string topic, ReadOnlySpan<byte> payload, long nowUs, out bool isMemberChange)
    {
        isMemberChange = false;
        if (!IsUsed) return false;
        bool isGroups = topic == StatusTopic;
        if (!isGroups && !topic.StartsWith(_memberRoot, StringComparison.Ordinal)) return false;
        lock (_lock)
        {
            if (_received.Decode(payload.ToArray()) != FrameError.None) return true;
            if (isGroups) FollowSequence();
            else isMemberChange = TryUpdate(topic[_memberRoot.Length..], nowUs);
        }
        return true;
    }

    /// <summary>The group's status if this gateway is the leader; null otherwise.</summary>
    /// <param name="own">This gateway's own status.</param>
    /// <param name="nowUs">The time.</param>
    public StatusFrame? NextStatusOfLeader(StatusFrame own, long nowUs)
    {
        // One lock for both: a member that comes in between must not be counted by a gateway that is no longer the leader.
        lock (_lock) return IsLeader(nowUs) ? NextStatus(own, nowUs) : null;
    }

    /// <summary>The group's status, whichever member publishes it.</summary>
    /// <param name="own">This gateway's own status.</param>
    /// <param name="nowUs">The time.</param>
    public StatusFrame NextStatus(StatusFrame own, long nowUs)
    {
        lock (_lock)
        {
            Member[] others = Present(nowUs).ToArray();
            var status = new StatusFrame
            {
                Online = own.Online,
                Workers = Math.Min(own.Workers + others.Sum(member => member.Workers), MaxWorkers),
                Session = Session,
                Sequence = ++_sequence,
                BacklogUs = (uint)Math.Min(own.BacklogUs + others.Sum(member => (long)member.BacklogUs), uint.MaxValue),
                Depth = own.Depth + others.Sum(member => member.Depth),
                Capacity = own.Capacity + others.Sum(member => member.Capacity),
                HttpPort = own.HttpPort,
            };
            status.Utilisation = (own.Utilisation * own.Workers + others.Sum(member => member.Utilisation * member.Workers))
                / (own.Workers + others.Sum(member => member.Workers));
            AddModels(status, own, others);
            return status;
        }
    }

    /// <summary>A request may reach any member: the group offers the models that all members have, at the highest cost.</summary>
    private static void AddModels(StatusFrame status, StatusFrame own, Member[] others)
    {
        for (int i = 0; i < own.ModelCount; i++)
        {
            uint id = own.ModelId[i];
            if (!others.All(member => member.Models.ContainsKey(id))) continue;
            if (OwnLine(own.Advert(i)) is not { } line) continue;
            foreach (Member member in others)
                line = new CostLine(Math.Max(line.AlphaNs, member.Models[id].AlphaNs), Math.Max(line.BetaUs, member.Models[id].BetaUs));
            status.Add(id, own.ImageChecksum[i]).SetOwn((uint)line.AlphaNs, (uint)line.BetaUs);
        }
    }

    /// <summary>The cost line of the node itself; null when it only passes requests for the model on.</summary>
    private static CostLine? OwnLine(CostAdvert advert)
    {
        for (int i = 0; i < advert.Count; i++)
            if (advert.PathCount[i] == 0) return new CostLine(advert.AlphaNs[i], advert.BetaUs[i]);
        return null;
    }

    private void FollowSequence()
    {
        if (_received.Session == Session && (int)(_received.Sequence - _sequence) > 0) _sequence = _received.Sequence;
    }

    private bool TryUpdate(string member, long nowUs)
    {
        if (member == _nodeId || !Topics.IsNodeId(member)) return false;
        if (!_received.Online) return _others.Remove(member);
        var models = new Dictionary<uint, CostLine>();
        for (int i = 0; i < _received.ModelCount; i++)
            if (OwnLine(_received.Advert(i)) is { } line) models[_received.ModelId[i]] = line;
        _others[member] = new Member(
            nowUs, _received.Workers, _received.BacklogUs, _received.Depth, _received.Capacity, _received.Utilisation, models);
        return true;
    }

    private IEnumerable<Member> Present(long nowUs) => _others.Values.Where(member => IsPresent(member, nowUs));

    private bool IsPresent(Member member, long nowUs) => nowUs - member.ReceivedUs <= _expiryUs;
}
