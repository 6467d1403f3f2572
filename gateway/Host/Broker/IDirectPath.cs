// The path between the embedded broker's clients and the gateway that bypasses the broker's dispatch, as its users see it.

using System;
using System.Buffers;

namespace Crime.Gateway.Broker;

/// <summary>Delivers messages of the gateway directly to their receivers. Thread-safe.</summary>
public interface IDirectPath
{
    /// <summary>Clients that receive the gateway's status.</summary>
    int StatusListenerCount { get; }

    /// <summary>True when a client may have subscribed to topics with JSON about boards.</summary>
    bool HasBoardListeners { get; }

    /// <summary>Delivers a message.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content; not changed any more.</param>
    /// <returns>False when the message has to go through the broker.</returns>
    bool TrySend(string topic, byte[] payload);
}

/// <summary>Receives messages for the gateway. Thread-safe.</summary>
public interface IInbox
{
    /// <summary>Takes a message. It returns soon and does not throw, whatever the message holds.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="payload">Its content; not kept.</param>
    /// <param name="acknowledge">Called once the message has been processed, a request when it has been answered; null without acknowledgement.</param>
    void Receive(string topic, ReadOnlySequence<byte> payload, Action? acknowledge = null);
}
