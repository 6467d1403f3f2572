// Faults that the tests of the fault test plant, to see that each is found. The product knows nothing of them: they act between the
// cores and the world around them.

namespace Crime.Chaos.Planting;

/// <summary>A defect that a run is made with.</summary>
internal enum PlantedFault
{
    /// <summary>None: the product as it is.</summary>
    None,

    /// <summary>A board loses an answer for ever, and its input has no result.</summary>
    AnswerDropped,

    /// <summary>A gateway answers a request twice.</summary>
    AnsweredTwice,

    /// <summary>A board trusts a gateway however long it is silent.</summary>
    ExpiryForgotten,

    /// <summary>A board takes the answer to an earlier request for the answer to the present one.</summary>
    LateAnswerAccepted,

    /// <summary>A gateway ignores the latency budgets of requests.</summary>
    BudgetIgnored,

    /// <summary>The outcome of a request is credited to the gateway that has taken the slot of the one that was asked.</summary>
    SlotReused,

    /// <summary>The broker keeps the last status of a gateway after it has published the gateway's will.</summary>
    RetainedKeptAfterWill,

    /// <summary>A board sends the rest of a stream from one timestep too early.</summary>
    StreamFromWrongStep,

    /// <summary>A gateway lets one request more wait than its capacity.</summary>
    QueueOneTooLong,

    /// <summary>A gateway forgets the nodes that a request has visited when it passes the request on.</summary>
    RelayLoop,

    /// <summary>A gateway computes a request that was cancelled while it waited.</summary>
    CancelledComputed,
}
