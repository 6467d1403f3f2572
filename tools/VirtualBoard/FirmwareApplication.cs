// The applications that a virtual board can run.

namespace Crime.VirtualBoard;

/// <summary>The applications that the firmware's source tree builds.</summary>
public enum FirmwareApplication
{
    /// <summary>The product.</summary>
    Gestures,

    /// <summary>Golden vectors and costs. It ends by itself.</summary>
    Bench,
}
