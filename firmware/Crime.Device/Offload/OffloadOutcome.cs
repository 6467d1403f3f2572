// What became of an input that was sent to a gateway.

namespace Crime.Device.Offload;

/// <summary>Outcome of an offload.</summary>
public enum OffloadOutcome
{
    /// <summary>The gateway answered with a class.</summary>
    Answered = 0,

    /// <summary>The gateway refused: its response says why and how full it is.</summary>
    Refused = 1,

    /// <summary>No answer came in time.</summary>
    TimedOut = 2,

    /// <summary>The request was not sent: there is no connection.</summary>
    NotConnected = 3,
}

/// <summary>What a board has sent and received, for the console's status.</summary>
public sealed class OffloadCounters
{
    /// <summary>Requests sent.</summary>
    public int Requests;

    /// <summary>Answers that came in time.</summary>
    public int Answers;

    /// <summary>Requests refused by a gateway.</summary>
    public int Refusals;

    /// <summary>Requests that were not answered in time.</summary>
    public int Timeouts;

    /// <summary>Answers that came after their time-out, or twice: recognised and dropped.</summary>
    public int LateAnswers;

    /// <summary>Frames that could not be read.</summary>
    public int Malformed;

    /// <summary>Connections made to the broker.</summary>
    public int Connections;
}
