using System;
using System.Collections.Generic;
using System.IO;
using Crime.Gateway.Configuration;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Configuration;

public sealed class CommandLineTests
{
    [Test]
    public void BothFormsAreRead()
    {
        Dictionary<string, string?> values = Read(["--Broker:Port=1", "--http:port", "2", "--Node:Id=a=b"], out var problems);
        Assert.That(problems, Is.Empty);
        Assert.That(values["Broker:Port"], Is.EqualTo("1"));
        Assert.That(values["Http:Port"], Is.EqualTo("2"));
        Assert.That(values["Node:Id"], Is.EqualTo("a=b"));
    }

    [Test]
    public void APathIsRelativeToWhereItWasTyped()
    {
        Dictionary<string, string?> values = Read(["--Models:Folder=out/models"], out _);
        Assert.That(values["Models:Folder"], Is.EqualTo(Path.Combine(Environment.CurrentDirectory, "out", "models")));
    }

    [TestCase("--Broker:Prot=1", "--Broker:Prot: no such option")]
    [TestCase("--verbose", "--verbose: no such option")]
    [TestCase("-v", "'-v' is not an option")]
    [TestCase("Broker:Port=1", "'Broker:Port' is not an option")]
    [TestCase("--Queue:Capacity", "--Queue:Capacity: has no value, it must be a whole number from 1 to 65535")]
    public void WhatIsNoOptionIsNamed(string argument, string start)
    {
        Read([argument], out List<string> problems);
        Assert.That(problems, Has.Count.EqualTo(1));
        Assert.That(problems[0], Does.StartWith(start));
    }

    [Test]
    public void TheUsageNamesEverySettingWithItsRangeAndAnExample()
    {
        string usage = CommandLine.Usage();
        foreach (Setting setting in Settings.All)
        {
            Assert.That(usage, Does.Contain($"--{setting.Name}="));
            Assert.That(usage, Does.Contain(setting.Accepted[1..]));
        }
        Assert.That(usage, Does.Contain("Example: "));
    }

    [TestCase("--help")]
    [TestCase("-h")]
    public void HelpIsRecognised(string argument) => Assert.That(CommandLine.AsksForHelp(["--Http:Port=x", argument]), Is.True);

    private static Dictionary<string, string?> Read(string[] arguments, out List<string> problems)
    {
        problems = [];
        return CommandLine.Read(arguments, problems);
    }
}
