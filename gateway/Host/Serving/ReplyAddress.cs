// Where answers to a board go. One object per board and not one text per answer.

using System.Collections.Concurrent;
using Crime.Frames;

namespace Crime.Gateway.Serving;

/// <summary>A board as the receiver of answers.</summary>
/// <param name="board">Id of the board.</param>
/// <param name="isGroup">True when the board asked the gateway's group. Its answers then carry the load of the group.</param>
public sealed class ReplyAddress(string board, bool isGroup)
{
    /// <summary>The address of nobody.</summary>
    public static ReplyAddress None { get; } = new("", false);

    /// <summary>Id of the board.</summary>
    public string Board { get; } = board;

    /// <summary>Topic of answers to the board.</summary>
    public string Topic { get; } = Topics.Response(board);

    /// <summary>Topic on which the gateway publishes the telemetry of the board.</summary>
    public string TelemetryTopic { get; } = Topics.Telemetry(board);

    /// <summary>True when the board asked the gateway's group. Its answers then carry the load of the group.</summary>
    public bool IsGroup { get; } = isGroup;
}

/// <summary>Finds the address for a request's topic. Thread-safe.</summary>
public sealed class ReplyAddresses
{
    /// <summary>Most topics that are remembered; beyond it all are forgotten, for hostile topics must not fill the memory.</summary>
    public const int MaxCount = 16384;

    private readonly ConcurrentDictionary<string, ReplyAddress> _byTopic = new();
    private readonly string _nodeId;
    private readonly string _groupId;

    /// <summary>Makes the addresses of those who ask a gateway.</summary>
    /// <param name="nodeId">The gateway.</param>
    /// <param name="groupId">The group it belongs to; empty for none.</param>
    public ReplyAddresses(string nodeId, string groupId)
    {
        _nodeId = nodeId;
        _groupId = groupId;
    }

    /// <summary>The address of whoever sent a request.</summary>
    /// <param name="topic">The request's topic.</param>
    /// <returns>Null when the topic is not a request for this gateway or its group.</returns>
    public ReplyAddress? Find(string topic)
    {
        if (_byTopic.TryGetValue(topic, out ReplyAddress? known)) return known;
        bool isGroup = false;
        if (!Topics.IsRequest(topic, _nodeId, out string board))
        {
            isGroup = _groupId.Length > 0 && Topics.IsRequest(topic, _groupId, out board);
            if (!isGroup) return null;
        }
        if (_byTopic.Count >= MaxCount) _byTopic.Clear();
        return _byTopic[topic] = new ReplyAddress(board, isGroup);
    }
}
