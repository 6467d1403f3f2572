using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Gateway.Configuration;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Configuration;

public sealed class GatewayOptionsTests
{
    [Test]
    public void DefaultsAreThoseOfTheDocumentation()
    {
        GatewayOptions options = Read([], out var problems)!;
        Assert.That(problems, Is.Empty);
        Assert.That(options.Broker, Is.EqualTo(new BrokerOptions(BrokerMode.Embedded, "", 1883, "", "")));
        Assert.That(options.HttpPort, Is.EqualTo(8080));
        Assert.That(options.NodeId, Is.EqualTo("gateway"));
        Assert.That(options.ModelsFolder, Is.EqualTo(Path.Combine(AppContext.BaseDirectory, "models")));
        Assert.That(options.QueueCapacity, Is.EqualTo(256));
        Assert.That(options.WorkerCount, Is.EqualTo(Math.Clamp(Environment.ProcessorCount - 1, 1, 255)));
        Assert.That(options.Status, Is.EqualTo(new StatusOptions(1000, 50)));
        Assert.That(options.DrainMs, Is.EqualTo(10_000));
        Assert.That(options.Watchdog, Is.EqualTo(new WatchdogOptions(10_000, 120_000)));
        Assert.That(options.LogFormat, Is.EqualTo(LogFormat.Text));
    }

    [Test]
    public void TheSettingsFileSaysTheDefaults()
    {
        IConfiguration file = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        foreach (Setting setting in Settings.All)
            Assert.That(setting.TextIn(file), Is.EqualTo(setting.DefaultText), setting.Name);
        var problems = new List<string>();
        Assert.That(GatewayOptions.Read(file, problems), Is.Not.Null, string.Join('\n', problems));
    }

    [Test]
    public void AnExternalBrokerIsOnThisMachineByDefault() =>
        Assert.That(Read([("Broker:Mode", "external")], out _)!.Broker.Host, Is.EqualTo("localhost"));

    [TestCase("Broker:Port", "1", "65535")]
    [TestCase("Http:Port", "1", "65535")]
    [TestCase("Queue:Capacity", "1", "65535")]
    [TestCase("Workers:Count", "1", "255")]
    [TestCase("Status:HeartbeatMs", "100", "5000")]
    [TestCase("Status:MinIntervalMs", "10", "5000")]
    [TestCase("Shutdown:DrainMs", "0", "60000")]
    [TestCase("Watchdog:StallMs", "100", "600000")]
    [TestCase("Watchdog:LinkDownMs", "1000", "86400000")]
    public void NumbersKeepToTheirRange(string name, string min, string max)
    {
        foreach (string inside in new[] { min, max }) Assert.That(ProblemsOf(name, inside), Is.Empty);
        string[] outside = [$"{int.Parse(min) - 1}", $"{int.Parse(max) + 1}", "", "x", "-1", "+1", " 1", "1.0", "99999999999"];
        foreach (string value in outside)
            Assert.That(ProblemsOf(name, value).Single(), Does.StartWith($"{name}: '{value}' ").And.Contains($"from {min} to {max}"));
    }

    [TestCase("Broker:Mode", "inside", "embedded or external")]
    [TestCase("Broker:Host", "no host", "a name or an address")]
    [TestCase("Broker:Host", "mqtt.example", "an IP address of this machine")]
    [TestCase("Node:Id", "a/b", "1 to 32 of")]
    [TestCase("Node:Id", "", "1 to 32 of")]
    [TestCase("Node:Id", "123456789012345678901234567890123", "1 to 32 of")]
    [TestCase("Models:Folder", "", "a path")]
    [TestCase("Logging:LogLevel:Default", "Loud", "Trace or Debug")]
    [TestCase("Log:Format", "xml", "text or json")]
    [TestCase("Http:Port", "1883", "another port than Broker:Port")]
    [TestCase("Broker:Prot", "1883", "no such setting")]
    [TestCase("Broker:Port:More", "1", "no such setting")]
    public void OtherValuesAreNamedWithWhatIsAccepted(string name, string value, string accepted) =>
        Assert.That(Problems([(name, value)]).Single(), Does.StartWith(name).And.Contains(accepted));

    [Test]
    public void EveryProblemIsNamed()
    {
        List<string> problems = Problems(
        [
            ("Broker:Port", "0"), ("Http:Port", "no"), ("Queue:Capacity", "70000"), ("Brokers", "1"), ("Broker:Hots", "x"),
            ("Broker:Host", "mqtt.example"), ("Broker:Password", "secret"), ("Status:HeartbeatMs", "100"), ("Status:MinIntervalMs", "101"),
        ]);
        string[] named = ["Broker:Port", "Http:Port", "Queue:Capacity", "Broker:Hots", "Broker:Host", "Broker:Username", "Status:MinIntervalMs"];
        Assert.That(problems.Select(problem => problem[..problem.IndexOf(": ", StringComparison.Ordinal)]), Is.EquivalentTo(named));
        Assert.That(string.Join('\n', problems), Does.Not.Contain("secret"));
    }

    [Test]
    public void EnrolledClientsNeedAFolderAndNoSharedPassword()
    {
        List<string> problems = Problems([("Broker:Access", "enrolled"), ("Broker:Username", "boards")]);
        Assert.That(problems, Has.One.StartsWith("Data:Folder: ").And.One.StartsWith("Broker:Username: "));
        Assert.That(Problems([("Broker:Access", "enrolled"), ("Data:Folder", "data")]), Is.Empty);
    }

    [Test]
    public void AProblemIsOneLineWhateverTheValueHolds()
    {
        string problem = Problems([("Node:Id", "a\nb\r\u001b" + new string('x', 500))]).Single();
        Assert.That(problem.Any(char.IsControl), Is.False);
        Assert.That(problem, Has.Length.LessThan(200));
    }

    /// <summary>The other interval out of the way, so that a value is judged by its own range.</summary>
    private static List<string> ProblemsOf(string name, string value) => name switch
    {
        "Status:HeartbeatMs" => Problems([(name, value), ("Status:MinIntervalMs", "10")]),
        "Status:MinIntervalMs" => Problems([(name, value), ("Status:HeartbeatMs", "5000")]),
        _ => Problems([(name, value)]),
    };

    private static List<string> Problems((string, string?)[] values)
    {
        GatewayOptions? options = Read(values, out List<string> problems);
        Assert.That(options == null, Is.EqualTo(problems.Count > 0));
        return problems;
    }

    private static GatewayOptions? Read((string Name, string? Value)[] values, out List<string> problems)
    {
        problems = [];
        var settings = values.Select(value => KeyValuePair.Create(value.Name, value.Value));
        return GatewayOptions.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), problems);
    }
}
