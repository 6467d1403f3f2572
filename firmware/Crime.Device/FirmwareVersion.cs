// The version that the board announces.

namespace Crime.Device;

/// <summary>Version of the firmware.</summary>
internal static class FirmwareVersion
{
    /// <summary>Major, minor and patch in one byte each, from the highest.</summary>
    public const uint Value = 0x00010000;
}
