// The steps of a board. A step that was refused memory is taken again, so each is small enough to repeat.

namespace Crime.Device.App;

/// <summary>The steps of a board, in their order.</summary>
internal enum BoardStep
{
    /// <summary>Waits for a model.</summary>
    AwaitModel = 0,

    /// <summary>Waits some time for a gateway.</summary>
    AwaitLink = 1,

    /// <summary>Opens the inputs.</summary>
    Open = 2,

    /// <summary>Reads the next input.</summary>
    Read = 3,

    /// <summary>Starts the input, once there is a model that it fits.</summary>
    Begin = 4,

    /// <summary>Does an action of the input.</summary>
    Infer = 5,

    /// <summary>Adds the result to the totals.</summary>
    Count = 6,

    /// <summary>Writes the result to the console.</summary>
    Report = 7,

    /// <summary>Keeps the result for the gateway.</summary>
    Record = 8,

    /// <summary>Waits until the next input is due.</summary>
    WaitForNextInput = 9,

    /// <summary>Writes the totals.</summary>
    End = 10,

    /// <summary>Answers commands and takes new models.</summary>
    Idle = 11,

    /// <summary>Serves kept inputs that are due.</summary>
    ServeKept = 12,

    /// <summary>Waits for an input of a live signal.</summary>
    AwaitInput = 13,

    /// <summary>Reports sequences of the live signal instead of classifying them.</summary>
    RecordSequences = 14,
}
