// A receiver of scheduled events.

namespace Crime.Chaos.Events;

/// <summary>A node, a client or the broker.</summary>
internal interface IEventTarget
{
    /// <summary>Its name, for people.</summary>
    string Name { get; }

    /// <summary>Its number, for the hash of a run.</summary>
    int Index { get; }

    /// <summary>Number of its present life. Events of an earlier life are discarded.</summary>
    uint Life { get; }

    /// <summary>Name of a kind of event, for people.</summary>
    /// <param name="kind">The kind.</param>
    string NameOf(int kind);

    /// <summary>Returns false when an event is a timer that another one has replaced: it is discarded.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="number">A number that belongs to the kind.</param>
    bool IsWanted(int kind, int number) => true;

    /// <summary>Takes an event.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="number">A number that belongs to the kind.</param>
    /// <param name="content">An object that belongs to the kind; null for none.</param>
    void OnEvent(int kind, int number, object? content);
}
