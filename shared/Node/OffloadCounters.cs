// Counts of a board's offloads, for the console's status.

namespace Crime.Node;

/// <summary>Counts of requests, answers and connections of a board since its start.</summary>
public sealed class OffloadCounters
{
    /// <summary>Requests sent.</summary>
    public int Requests;

    /// <summary>Answers that came in time.</summary>
    public int Answers;

    /// <summary>Requests that a gateway refused.</summary>
    public int Refusals;

    /// <summary>Requests without an answer in time.</summary>
    public int Timeouts;

    /// <summary>Answers that came after their time-out, or twice; they are dropped.</summary>
    public int LateAnswers;

    /// <summary>Inputs that the board has begun to compute while their request was open.</summary>
    public int Hedges;

    /// <summary>Requests that were repeated at another gateway, because their answers were late.</summary>
    public int Repeats;

    /// <summary>Results of the board that came before the answer.</summary>
    public int HedgesWon;

    /// <summary>Cancel frames sent.</summary>
    public int Cancels;

    /// <summary>Frames that could not be read.</summary>
    public int Malformed;

    /// <summary>Connections made to the broker.</summary>
    public int Connections;
}
