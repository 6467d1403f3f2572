// The exit codes of the command, in one place for the program and the verbs.

namespace Crime.Cli.Outputs;

/// <summary>Exit codes of <c>crime</c>; 0 is success.</summary>
internal static class ExitCode
{
    /// <summary>The work failed, although the input was valid.</summary>
    public const int Failed = 1;

    /// <summary>The input is invalid: a wrong option, a bad file. The user can correct it.</summary>
    public const int BadInput = 2;

    /// <summary>The user interrupted the command.</summary>
    public const int Interrupted = 130;
}
