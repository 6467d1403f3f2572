// The gateway as a program: settings in, exit code out.

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Crime.Gateway.Inference;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Crime.Gateway;

/// <summary>Entry point of the gateway.</summary>
public static class Program
{
    /// <summary>Exit code when the gateway cannot start as it was asked to.</summary>
    public const int CannotStart = 2;

    private const string SettingsFile = "appsettings.json";

    /// <summary>Runs until SIGTERM or Ctrl+C.</summary>
    public static async Task<int> Main(string[] args)
    {
        if (CommandLine.AsksForHelp(args))
        {
            Console.Out.Write(CommandLine.Usage());
            return 0;
        }
        var problems = new List<string>();
        IConfiguration? configuration = ReadConfiguration(args, problems);
        if (VectorWidth.Problem is { } problem) problems.Add(problem);
        GatewayOptions? options = configuration == null ? null : GatewayOptions.Read(configuration, problems);
        if (options == null || problems.Count > 0) return Complain(problems);
        try
        {
            await using WebApplication gateway = GatewayHost.Build(options, configuration!.GetSection("Logging"));
            await GatewayHost.StartAsync(gateway, options.HttpPort);
            await gateway.WaitForShutdownAsync();
            return 0;
        }
        catch (StartupException e)
        {
            return Complain([e.Message]);
        }
    }

    /// <summary>The file, then the environment, then the command line: the later wins.</summary>
    private static IConfigurationRoot? ReadConfiguration(string[] args, List<string> problems)
    {
        Dictionary<string, string?> commandLine = CommandLine.Read(args, problems);
        try
        {
            return new ConfigurationBuilder()
                .SetBasePath(AppContext.BaseDirectory)
                .AddJsonFile(SettingsFile, optional: true, reloadOnChange: false)
                .AddEnvironmentVariables(Settings.EnvironmentPrefix)
                .AddInMemoryCollection(commandLine)
                .Build();
        }
        catch (InvalidDataException e)
        {
            problems.Add($"{Path.Combine(AppContext.BaseDirectory, SettingsFile)}: {e.GetBaseException().Message}");
            return null;
        }
    }

    private static int Complain(List<string> problems)
    {
        foreach (string problem in problems) Console.Error.WriteLine("crime-gateway: " + problem);
        return CannotStart;
    }
}
