// Several gateways that boards see as one. A request to the group goes to one of them, chosen by the broker (an MQTT shared
// subscription); each tells the others its load, and one of them, the present one with the lowest id, tells the boards the group's.
// So a board needs to know nothing of groups: it addresses a gateway that is never down while a member is up.

using System;
using System.Collections.Generic;
using System.IO.Hashing;
using System.Linq;
using System.Text;
using System.Threading;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Configuration;

namespace Crime.Gateway.Serving;

/// <summary>What a gateway knows of its group; of no use without one. Thread-safe.</summary>
public sealed class GatewayGroup
{
    /// <summary>Heartbeats that a member may be silent for before it counts as gone; its last will says so sooner.</summary>
    public const int MissedHeartbeats = 4;

    private const int MaxWorkers = 255;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Member> _others = new(StringComparer.Ordinal);
    private readonly StatusFrame _received = new();
    private readonly TimeProvider _time;
    private readonly string _nodeId;
    private readonly string _memberRoot;
    private readonly long _expiryUs;
    private uint _sequence;

    /// <summary>Makes a group of which nobody else is known.</summary>
    public GatewayGroup(GatewayOptions options, TimeProvider time)
    {
        _time = time;
        _nodeId = options.NodeId;
        Id = options.GroupId;
        _memberRoot = Topics.Status(Id) + "/";
        _expiryUs = 1000L * MissedHeartbeats * options.Status.HeartbeatMs;
        // The same for every member: a change of who speaks for the group is none of the group.
        Session = Crc32.HashToUInt32(Encoding.UTF8.GetBytes(Id));
    }

    /// <summary>What another member has said of itself.</summary>
    private sealed record Member(long HeardUs, int Workers, uint BacklogUs, int Depth, int Capacity, int Utilisation, Dictionary<uint, CostLine> Models);

    /// <summary>The group's id; empty without a group.</summary>
    public string Id { get; }

    /// <summary>Whether this gateway belongs to a group.</summary>
    public bool IsUsed => Id.Length > 0;

    /// <summary>The group's session in its statuses.</summary>
    public uint Session { get; }

    /// <summary>Where this gateway's own status goes: with a group boards do not see it.</summary>
    public string OwnStatusTopic => IsUsed ? _memberRoot + _nodeId : Topics.Status(_nodeId);

    /// <summary>Where the group's status goes.</summary>
    public string StatusTopic => Topics.Status(Id);

    /// <summary>The statuses of all members.</summary>
    public string MemberFilter => _memberRoot + "+";

    /// <summary>The requests of the group, each to one member only.</summary>
    public string SharedRequestFilter => $"$share/{Id}/{Topics.RequestFilter(Id)}";

    /// <summary>The backlogs that the other members tell, in µs over all their workers.</summary>
    public uint OthersBacklogUs
    {
        get { lock (_lock) return (uint)Math.Min(Present().Sum(member => (long)member.BacklogUs), uint.MaxValue); }
    }

    /// <summary>Requests that wait at the other members.</summary>
    public int OthersDepth
    {
        get { lock (_lock) return Present().Sum(member => member.Depth); }
    }

    /// <summary>Number of the other members that are present.</summary>
    public int OtherCount
    {
        get { lock (_lock) return Present().Count(); }
    }

    /// <summary>Whether this gateway speaks for the group.</summary>
    public bool IsSpeaker
    {
        get
        {
            if (!IsUsed) return false;
            long now = _time.NowUs();
            lock (_lock) return !_others.Any(other => IsPresent(other.Value, now) && string.CompareOrdinal(other.Key, _nodeId) < 0);
        }
    }

    /// <summary>Takes a message about the group.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Foreign bytes.</param>
    /// <param name="isNews">Whether another member's load has changed.</param>
    /// <returns>False when the topic is not about the group.</returns>
    public bool TryReceive(string topic, ReadOnlySpan<byte> payload, out bool isNews)
    {
        isNews = false;
        if (!IsUsed) return false;
        bool isGroups = topic == StatusTopic;
        if (!isGroups && !topic.StartsWith(_memberRoot, StringComparison.Ordinal)) return false;
        lock (_lock)
        {
            if (_received.Decode(payload.ToArray()) != FrameError.None) return true;
            if (isGroups) FollowSequence();
            else isNews = Note(topic[_memberRoot.Length..]);
        }
        return true;
    }

    /// <summary>The group's status, if it is for this gateway to tell; null otherwise.</summary>
    /// <param name="own">This gateway's own status.</param>
    public StatusFrame? NextStatusOfSpeaker(StatusFrame own)
    {
        // One look for both: a member that comes in between must not be counted by one whom it silences.
        lock (_lock) return IsSpeaker ? NextStatus(own) : null;
    }

    /// <summary>The group's status, whoever tells it.</summary>
    /// <param name="own">This gateway's own status.</param>
    public StatusFrame NextStatus(StatusFrame own)
    {
        lock (_lock)
        {
            Member[] others = Present().ToArray();
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

    /// <summary>A request may reach any member: what is offered is what all have, at the price of the dearest.</summary>
    private static void AddModels(StatusFrame status, StatusFrame own, Member[] others)
    {
        for (int i = 0; i < own.ModelCount; i++)
        {
            uint id = own.ModelId[i];
            if (!others.All(member => member.Models.ContainsKey(id))) continue;
            if (OwnLine(own.Advert(i)) is not { } line) continue;
            foreach (Member member in others)
                line = new CostLine(Math.Max(line.Alpha, member.Models[id].Alpha), Math.Max(line.Beta, member.Models[id].Beta));
            status.Add(id, own.ImageChecksum[i]).SetOwn((uint)line.Alpha, (uint)line.Beta);
        }
    }

    /// <summary>What a member computes a model for itself; null when it only passes it on.</summary>
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

    private bool Note(string member)
    {
        if (member == _nodeId || !Topics.IsNodeId(member)) return false;
        if (!_received.Online) return _others.Remove(member);
        var models = new Dictionary<uint, CostLine>();
        for (int i = 0; i < _received.ModelCount; i++)
            if (OwnLine(_received.Advert(i)) is { } line) models[_received.ModelId[i]] = line;
        _others[member] = new Member(
            _time.NowUs(), _received.Workers, _received.BacklogUs, _received.Depth, _received.Capacity, _received.Utilisation, models);
        return true;
    }

    private IEnumerable<Member> Present()
    {
        long now = _time.NowUs();
        return _others.Values.Where(member => IsPresent(member, now));
    }

    private bool IsPresent(Member member, long nowUs) => nowUs - member.HeardUs <= _expiryUs;
}
