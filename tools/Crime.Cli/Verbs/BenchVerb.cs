// crime bench: how fast the parts of the gateway are, each against something that anybody can run.

using System.CommandLine;

namespace Crime.Cli.Verbs;

internal static class BenchVerb
{
    public static Command Create() => new("bench", "Measures the gateway's parts; what is compared runs in turns on the same machine.")
    {
        BenchEngineVerb.Create(),
        BenchGatewayVerb.Create(),
        EchoGatewayVerb.Create(),
    };
}
