// One finding of the device gate, with its place in the source.

namespace Crime.DeviceCode.Rules;

/// <summary>A place in device code that the device's CLR treats otherwise than .NET.</summary>
/// <param name="File">Path of the file, relative to the folder under check, with forward slashes.</param>
/// <param name="Line">Line in the file, from 1; 0 where the finding concerns the file or its assembly as a whole.</param>
/// <param name="Reason">What is wrong and what the device does, in one line.</param>
public sealed record Finding(string File, int Line, string Reason)
{
    /// <summary>Returns the finding as <c>file:line: reason</c>.</summary>
    public override string ToString() => $"{File}:{Line}: {Reason}";
}
