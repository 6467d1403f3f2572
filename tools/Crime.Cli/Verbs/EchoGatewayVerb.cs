// The process under test of "crime bench gateway": the gateway, with a handler that also echoes. Hidden, because only the bench starts it.

using System.CommandLine;
using System.Linq;
using Crime.Cli.Bench.Load;
using Crime.Gateway.Broker;
using Crime.Gateway.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Crime.Cli.Verbs;

/// <summary>The hidden verb <c>bench echo-gateway</c>.</summary>
internal static class EchoGatewayVerb
{
    /// <summary>Its place on the command line.</summary>
    public static Command Create()
    {
        var command = new Command(EchoGateway.VerbName, "Runs a gateway that echoes the requests of the bench. Takes the options of crime-gateway.")
        {
            Hidden = true,
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction((parsed, _) => Gateway.Program.RunAsync(parsed.UnmatchedTokens.ToArray(), AddEcho));
        return command;
    }

    private static void AddEcho(IServiceCollection services)
    {
        services.RemoveAll<IRequestHandler>();
        services.AddSingleton<RequestReceiver>();
        services.AddSingleton<IRequestHandler>(provider =>
            new EchoHandler(provider.GetRequiredService<RequestReceiver>(), provider.GetRequiredService<Outbox>()));
    }
}
