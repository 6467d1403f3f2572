// crime bench: how fast things are, as ratios of two sides that are measured in the same run.

using System.CommandLine;

namespace Crime.Cli.Verbs;

/// <summary>The verb <c>bench</c>.</summary>
internal static class BenchVerb
{
    /// <summary>Its place on the command line.</summary>
    public static Command Create() =>
        new("bench", "Measures speed, as ratios of two sides in the same run.") { BenchGatewayVerb.Create() };
}
