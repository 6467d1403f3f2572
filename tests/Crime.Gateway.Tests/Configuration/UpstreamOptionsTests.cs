using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Crime.Gateway.Configuration;
using Microsoft.Extensions.Configuration;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Configuration;

public sealed class UpstreamOptionsTests
{
    [Test]
    public void ThereAreNoneByDefault() => Assert.That(Read("{}", out _)!.Upstreams, Is.Empty);

    [Test]
    public void AListIsReadAsItStandsInTheDocument()
    {
        GatewayOptions options = Read(
            """{ "Upstreams": [ { "Node": "cloud", "Host": "mqtt.example", "Port": 8883, "Username": "hall", "Password": "x" }, { "Node": "hall-2" } ] }""",
            out var problems)!;
        Assert.That(problems, Is.Empty);
        Assert.That(options.Upstreams, Is.EqualTo(new[]
        {
            new UpstreamOptions("cloud", new BrokerAddress("mqtt.example", 8883, "hall", "x")), new UpstreamOptions("hall-2", null),
        }));
    }

    [Test]
    public void AnEmptyListIsNone() => Assert.That(Read("""{ "Upstreams": [] }""", out _)!.Upstreams, Is.Empty);

    [TestCase("""{ "Node": "a/b" }""", "Upstreams:0:Node: 'a/b' cannot be used, it must be 1 to 32 of")]
    [TestCase("""{ "Host": "mqtt.example" }""", "Upstreams:0:Node: '' cannot be used, it must be 1 to 32 of")]
    [TestCase("""{ "Node": "gateway" }""", "Upstreams:0:Node: 'gateway' cannot be used, it must be neither this gateway")]
    [TestCase("""{ "Node": "cloud" }, { "Node": "cloud", "Host": "mqtt.example" }""", "Upstreams:1:Node: 'cloud' cannot be used, it must be neither")]
    [TestCase("""{ "Node": "cloud", "Host": "no host" }""", "Upstreams:0:Host: 'no host' cannot be used, it must be a name or an address")]
    [TestCase("""{ "Node": "cloud", "Host": "h", "Port": 0 }""", "Upstreams:0:Port: '0' cannot be used, it must be a whole number from 1 to 65535")]
    [TestCase("""{ "Node": "cloud", "Host": "h", "Port": 65536 }""", "Upstreams:0:Port: '65536' cannot be used")]
    [TestCase("""{ "Node": "cloud", "Port": 8883 }""", "Upstreams:0:Host: '' cannot be used, it must be given together with Upstreams:0:Port")]
    [TestCase("""{ "Node": "cloud", "Host": "h", "Password": "secret" }""", "Upstreams:0:Username: '' cannot be used, it must be given together with")]
    [TestCase("""{ "Node": "cloud", "Hots": "h" }""", "Upstreams:0:Hots: no such setting")]
    [TestCase("""{ "Node": "a" }, { "Node": "b" }, { "Node": "c" }, { "Node": "d" }, { "Node": "e" }""", "Upstreams:4:Node: no such setting")]
    public void EveryMistakeIsNamed(string entries, string line)
    {
        Assert.That(Read($$"""{ "Upstreams": [ {{entries}} ] }""", out List<string> problems), Is.Null);
        Assert.That(problems.Single(), Does.StartWith(line).And.Not.Contain("secret"));
    }

    [Test]
    public void TheCommandLineKnowsEveryPlace()
    {
        var problems = new List<string>();
        var values = CommandLine.Read(["--Upstreams:0:Node=cloud", "--Upstreams:3:Port", "1884"], problems);
        Assert.That(problems, Is.Empty);
        Assert.That(values["Upstreams:3:Port"], Is.EqualTo("1884"));
        CommandLine.Read(["--Upstreams:4:Node=cloud"], problems);
        Assert.That(problems.Single(), Does.StartWith("--Upstreams:4:Node: no such option"));
    }

    private static GatewayOptions? Read(string json, out List<string> problems)
    {
        problems = [];
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return GatewayOptions.Read(new ConfigurationBuilder().AddJsonStream(stream).Build(), problems);
    }
}
