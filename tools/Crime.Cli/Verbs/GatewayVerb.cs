// crime gateway: the gateway as a service of a Linux machine.

using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Runtime.Versioning;
using Crime.Cli.Outputs;
using Crime.Cli.Service;
using Crime.Modelling;

namespace Crime.Cli.Verbs;

internal static class GatewayVerb
{
    private const string UsualDotnet = "/usr/bin/dotnet";

    // What the unit's ProtectHome=yes hides: folders of the root.
    private static readonly string[] s_unseen = ["home", "root"];

    public static Command Create() => new(
        "gateway",
        "Installs the gateway as a service of a Linux machine with systemd, and removes it.\n\n"
        + "Example:\n  dotnet publish gateway -c Release -o published\n  sudo crime gateway install published")
    {
        CreateInstall(), CreateUninstall(),
    };

    private static Command CreateInstall()
    {
        var folder = new Argument<string>("PUBLISHED") { Description = "Folder that 'dotnet publish gateway -c Release -o PUBLISHED' wrote." };
        var dotnet = new Option<string?>("--dotnet") { Description = $"The dotnet that runs it; without it {UsualDotnet}, or the one that runs this." };
        var noStart = new Option<bool>("--no-start") { Description = "Enable it, but do not start it now." };
        var (root, dryRun, json) = SharedOptions();
        var command = new Command(
            "install",
            "Installs or upgrades the gateway. Settings and models that are there already are kept.\n\n"
            + "Example:\n  sudo crime gateway install published\n  crime gateway install published --root staging --dry-run")
        {
            folder, dotnet, noStart, root, dryRun, json,
        };
        command.SetAction(parsed =>
        {
            if (!OperatingSystem.IsLinux()) throw NotHere();
            ServicePaths paths = PathsUnder(parsed.GetValue(root));
            PublishedGateway gateway = PublishedGateway.Open(parsed.GetRequiredValue(folder));
            string program = Dotnet(parsed.GetValue(dotnet), paths);
            if (paths.IsMachine && !parsed.GetValue(dryRun)) Systemd.Require();
            ServicePlan plan = ServicePlan.Install(gateway, paths, program, !parsed.GetValue(noStart));
            Carry(plan, parsed.GetValue(dryRun), parsed.GetValue(json), gateway.Version);
            return 0;
        });
        return command;
    }

    private static Command CreateUninstall()
    {
        var configuration = new Option<bool>("--purge-config") { Description = "Remove the settings as well." };
        var models = new Option<bool>("--purge-models") { Description = "Remove the models as well." };
        var (root, dryRun, json) = SharedOptions();
        var command = new Command(
            "uninstall",
            "Stops and removes the gateway. Settings and models are kept unless it is told otherwise.\n\n"
            + "Example:\n  sudo crime gateway uninstall --purge-config --purge-models")
        {
            configuration, models, root, dryRun, json,
        };
        command.SetAction(parsed =>
        {
            if (!OperatingSystem.IsLinux()) throw NotHere();
            ServicePaths paths = PathsUnder(parsed.GetValue(root));
            if (paths.IsMachine && !parsed.GetValue(dryRun)) Systemd.Require();
            ServicePlan plan = ServicePlan.Uninstall(paths, parsed.GetValue(configuration), parsed.GetValue(models));
            Carry(plan, parsed.GetValue(dryRun), parsed.GetValue(json), version: null);
            return 0;
        });
        return command;
    }

    private static (Option<string?> Root, Option<bool> DryRun, Option<bool> Json) SharedOptions() =>
    (
        new Option<string?>("--root") { Description = "Folder that stands for /: lays files out there and starts nothing, for an image or a package." },
        new Option<bool>("--dry-run") { Description = "Print what would be done and do nothing." },
        new Option<bool>("--json") { Description = "Print what was done as JSON." }
    );

    private static UserInputException NotHere() => new("the service is one of systemd: it installs on Linux only");

    private static ServicePaths PathsUnder(string? root) =>
        new(root == null ? "/" : Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)));

    /// <summary>The dotnet that the unit names.</summary>
    /// <exception cref="UserInputException">There is none that a service could run.</exception>
    private static string Dotnet(string? given, ServicePaths paths)
    {
        string path = given ?? (File.Exists(UsualDotnet) || !paths.IsMachine ? UsualDotnet : Environment.ProcessPath ?? UsualDotnet);
        if (!Path.IsPathRooted(path) || path.Any(char.IsWhiteSpace))
            throw new UserInputException($"--dotnet takes an absolute path without spaces; '{path}' is not that");
        // Under a root of its own, the machine to be is not here to be asked.
        if (!paths.IsMachine) return path;
        if (!File.Exists(path)) throw new UserInputException($"{path}: there is no such file; --dotnet names the dotnet to run the gateway with");
        string real = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        if (s_unseen.Contains(real.Split(Path.DirectorySeparatorChar)[1]))
            throw new UserInputException($"{real}: a service sees no home folders; install .NET for the whole machine, or name another with --dotnet");
        return path;
    }

    [SupportedOSPlatform("linux")]
    private static void Carry(ServicePlan plan, bool isDryRun, bool json, string? version)
    {
        foreach (ServiceStep step in plan.Steps)
        {
            if (!json) Console.Out.WriteLine(step.Text);
            if (!isDryRun) Do(step);
        }
        if (json)
            Output.WriteJson(new { version, steps = plan.Steps.Select(step => step.Text), kept = plan.Kept, done = !isDryRun });
        if (json) return;
        foreach (string path in plan.Kept) Console.Out.WriteLine($"keep {path}");
        if (plan.Steps.Count == 0) Console.Out.WriteLine("there is no gateway to remove");
    }

    private static void Do(ServiceStep step)
    {
        try
        {
            step.Run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{step.Text}: failed: {e.Message}; nothing after it was done, run it again once that is mended", e);
        }
    }
}
