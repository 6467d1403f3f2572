// The work that the network of a board needs next. The driver does it and reports the outcome.

namespace Crime.Node;

/// <summary>The next step of the network; see <see cref="LinkFlow"/>.</summary>
public enum LinkAction : byte
{
    /// <summary>Switch the radio off, then wait until it is wanted.</summary>
    SwitchOff = 0,

    /// <summary>Join the Wi-Fi; report with <see cref="LinkFlow.OnJoined"/>.</summary>
    Join = 1,

    /// <summary>Connect to the broker, subscribe and announce the board; report with <see cref="LinkFlow.OnConnected"/>.</summary>
    Connect = 2,

    /// <summary>Send a ping to <see cref="LinkFlow.PingGateway"/>.</summary>
    Ping = 3,

    /// <summary>Wait until the deadline, or until the connection ends.</summary>
    Wait = 4,

    /// <summary>Close the connection, which is not needed any more. Report with <see cref="LinkFlow.OnClosed"/>.</summary>
    Leave = 5,

    /// <summary>Close a connection that carries no messages any more. Report with <see cref="LinkFlow.OnClosed"/>.</summary>
    Abandon = 6,

    /// <summary>Unsubscribe from the statuses; report with <see cref="LinkFlow.OnUnsubscribed"/>.</summary>
    Unsubscribe = 7,
}
