// Version and commit of this program, for pages that people keep.

using System.Reflection;

namespace Crime.Cli.Outputs;

/// <summary>Version of this program.</summary>
internal static class ProgramVersion
{
    /// <summary>Version and, where it is known, commit.</summary>
    public static string Text
    {
        get
        {
            string[] parts = (typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?").Split('+', 2);
            return parts.Length < 2 ? $"version {parts[0]}" : $"version {parts[0]}, commit {parts[1]}";
        }
    }
}
