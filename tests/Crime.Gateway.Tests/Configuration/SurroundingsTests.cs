using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Configuration;

public sealed class SurroundingsTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("crime-models-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void AFolderAndFreePortsAreNoProblem() => Assert.That(Problems(("Models:Folder", _folder)), Is.Empty);

    [Test]
    public void AFolderThatIsNotThereIsAProblemOnlyIfSomebodyNamedIt()
    {
        string none = Path.Combine(_folder, "none");
        Assert.That(
            Problems(("Models:Folder", none)).Single(),
            Does.StartWith("Models:Folder: '").And.Contains("must be a folder that the gateway can read: there is none"));
        Assert.That(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "nowhere")), Is.False);
        Assert.That(Problems(("Models:Folder", "nowhere")), Is.Not.Empty, "relative to the program");
        Assert.That(Problems(), Is.Empty);
    }

    [Test]
    public void EveryProblemIsNamedNextToValuesThatAreNone()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        using TcpListener broker = Taken(), http = Taken();
        List<string> problems = Problems(
            ("Models:Folder", file), ("Broker:Port", $"{PortOf(broker)}"), ("Http:Port", $"{PortOf(http)}"), ("Queue:Capacity", "none"));
        Assert.That(problems, Has.Count.EqualTo(3));
        Assert.That(problems, Has.One.Contains("Models:Folder").And.Contains("this is a file"));
        Assert.That(problems, Has.One.EqualTo($"Broker:Port: '{PortOf(broker)}' cannot be used, it must be a free TCP port: this one is in use, set somewhere"));
        Assert.That(problems, Has.One.EqualTo($"Http:Port: '{PortOf(http)}' cannot be used, it must be a free TCP port: this one is in use, set somewhere"));
    }

    [Test]
    public void WhatIsRefusedForWhatItIsIsNotTried() =>
        Assert.That(Problems(("Models:Folder", ""), ("Broker:Port", "x"), ("Http:Port", "70000"), ("Broker:Host", "no host")), Is.Empty);

    [Test]
    public void AnAddressOfAnotherMachineIsNamed() =>
        // Reserved for documents (RFC 5737): no machine has it.
        Assert.That(
            Problems(("Broker:Host", "192.0.2.1")).Single(), Does.StartWith("Broker:Host: '192.0.2.1' cannot be used, it must be an address of this machine"));

    [Test]
    public void TheBrokersPortOfAnotherMachineIsNotTriedHere()
    {
        using TcpListener broker = Taken();
        Assert.That(Problems(("Broker:Mode", "external"), ("Broker:Host", "127.0.0.1"), ("Broker:Port", $"{PortOf(broker)}")), Is.Empty);
    }

    [Test]
    public async Task AFolderThatTheUserMayNotReadIsNamed()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("there are no file modes on Windows");
        string setpriv = "/usr/bin/setpriv";
        bool isRoot = Environment.IsPrivilegedProcess;
        if (isRoot && !File.Exists(setpriv)) Assert.Ignore("root may read everything, and setpriv (util-linux), which takes that from root, is not installed");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, UnixFileMode.None);
        string[] options = [$"--Models:Folder={_folder}", $"--Http:Port={Ports.Free()}", $"--Broker:Port={Ports.Free()}"];
        string[] command = [GatewayProcess.DotnetHost, GatewayProcess.ProgramFile, .. options];
        if (isRoot) command = [setpriv, "--bounding-set=-dac_override,-dac_read_search", .. command];
        await using GatewayProcess gateway = GatewayProcess.Run(command[0], command[1..], new Dictionary<string, string> { ["HOME"] = Path.GetTempPath() });
        var (code, _, errorLines) = await gateway.EndAsync();
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(errorLines.Single(), Does.Contain("Models:Folder").And.Contain("must be a folder that the gateway can read").And.Contain("denied"));
    }

    /// <summary>Free ports where a test gives none.</summary>
    private static List<string> Problems(params (string Name, string Value)[] values)
    {
        var settings = new Dictionary<string, string?> { ["Broker:Port"] = $"{Ports.Free()}", ["Http:Port"] = $"{Ports.Free()}" };
        foreach (var (name, value) in values) settings[name] = value;
        var problems = new List<string>();
        Surroundings.Check(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), problems, _ => "somewhere");
        return problems;
    }

    private static TcpListener Taken()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
