// The applications that a virtual board can run.

namespace Crime.VirtualBoard;

/// <summary>The applications that the firmware's source tree builds.</summary>
public enum FirmwareApplication
{
    /// <summary>The product.</summary>
    Gestures,

    /// <summary>A board that measures another one.</summary>
    Meter,

    /// <summary>The library in twenty lines.</summary>
    Minimal,

    /// <summary>Golden vectors and costs. It ends by itself.</summary>
    Bench,
}
