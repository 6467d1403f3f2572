// What the gateway has to say, on its way to the broker. Whoever writes into it never waits: with the broker away or slow,
// a message is dropped and counted, and the board that misses it runs into its own time-out.

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Channels;
using Crime.Gateway.Serving;

namespace Crime.Gateway.Broker;

/// <summary>A message to be published.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Payload">Its content; not changed after it was handed over.</param>
/// <param name="IsRetained">Whether the broker keeps it.</param>
public readonly record struct OutgoingMessage(string Topic, byte[] Payload, bool IsRetained);

/// <summary>A bounded queue of outgoing messages, in order. Thread-safe.</summary>
public sealed class Outbox
{
    /// <summary>Most messages that may wait.</summary>
    public const int Capacity = 4096;

    private readonly Channel<OutgoingMessage> _messages =
        Channel.CreateBounded<OutgoingMessage>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    private readonly GatewayCounters _counters;
    private volatile bool _isOpen;

    /// <summary>Makes a closed outbox.</summary>
    public Outbox(GatewayCounters counters) => _counters = counters;

    /// <summary>Whether there is a connection.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>Takes a message (topic, payload) straight to its receiver if it can; null where there is no such way.</summary>
    public Func<string, byte[], bool>? Shortcut { get; set; }

    /// <summary>Counts the boards that hear a status; null where nobody knows.</summary>
    public Func<int>? StatusListenerCount { get; set; }

    /// <summary>Takes a message for sending; while there is no connection it is dropped.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content; not changed any more.</param>
    /// <param name="isRetained">Whether the broker keeps it.</param>
    /// <param name="isOneOfMany">Whether the caller has more to do than to write to sockets: then somebody else does it.</param>
    public void Send(string topic, byte[] payload, bool isRetained, bool isOneOfMany = false)
    {
        var message = new OutgoingMessage(topic, payload, isRetained);
        // What waits already goes first.
        bool isAtOnce = !_isOpen || !isOneOfMany && _messages.Reader.Count == 0;
        if (isAtOnce && TryShortcut(message)) return;
        bool isTaken = _isOpen && _messages.Writer.TryWrite(message);
        if (!isTaken) _counters.DroppedMessages.Increment();
    }

    /// <summary>Takes a message straight to its receiver.</summary>
    /// <returns>False when it has to go by the connection.</returns>
    public bool TryShortcut(OutgoingMessage message) =>
        !message.IsRetained && Shortcut is { } shortcut && shortcut(message.Topic, message.Payload);

    /// <summary>A connection is there: messages are taken from now on. What an earlier one left behind is dropped.</summary>
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
