// The gateway's messages on their way to the broker. A sender never waits: while the broker is absent or slow, a message is dropped and
// counted, and the board that misses it runs into its own time-out.

using System.Collections.Generic;
using System.Threading;
using System.Threading.Channels;
using Crime.Gateway.Counting;

namespace Crime.Gateway.Broker;

/// <summary>A message to be published.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Payload">Its content; not changed after it was handed over.</param>
/// <param name="IsRetained">True when the broker keeps it.</param>
public readonly record struct OutgoingMessage(string Topic, byte[] Payload, bool IsRetained);

/// <summary>A bounded queue of outgoing messages, in order. Thread-safe.</summary>
public sealed class Outbox
{
    /// <summary>Most messages that may wait.</summary>
    public const int Capacity = 4096;

    private readonly Channel<OutgoingMessage> _messages =
        Channel.CreateBounded<OutgoingMessage>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    private readonly GatewayCounters _counters;
    private readonly IDirectPath? _directPath;
    private volatile bool _isOpen;

    /// <summary>Makes a closed outbox.</summary>
    /// <param name="counters">Count dropped messages.</param>
    /// <param name="directPath">Delivers messages past the broker's dispatch; null without the embedded broker.</param>
    public Outbox(GatewayCounters counters, IDirectPath? directPath = null)
    {
        _counters = counters;
        _directPath = directPath;
    }

    /// <summary>True when there is a connection.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Boards that receive a status; null when their number is not known.</summary>
    public int? StatusListenerCount => _directPath?.StatusListenerCount;

    /// <summary>True when a client may have subscribed to topics with JSON about boards; always with an external broker, whose clients are not known.</summary>
    public bool HasBoardListeners => _directPath?.HasBoardListeners ?? true;

    /// <summary>Takes a message for sending; while there is no connection it is dropped.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content; not changed any more.</param>
    /// <param name="isRetained">True when the broker keeps it.</param>
    /// <param name="isOneOfMany">True when the caller has more urgent work than to write to sockets: then the sending thread does it.</param>
    public void Send(string topic, byte[] payload, bool isRetained, bool isOneOfMany = false)
    {
        var message = new OutgoingMessage(topic, payload, isRetained);
        // Earlier messages go first.
        bool isAtOnce = !_isOpen || !isOneOfMany && _messages.Reader.Count == 0;
        if (isAtOnce && TrySendDirectly(message)) return;
        bool isTaken = _isOpen && _messages.Writer.TryWrite(message);
        if (!isTaken) _counters.DroppedMessages.Increment();
    }

    /// <summary>Delivers a message past the connection.</summary>
    /// <returns>False when it has to go by the connection.</returns>
    public bool TrySendDirectly(OutgoingMessage message) =>
        !message.IsRetained && _directPath != null && _directPath.TrySend(message.Topic, message.Payload);

    /// <summary>A connection exists: messages are taken from now on. Messages that an earlier one left behind are dropped.</summary>
    public void Open()
    {
        while (_messages.Reader.TryRead(out _)) _counters.DroppedMessages.Increment();
        _isOpen = true;
    }

    /// <summary>The connection is gone.</summary>
    public void Close() => _isOpen = false;

    /// <summary>Nothing more will be sent: <see cref="ReadAllAsync"/> ends after what is already there.</summary>
    public void Complete() => _messages.Writer.TryComplete();

    /// <summary>The messages as they come.</summary>
    public IAsyncEnumerable<OutgoingMessage> ReadAllAsync(CancellationToken cancellation) => _messages.Reader.ReadAllAsync(cancellation);
}
