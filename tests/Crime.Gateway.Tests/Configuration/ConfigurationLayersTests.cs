using System;
using System.Collections.Generic;
using System.IO;
using Crime.Gateway.Configuration;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Configuration;

public sealed class ConfigurationLayersTests
{
    private const string Variable = "CRIME_Queue__Capacity";
    private const string Stray = "CRIME_Brokers__Port";

    private string _file = null!;

    [SetUp]
    public void MakeFile() => _file = Path.GetTempFileName();

    [TearDown]
    public void CleanUp()
    {
        File.Delete(_file);
        Environment.SetEnvironmentVariable(Variable, null);
        Environment.SetEnvironmentVariable(Stray, null);
    }

    [Test]
    public void TheLaterWinsAndIsNamedAsTheOrigin()
    {
        ConfigurationLayers none = Read("", out _);
        Assert.That(none.OriginOf("Queue:Capacity"), Does.Contain("appsettings.json"));
        Assert.That(none.OriginOf("Workers:Count"), Is.Null, "the default");

        string file = "{ /* kept */ \"Queue\": { \"Capacity\": 11, }, \"Workers\": { \"Count\": 3 } }";
        ConfigurationLayers layers = Read(file, out List<string> problems);
        Assert.That(problems, Is.Empty);
        Assert.That((layers.Merged["Queue:Capacity"], layers.OriginOf("Queue:Capacity")), Is.EqualTo(("11", $"in {_file}")));

        Environment.SetEnvironmentVariable(Variable, "12");
        layers = Read(file, out _);
        Assert.That((layers.Merged["Queue:Capacity"], layers.OriginOf("Queue:Capacity")), Is.EqualTo(("12", $"in the environment as {Variable}")));
        Assert.That(layers.Merged["Workers:Count"], Is.EqualTo("3"));

        layers = Read(file, out _, "--Queue:Capacity=13");
        Assert.That((layers.Merged["Queue:Capacity"], layers.OriginOf("Queue:Capacity")), Is.EqualTo(("13", "on the command line")));
    }

    [Test]
    public void EveryProblemOfEveryLayerIsNamedWithItsPlace()
    {
        Environment.SetEnvironmentVariable(Variable, "0");
        Environment.SetEnvironmentVariable(Stray, "1");
        ConfigurationLayers layers = Read(
            "{ \"Broker\": { \"Port\": 70000, \"Prot\": 1 }, \"Modles\": { \"Folder\": \"x\" }, \"Node\": { \"Id\": [ \"a\" ] } }",
            out List<string> problems, "--Http:Port=x", "--loud");
        Assert.That(GatewayOptions.Read(layers.Merged, problems, layers.OriginOf), Is.Null);
        Assert.That(problems, Has.One.EqualTo($"Broker:Port: '70000' cannot be used, it must be a whole number from 1 to 65535, set in {_file}"));
        Assert.That(problems, Has.One.EqualTo($"Broker:Prot: no such setting (--help lists them), set in {_file}"));
        Assert.That(problems, Has.One.EqualTo($"Modles:Folder: no such setting (--help lists them), set in {_file}"));
        Assert.That(problems, Has.One.EqualTo($"Node:Id:0: no such setting (--help lists them), set in {_file}"));
        Assert.That(problems, Has.One.EqualTo($"{Stray}: no such setting (--help lists them), set in the environment"));
        Assert.That(problems, Has.One.Contains("Queue:Capacity: '0'").And.EndsWith($"set in the environment as {Variable}"));
        Assert.That(problems, Has.One.Contains("Http:Port: 'x'").And.EndsWith("set on the command line"));
        Assert.That(problems, Has.One.Contains("--loud"));
        Assert.That(problems, Has.Count.EqualTo(8));
    }

    [TestCase("{ \"Queue\": ")]
    [TestCase("[]")]
    [TestCase("{ \"Queue\": { \"Capacity\": 1 }, \"queue\": { \"capacity\": 2 } }")]
    [TestCase("")]
    public void AFileThatIsNoneIsOneLineAndHidesNoOther(string content)
    {
        File.WriteAllText(_file, content);
        var problems = new List<string>();
        ConfigurationLayers layers = ConfigurationLayers.Read([$"--config={_file}", "--Http:Port=0"], problems);
        Assert.That(GatewayOptions.Read(layers.Merged, problems, layers.OriginOf), Is.Null);
        Assert.That(problems, Has.Count.EqualTo(2));
        Assert.That(problems, Has.One.StartsWith($"{_file}: cannot be read, it must be a JSON file with settings: "));
        Assert.That(problems, Has.All.Not.Contains("\n"));
    }

    [Test]
    public void AFileThatIsNotThereIsNamed()
    {
        var problems = new List<string>();
        ConfigurationLayers.Read(["--config", _file + ".no"], problems);
        Assert.That(problems, Has.One.EqualTo($"{_file}.no: cannot be read, it must be a JSON file with settings: there is no such file"));
        problems.Clear();
        ConfigurationLayers.Read(["--config"], problems);
        Assert.That(problems, Has.One.EqualTo("--config: has no value, it must be a JSON file with settings"));
    }

    private ConfigurationLayers Read(string content, out List<string> problems, params string[] arguments)
    {
        problems = [];
        if (content.Length == 0) return ConfigurationLayers.Read(arguments, problems);
        File.WriteAllText(_file, content);
        return ConfigurationLayers.Read([$"--config={_file}", .. arguments], problems);
    }
}
