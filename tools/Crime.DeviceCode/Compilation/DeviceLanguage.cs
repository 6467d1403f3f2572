// The C# of device code.

using Microsoft.CodeAnalysis.CSharp;

namespace Crime.DeviceCode.Compilation;

/// <summary>How device code is compiled.</summary>
public static class DeviceLanguage
{
    /// <summary>The newest C# that the device's tools were seen to compile; the device projects name the same.</summary>
    public const LanguageVersion Version = LanguageVersion.CSharp13;
}
