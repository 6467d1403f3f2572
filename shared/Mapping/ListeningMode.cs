// The messages that a node listens to. A status costs a radio in modem sleep as much energy as an inference, and answers carry the same facts.

namespace Crime.Mapping;

/// <summary>Messages that a node listens to.</summary>
public enum ListeningMode : byte
{
    /// <summary>Answers only while the objective is energy; statuses as well otherwise.</summary>
    Auto = 0,

    /// <summary>Every status of every gateway, and pings.</summary>
    Statuses = 1,

    /// <summary>Answers and refusals. Statuses are received once per connection.</summary>
    Answers = 2,

    /// <summary>Answers and refusals, and the slow status of each gateway, which comes when the regime of its load changes.</summary>
    Regimes = 3,
}
