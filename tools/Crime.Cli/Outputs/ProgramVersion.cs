// Version and commit of this program, for reports that people keep.

using System.Reflection;

namespace Crime.Cli.Outputs;

/// <summary>Version of this program.</summary>
internal static class ProgramVersion
{
    private static readonly string[] s_parts =
        (typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?").Split('+', 2);

    /// <summary>The commit that this program was built from; null when it is not known.</summary>
    public static string? Commit => s_parts.Length < 2 ? null : s_parts[1];

    /// <summary>Version and, where it is known, commit.</summary>
    public static string Text => Commit == null ? $"version {s_parts[0]}" : $"version {s_parts[0]}, commit {Commit}";
}
