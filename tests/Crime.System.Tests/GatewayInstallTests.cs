using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The gateway laid out under a folder that stands for a machine.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class GatewayInstallTests
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private string _published = null!;
    private string _root = null!;

    [SetUp]
    public void Publish()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("the service is one of systemd");
        string folder = Checkout.NewFolder();
        _published = Path.Combine(folder, "published");
        _root = Path.Combine(folder, "root");
        // What "dotnet publish gateway" would write is here already, among the files of this test: its own list names it.
        string here = TestContext.CurrentContext.TestDirectory;
        string[] files =
        [
            .. AssembliesOfTheGateway(here), "Crime.Gateway.dll", "Crime.Gateway.runtimeconfig.json", "Crime.Gateway.deps.json", "appsettings.json",
            Path.Combine("systemd", "crime-gateway.service"), Path.Combine("models", "gestures.crime"),
        ];
        foreach (string file in files.Distinct())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_published, file))!);
            File.Copy(Path.Combine(here, file), Path.Combine(_published, file));
        }
    }

    private static IEnumerable<string> AssembliesOfTheGateway(string folder)
    {
        JsonElement targets = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "Crime.Gateway.deps.json"))).RootElement.GetProperty("targets");
        return from target in targets.EnumerateObject()
               from library in target.Value.EnumerateObject()
               where library.Value.TryGetProperty("runtime", out _)
               from file in library.Value.GetProperty("runtime").EnumerateObject()
               select Path.GetFileName(file.Name);
    }

    private string Under(params string[] parts) => Path.Combine([_root, .. parts]);

    private string SettingsFile => Under("etc", "crime-gateway", "appsettings.json");

    private string Model => Under("var", "lib", "crime-gateway", "models", "gestures.crime");

    private Task<CrimeCommand.Outcome> InstallAsync(params string[] more) =>
        CrimeCommand.RunAsync(["gateway", "install", _published, "--root", _root, .. more]);

    private Task<CrimeCommand.Outcome> UninstallAsync(params string[] more) => CrimeCommand.RunAsync(["gateway", "uninstall", "--root", _root, .. more]);

    private string[] Installed() => Directory.Exists(_root)
        ? Directory.GetFileSystemEntries(_root, "*", SearchOption.AllDirectories).Where(path => !Directory.Exists(path) || new FileInfo(path).LinkTarget != null)
            .Select(path => Path.GetRelativePath(_root, path)).Order(StringComparer.Ordinal).ToArray()
        : [];

    [Test]
    public async Task WhatIsInstalledRunsWithItsSettingsAndServesItsModel()
    {
        CrimeCommand.Outcome outcome = await InstallAsync();
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        string unit = File.ReadAllText(Under("etc", "systemd", "system", "crime-gateway.service"));
        Match start = Regex.Match(unit, @"(?m)^ExecStart=/usr/bin/dotnet (\S+) --config=(\S+)$");
        Assert.That(start.Success, Is.True);
        Assert.That(new FileInfo(Under("etc", "systemd", "system", "multi-user.target.wants", "crime-gateway.service")).LinkTarget,
            Is.EqualTo("/etc/systemd/system/crime-gateway.service"));
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(Under("etc", "crime-gateway", "gateway.env")), Is.EqualTo(OwnersOnly), "passwords");

        // The very files that the unit names, and a models folder that is where the settings say, but for the root.
        string program = _root + start.Groups[1].Value, settings = _root + start.Groups[2].Value;
        Assert.That(File.ReadAllText(settings), Does.Contain("\"Folder\": \"/var/lib/crime-gateway/models\""));
        int httpPort = Ports.Free();
        await using GatewayProcess gateway = GatewayProcess.Run(
            GatewayProcess.DotnetHost,
            [program, $"--config={settings}", $"--Models:Folder={Path.GetDirectoryName(Model)}", $"--Broker:Port={Ports.Free()}", $"--Http:Port={httpPort}"],
            new Dictionary<string, string>());
        await GatewayHttp.UntilHealthyAsync(httpPort);
        Assert.That(await GatewayHttp.CounterAsync(httpPort, "models"), Is.EqualTo(1));
        gateway.Terminate();
        Assert.That((await gateway.EndAsync()).Code, Is.Zero);
    }

    [Test]
    public async Task ADryRunNamesTheStepsAndDoesNothing()
    {
        CrimeCommand.Outcome dry = await InstallAsync("--dry-run");
        Assert.That((dry.ExitCode, Installed()), Is.EqualTo((0, Array.Empty<string>())), dry.Error);
        CrimeCommand.Outcome real = await InstallAsync();
        Assert.That(dry.Out, Is.EqualTo(real.Out));
        string[] before = Installed();
        CrimeCommand.Outcome removal = await UninstallAsync("--dry-run", "--purge-config", "--purge-models");
        Assert.That(removal.Out, Does.Contain($"remove {Under("var", "lib", "crime-gateway")}"));
        Assert.That(Installed(), Is.EqualTo(before));
    }

    [Test]
    public async Task AnUpgradeReplacesTheProgramAndKeepsWhatIsTheOwners()
    {
        await InstallAsync();
        string program = Under("usr", "lib", "crime-gateway"), unit = Under("etc", "systemd", "system", "crime-gateway.service");
        string[] first = Installed();
        File.WriteAllText(SettingsFile, "{ \"Node\": { \"Id\": \"mine\" } }");
        File.WriteAllText(Model, "trained anew");
        File.WriteAllText(Path.Combine(program, "left-over.dll"), "of the old version");
        File.WriteAllText(unit, "changed by hand");
        Directory.CreateDirectory(program + ".new");

        JsonElement summary = (await InstallAsync("--json")).Json();
        Assert.That(summary.GetProperty("kept").EnumerateArray().Select(path => path.GetString()), Is.SupersetOf(new[] { SettingsFile, Model }));
        Assert.That(summary.GetProperty("steps")[0].GetString(), Does.StartWith("replace 0.1.0"));
        Assert.That(summary.GetProperty("done").GetBoolean(), Is.True);
        Assert.That(Installed(), Is.EqualTo(first), "nothing more and nothing less");
        Assert.That(File.ReadAllText(SettingsFile), Does.Contain("mine"));
        Assert.That(File.ReadAllText(Model), Is.EqualTo("trained anew"));
        Assert.That(File.ReadAllText(unit), Does.Contain("Type=notify"));
    }

    [Test]
    public async Task UninstallingKeepsSettingsAndModelsUnlessToldOtherwise()
    {
        await InstallAsync();
        CrimeCommand.Outcome outcome = await UninstallAsync();
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        string[] kept = ["etc/crime-gateway/appsettings.json", "etc/crime-gateway/gateway.env", "var/lib/crime-gateway/models/gestures.crime"];
        Assert.That(Installed(), Is.EqualTo(kept));
        await UninstallAsync("--purge-config");
        Assert.That(Installed(), Is.EqualTo(kept[2..]));
        await UninstallAsync("--purge-models");
        Assert.That(Installed(), Is.Empty);
        CrimeCommand.Outcome again = await UninstallAsync();
        Assert.That((again.ExitCode, again.Out), Is.EqualTo((0, "there is no gateway to remove\n")));
    }

    /// <summary>Where systemd has moved the state of a user that exists only while the gateway runs.</summary>
    [Test]
    public async Task ModelsThatSystemdHasMovedAreKeptAndRemovedThere()
    {
        await InstallAsync();
        string state = Under("var", "lib", "crime-gateway"), real = Under("var", "lib", "private", "crime-gateway");
        Directory.CreateDirectory(Path.GetDirectoryName(real)!);
        Directory.Move(state, real);
        File.CreateSymbolicLink(state, Path.Combine("private", "crime-gateway"));
        File.WriteAllText(Model, "trained anew");
        Assert.That((await InstallAsync()).ExitCode, Is.Zero);
        Assert.That(File.ReadAllText(Path.Combine(real, "models", "gestures.crime")), Is.EqualTo("trained anew"));
        await UninstallAsync("--purge-config", "--purge-models");
        Assert.That(Installed(), Is.Empty);
        Assert.That(Directory.Exists(real), Is.False);
    }

    [Test]
    public async Task WhatCannotBeInstalledIsOneLine()
    {
        File.Delete(Path.Combine(_published, "Crime.Gateway.runtimeconfig.json"));
        CrimeCommand.Outcome outcome = await InstallAsync();
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("has no Crime.Gateway.runtimeconfig.json").And.Contain("dotnet publish gateway"));
        Assert.That(Installed(), Is.Empty);
    }

    [Test]
    public async Task AMachineWithoutSystemdOrRootIsOneLine()
    {
        if (Directory.Exists("/run/systemd/system") && Environment.IsPrivilegedProcess) Assert.Ignore("this machine would really be installed on");
        foreach (string[] arguments in new[] { new[] { "gateway", "install", _published }, ["gateway", "uninstall"] })
        {
            CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(arguments);
            Assert.That((outcome.ExitCode, outcome.Out), Is.EqualTo((2, "")));
            Assert.That(outcome.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
            Assert.That(outcome.Error, Does.Contain("--root DIR").And.Contain(Environment.IsPrivilegedProcess ? "systemd does not run" : "sudo"));
        }
    }
}
