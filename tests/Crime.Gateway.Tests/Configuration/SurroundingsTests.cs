using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using Crime.Gateway.Tests.Running;
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
    public void AFolderAndFreePortsAreNoProblem() => Assert.That(Problems(RunningGateway.Options(_folder)), Is.Empty);

    [Test]
    public void AFolderThatIsNotThereIsAProblemOnlyIfSomebodyNamedIt()
    {
        GatewayOptions options = RunningGateway.Options(Path.Combine(_folder, "none"));
        Assert.That(Problems(options).Single(), Does.StartWith("Models:Folder: '").And.Contains("must be a folder that the gateway can read: there is none"));
        Assert.That(Problems(options with { IsModelsFolderDefault = true }), Is.Empty);
    }

    [Test]
    public void EveryProblemIsNamed()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        using TcpListener broker = Taken(), http = Taken();
        GatewayOptions options = RunningGateway.Options(file) with { HttpPort = PortOf(http) };
        options = options with { Broker = options.Broker with { Port = PortOf(broker) } };
        List<string> problems = Problems(options);
        Assert.That(problems, Has.Count.EqualTo(3));
        Assert.That(problems, Has.One.Contains("Models:Folder").And.Contains("this is a file"));
        Assert.That(problems, Has.One.EqualTo($"Broker:Port: '{PortOf(broker)}' cannot be used, it must be a free TCP port: this one is in use"));
        Assert.That(problems, Has.One.EqualTo($"Http:Port: '{PortOf(http)}' cannot be used, it must be a free TCP port: this one is in use"));
    }

    [Test]
    public void AnAddressOfAnotherMachineIsNamed()
    {
        GatewayOptions options = RunningGateway.Options(_folder);
        // Reserved for documents (RFC 5737): no machine has it.
        options = options with { Broker = options.Broker with { Host = "192.0.2.1" } };
        Assert.That(Problems(options).Single(), Does.StartWith("Broker:Host: '192.0.2.1' cannot be used, it must be an address of this machine"));
    }

    [Test]
    public void TheBrokersPortOfAnotherMachineIsNotTriedHere()
    {
        using TcpListener broker = Taken();
        GatewayOptions options = RunningGateway.Options(_folder);
        options = options with { Broker = new BrokerOptions(BrokerMode.External, "127.0.0.1", PortOf(broker), "", "") };
        Assert.That(Problems(options), Is.Empty);
    }

    [Test]
    public async Task AFolderThatTheUserMayNotReadIsNamed()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("there are no file modes on Windows");
        string setpriv = "/usr/bin/setpriv";
        bool isRoot = Environment.IsPrivilegedProcess;
        if (isRoot && !File.Exists(setpriv)) Assert.Ignore("root may read everything, and setpriv (util-linux), which makes root another user, is not here");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, UnixFileMode.None);
        string[] options = [$"--Models:Folder={_folder}", $"--Http:Port={Ports.Free()}", $"--Broker:Port={Ports.Free()}"];
        string[] command = [GatewayProcess.DotnetHost, GatewayProcess.ProgramFile, .. options];
        if (isRoot) command = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", .. command];
        await using GatewayProcess gateway = GatewayProcess.Run(command[0], command[1..], new Dictionary<string, string> { ["HOME"] = Path.GetTempPath() });
        var (code, _, errorLines) = await gateway.EndAsync();
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (errorLines.Any(line => !line.StartsWith("crime-gateway: ", StringComparison.Ordinal)))
            Assert.Ignore("another user cannot run the program from where it was built: " + errorLines[0]);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(errorLines.Single(), Does.Contain("Models:Folder").And.Contain("must be a folder that the gateway can read").And.Contain("denied"));
    }

    private static List<string> Problems(GatewayOptions options)
    {
        var problems = new List<string>();
        Surroundings.Check(options, problems);
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
