// The command line that starts the process under test of "crime bench gateway". The verb of the same name runs in that process.

using System;
using System.Collections.Generic;
using System.IO;

namespace Crime.Cli.Bench.Load;

/// <summary>Arguments that start a gateway with <see cref="EchoHandler"/>.</summary>
internal static class EchoGateway
{
    /// <summary>Name of the verb below <c>bench</c>.</summary>
    public const string VerbName = "echo-gateway";

    /// <summary>Arguments of dotnet that start the verb with the runtime settings of the gateway; options of the gateway follow.</summary>
    public static IReadOnlyList<string> Program { get; } =
    [
        "exec", "--runtimeconfig", Path.Combine(AppContext.BaseDirectory, "Crime.Gateway.runtimeconfig.json"),
        "--depsfile", Path.Combine(AppContext.BaseDirectory, "crime.deps.json"), Path.Combine(AppContext.BaseDirectory, "crime.dll"), "bench", VerbName,
    ];
}
