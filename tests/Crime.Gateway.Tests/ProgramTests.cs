using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Broker;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests;

/// <summary>The gateway as its own process: what a shell and systemd see of it.</summary>
public sealed class ProgramTests
{
    private int _brokerPort;
    private int _httpPort;

    [SetUp]
    public void ChoosePorts() => (_brokerPort, _httpPort) = (Ports.Free(), Ports.Free());

    [Test]
    public async Task HelpIsPrintedWithAnExample()
    {
        await using GatewayProcess gateway = GatewayProcess.Start("--help");
        var (code, output, errorLines) = await gateway.EndAsync();
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("Usage:").And.Contain("Example:"));
        Assert.That(errorLines, Is.Empty);
    }

    [Test]
    public async Task EveryBadOptionIsNamedAndNothingListens()
    {
        var environment = new Dictionary<string, string> { ["CRIME_Queue__Capacity"] = "0", ["CRIME_Queue__Deepness"] = "1", [VectorWidth.Variable] = "300" };
        await using GatewayProcess gateway = GatewayProcess.Start(
            environment, $"--Broker:Port={_brokerPort}", $"--Http:Port={_httpPort}", "--Node:Id=a/b", "--Workers:Count=256", "--Verbose=1");
        Task<(int Code, string Output, string[] ErrorLines)> end = gateway.EndAsync();
        bool hasListened = false;
        while (!end.IsCompleted)
        {
            hasListened |= Ports.IsListening(_brokerPort) || Ports.IsListening(_httpPort);
            await Task.WhenAny(end, Task.Delay(5));
        }
        var (code, _, lines) = await end;
        Assert.That(code, Is.EqualTo(2));
        Assert.That(hasListened, Is.False);
        Assert.That(lines, Has.Length.EqualTo(6));
        Assert.That(lines, Has.One.Contains("CRIME_VECTOR_BITS is '300', it must be 512, 256 or 128"));
        Assert.That(lines, Has.One.Contains("Node:Id").And.Contains("1 to 32"));
        Assert.That(lines, Has.One.Contains("Workers:Count").And.Contains("from 1 to 255"));
        Assert.That(lines, Has.One.Contains("Queue:Capacity").And.Contains("from 1 to 65535"));
        Assert.That(lines, Has.One.Contains("Queue:Deepness").And.Contains("no such setting"));
        Assert.That(lines, Has.One.Contains("--Verbose").And.Contains("no such option"));
    }

    [TestCase("broker")]
    [TestCase("http")]
    public async Task APortInUseIsOneLine(string which)
    {
        using var taken = new TcpListener(System.Net.IPAddress.Any, which == "broker" ? _brokerPort : _httpPort);
        taken.Start();
        await using GatewayProcess gateway = GatewayProcess.Start($"--Broker:Port={_brokerPort}", $"--Http:Port={_httpPort}");
        var (code, output, errorLines) = await gateway.EndAsync();
        Assert.That(code, Is.EqualTo(2));
        Assert.That(errorLines, Has.Length.EqualTo(1));
        Assert.That(errorLines[0], Does.Contain("in use").And.Contain(which == "broker" ? $"{_brokerPort}" : $"{_httpPort}"));
        Assert.That(output, Does.Not.Contain("Exception").And.Not.Contain("is up"));
    }

    [Test]
    public async Task SigtermSaysOfflineAndEndsWithZero()
    {
        using var models = new ModelFolder(("features.crime", TestModels.Features));
        await using GatewayProcess gateway = GatewayProcess.Start(
            $"--Broker:Port={_brokerPort}", $"--Http:Port={_httpPort}", $"--Models:Folder={models.Path}");
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        await using TestBoard board = await (await TestBoard.ConnectAsync(_brokerPort)).WatchStatusAsync();
        StatusFrame online = await board.StatusAsync(status => status.Online);
        gateway.Terminate();
        StatusFrame offline = await board.StatusAsync(status => !status.Online);
        Assert.That(offline.Session, Is.EqualTo(online.Session));
        Assert.That(offline.Sequence, Is.GreaterThan(online.Sequence));
        var (code, output, errorLines) = await gateway.EndAsync();
        Assert.That(code, Is.Zero, output);
        Assert.That(errorLines, Is.Empty);
        Assert.That(output, Does.Contain("is up").And.Contain("features").And.Contain("has stopped"));
    }

    [Test]
    public async Task SettingsComeFromTheEnvironmentAndTheCommandLineWins()
    {
        var environment = new Dictionary<string, string>
        {
            ["CRIME_Broker__Port"] = "1", ["CRIME_HTTP__PORT"] = $"{_httpPort}", ["CRIME_Node__Id"] = "from-environment", ["CRIME_Unrelated"] = "x",
        };
        await using GatewayProcess gateway = GatewayProcess.Start(environment, "--Broker:Port", $"{_brokerPort}", "--Broker:Mode=EMBEDDED");
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        Assert.That((await GatewayHttp.HealthAsync(_httpPort)).GetProperty("node").GetString(), Is.EqualTo("from-environment"));
        Assert.That(Ports.IsListening(_brokerPort), Is.True);
    }

    [Test]
    public async Task BothPortsInUseAreNamedAtOnceAndSoIsTheFolder()
    {
        using var broker = new TcpListener(System.Net.IPAddress.Any, _brokerPort);
        using var http = new TcpListener(System.Net.IPAddress.Any, _httpPort);
        broker.Start();
        http.Start();
        await using GatewayProcess gateway = GatewayProcess.Start($"--Broker:Port={_brokerPort}", $"--Http:Port={_httpPort}", "--Models:Folder=/nowhere");
        var (code, output, errorLines) = await gateway.EndAsync();
        Assert.That(code, Is.EqualTo(2));
        Assert.That(errorLines, Has.Length.EqualTo(3));
        Assert.That(output, Is.Empty);
    }

    [Test]
    public async Task ALogOfJsonHasTheFieldsByName()
    {
        await using GatewayProcess gateway = GatewayProcess.Start($"--Broker:Port={_brokerPort}", $"--Http:Port={_httpPort}", "--Log:Format=json");
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        gateway.Terminate();
        var (code, output, _) = await gateway.EndAsync();
        Assert.That(code, Is.Zero);
        JsonElement[] lines = output.Split('\n', System.StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        JsonElement started = lines.Single(line => line.GetProperty("EventId").GetInt32() == 1);
        Assert.That(started.GetProperty("LogLevel").GetString(), Is.EqualTo("Information"));
        Assert.That(started.GetProperty("State").GetProperty("HttpPort").GetInt32(), Is.EqualTo(_httpPort));
        Assert.That(lines[^1].GetProperty("State").GetProperty("Node").GetString(), Is.EqualTo("gateway"));
    }

    [Test]
    public async Task GarbageOnEveryTopicChangesNothingButACounter()
    {
        using var models = new ModelFolder(("features.crime", TestModels.Features));
        await using RunningGateway gateway = await RunningGateway.StartAsync(RunningGateway.Options(models.Path));
        await Garbage.ChangesOnlyACounterAsync(gateway, gateway.BrokerPort);
    }
}
