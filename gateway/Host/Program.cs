// The gateway as a program: settings in, exit code out.

using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Crime.Gateway;

/// <summary>Entry point of the gateway.</summary>
public static class Program
{
    /// <summary>Exit code when the gateway cannot start as it was asked to.</summary>
    public const int CannotStart = 2;

    /// <summary>Runs until SIGTERM or Ctrl+C.</summary>
    public static Task<int> Main(string[] args)
    {
        // A program without memory is no gateway any more, and may still look alive: it ends, and systemd starts it again.
        AppDomain.CurrentDomain.FirstChanceException += (_, e) =>
        {
            if (e.Exception is OutOfMemoryException) Environment.FailFast("the gateway is out of memory");
        };
        return RunAsync(args);
    }

    /// <summary>Runs until SIGTERM or Ctrl+C.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="replace">Replaces services, for a program that measures the gateway; null for the gateway as it is.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? replace = null)
    {
        if (CommandLine.AsksForHelp(args))
        {
            Console.Out.Write(CommandLine.Usage());
            return 0;
        }
        var problems = new List<string>();
        var layers = ConfigurationLayers.Read(args, problems);
        if (VectorWidth.Problem is { } problem) problems.Add(problem);
        GatewayOptions? options = GatewayOptions.Read(layers.Merged, problems, layers.OriginOf);
        Surroundings.Check(layers.Merged, problems, layers.OriginOf);
        if (options == null || problems.Count > 0) return Complain(problems);
        try
        {
            await using WebApplication gateway = GatewayHost.Build(options, layers.Merged.GetSection("Logging"), replace);
            await GatewayHost.StartAsync(gateway, options.HttpPort);
            await gateway.WaitForShutdownAsync();
            return 0;
        }
        catch (StartupException e)
        {
            return Complain([e.Message]);
        }
    }

    private static int Complain(List<string> problems)
    {
        foreach (string problem in problems) Console.Error.WriteLine("crime-gateway: " + problem);
        return CannotStart;
    }
}
