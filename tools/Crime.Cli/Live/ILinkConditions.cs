// What happens to bytes on a link, for the relay that imposes it.

namespace Crime.Cli.Live;

/// <summary>Conditions of a link while it is used. Called from any thread.</summary>
internal interface ILinkConditions
{
    /// <summary>Whether the link is down: what is on its way waits until it is up again, and new connections wait too.</summary>
    bool IsDown { get; }

    /// <summary>Time that bytes which set out now take, in ms; at least 0. Drawn anew for every call.</summary>
    /// <param name="byteCount">How many bytes.</param>
    double OneWayMs(int byteCount);
}
