// The work that an input needs next. The driver does it and reports the outcome: threads on a board, events in a simulation.

namespace Crime.Node;

/// <summary>The next step of an input; see <see cref="InputFlow"/> for the operands and the report that each expects.</summary>
public enum InputAction : byte
{
    /// <summary>Nothing: no input is in progress.</summary>
    None = 0,

    /// <summary>Wait for more timesteps, and report them with <see cref="InputFlow.OnSteps"/>.</summary>
    AwaitSteps = 1,

    /// <summary>Compute timesteps, and report with <see cref="InputFlow.OnComputed"/>.</summary>
    Compute = 2,

    /// <summary>Switch the radio on, then as <see cref="AwaitRadio"/>.</summary>
    WakeRadio = 3,

    /// <summary>Wait for a usable gateway, and report each change and the deadline with <see cref="InputFlow.OnRadio"/>.</summary>
    AwaitRadio = 4,

    /// <summary>Write a request and hand it to the MQTT client; report with <see cref="InputFlow.OnSent"/> or <see cref="InputFlow.OnNotSent"/>.</summary>
    Send = 5,

    /// <summary>Wait for the answer; report with <see cref="InputFlow.OnAnswer"/> or, at the deadline, <see cref="InputFlow.OnTimeout"/>.</summary>
    AwaitAnswer = 6,

    /// <summary>Wait until the deadline because the board cannot compute and no gateway answers; then <see cref="InputFlow.OnRetry"/>.</summary>
    AwaitRetry = 7,

    /// <summary>The input has its result.</summary>
    Complete = 8,
}
