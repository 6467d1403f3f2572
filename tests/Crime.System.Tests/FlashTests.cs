using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Model;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The way onto a board. There is none here: a script in nanoff's place notes what it is asked.</summary>
public sealed class FlashTests
{
    /// <summary>
    /// Long options of nanoff 3 (option names in nanoFirmwareFlasher.Tool/Options.cs and the README of
    /// github.com/nanoframework/nanoFirmwareFlasher, July 2026) that concern an ESP32.
    /// </summary>
    private static readonly string[] s_documented =
    [
        "--serialport", "--baud", "--flashmode", "--flashfreq", "--partitiontablesize", "--checkpsram", "--nobackupconfig", "--nanodevice", "--clrfile",
        "--target", "--platform", "--verbosity", "--fwversion", "--update", "--deploy", "--preview", "--image", "--masserase", "--verify", "--address",
        "--reset", "--nofitcheck", "--listtargets", "--listports", "--clearcache", "--listdevices", "--devicedetails", "--identifyfirmware",
        "--filedeployment", "--networkdeployment", "--archivepath", "--updatearchive", "--fromarchive", "--suppressnanoffversioncheck",
    ];

    private static readonly string s_model = Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime");

    private string _folder = null!;

    [SetUp]
    public void MakeFiles()
    {
        _folder = CrimeCommand.NewFolder();
        File.WriteAllBytes(At("Crime.Firmware.bin"), [.. "NFMRK1"u8, .. new byte[1792 * 1024 - 6]]);
        File.WriteAllBytes(At("large.bin"), [.. "NFMRK1"u8, .. new byte[1792 * 1024 - 5]]);
        File.WriteAllBytes(At("later.bin"), [.. "NFMRK2"u8, .. new byte[1024]]);
        File.WriteAllText(At("crime.cfg"), "board.id=hall-1\nbroker.host=10.0.0.1\n");
    }

    private string At(string name) => Path.Combine(_folder, name);

    private string[] Arguments(params string[] more) =>
        ["flash", "--port", "/dev/ttyUSB7", "--target", "ESP32_REV3", "--image", At("Crime.Firmware.bin"), "--settings", At("crime.cfg"), "--model", s_model, .. more];

    private Task<CrimeCommand.Outcome> FlashAsync(string nanoffScript, params string[] more)
    {
        string log = At("calls");
        FakeProgram.Create(_folder, "nanoff", $"echo \"$*\" >> '{log}'\n{nanoffScript}");
        string path = _folder + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        return CrimeCommand.RunWithAsync(new Dictionary<string, string?> { ["PATH"] = path }, Arguments(more));
    }

    /// <summary>What a board prints that all went well on; the words are those of nanoff's README and source.</summary>
    private const string GoodBoard = """
        case "$*" in
          *--listports*) printf 'Available COM ports:\n  /dev/ttyUSB7\n';;
          *--devicedetails*) printf 'Target: ESP32_REV3\nCrime.Firmware, 0.1.0.0\n';;
        esac
        """;

    [Test]
    public async Task ADryRunPrintsCommandsThatNanoffDocuments()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(Arguments("--dry-run", "--erase"));
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        string[] lines = outcome.Out.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(5));
        Assert.That(lines, Has.All.StartsWith("nanoff "));
        Assert.That(lines[1], Is.EqualTo("nanoff --update --target ESP32_REV3 --serialport /dev/ttyUSB7 --masserase"));
        Assert.That(lines[2], Is.EqualTo($"nanoff --target ESP32_REV3 --serialport /dev/ttyUSB7 --deploy --image {At("Crime.Firmware.bin")}"));
        IEnumerable<string> used = lines.SelectMany(line => line.Split(' ')).Where(word => word.StartsWith("--"));
        Assert.That(used.Except(s_documented), Is.Empty);
    }

    [Test]
    public async Task TheCommandsOfADryRunAreTheOnesThatARunCarriesOut()
    {
        string files = At("files");
        CrimeCommand.Outcome dry = await CrimeCommand.RunAsync(Arguments("--dry-run", "--files", files));
        CrimeCommand.Outcome real = await FlashAsync(GoodBoard, "--files", files);
        Assert.That(real.ExitCode, Is.Zero, real.Error);
        Assert.That(File.ReadAllLines(At("calls")).Select(line => "nanoff " + line), Is.EqualTo(dry.Out.TrimEnd().Split('\n')));
    }

    [Test]
    public async Task SettingsAndModelGoToTheDriveOfTheBoard()
    {
        string files = At("files");
        JsonElement summary = (await CrimeCommand.RunAsync(Arguments("--dry-run", "--json", "--files", files))).Json();
        Assert.That(summary.GetProperty("deployment_bytes").GetInt32(), Is.EqualTo(1792 * 1024));
        JsonElement list = JsonDocument.Parse(File.ReadAllText(Path.Combine(files, "files.json"))).RootElement;
        Assert.That(list.GetProperty("serialport").GetString(), Is.EqualTo("/dev/ttyUSB7"));
        var sources = list.GetProperty("files").EnumerateArray()
            .ToDictionary(file => file.GetProperty("DestinationFilePath").GetString()!, file => file.GetProperty("SourceFilePath").GetString()!);
        Assert.That(sources.Keys, Is.EqualTo(new[] { @"I:\crime.cfg", @"I:\model.crime" }));
        Assert.That(File.ReadAllBytes(sources[@"I:\crime.cfg"]), Is.EqualTo(File.ReadAllBytes(At("crime.cfg"))));
        Assert.That(ModelReader.TryRead(File.ReadAllBytes(sources[@"I:\model.crime"]), out ModelFile model), Is.EqualTo(ModelError.None));
        Assert.That((model.HasFixedPoint, model.HasFloat), Is.EqualTo((true, false)), "the image for boards");
    }

    [Test]
    public async Task AnImageOfOneByteTooManyIsRefused()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(
            "flash", "--port", "p", "--target", "ESP32_REV3", "--image", At("large.bin"), "--dry-run");
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("1835009 bytes do not fit the 1835008 bytes"));
        Assert.That(outcome.Out, Is.Empty);
    }

    [Test]
    public async Task AnImageForAnotherClrIsRefused()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("flash", "--port", "p", "--target", "ESP32_REV3", "--image", At("later.bin"), "--dry-run");
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("does not start with NFMRK1"));
    }

    [Test]
    public async Task SettingsThatTheBoardWouldNotUnderstandAreRefused()
    {
        File.WriteAllText(At("crime.cfg"), "board.id=hall-1\nobjective=speed\n");
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(Arguments("--dry-run"));
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("line 2: objective is time or energy"));
    }

    [Test]
    public async Task AMissingNanoffIsSaidInOneLine()
    {
        string dotnet = Path.GetDirectoryName(Environment.ProcessPath)!;
        var environment = new Dictionary<string, string?> { ["PATH"] = dotnet, ["HOME"] = _folder };
        CrimeCommand.Outcome outcome = await CrimeCommand.RunWithAsync(environment, Arguments());
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("dotnet tool install -g nanoff"));
    }

    private static IEnumerable<TestCaseData> Troubles()
    {
        static TestCaseData Case(string name, string script, string expected, int calls) => new TestCaseData(script, expected, calls).SetArgDisplayNames(name);
        yield return Case("no such port", "printf 'Available COM ports:\\n  /dev/ttyS0\\n'", "there is no /dev/ttyUSB7; nanoff sees: /dev/ttyS0", 1);
        yield return Case("update fails", "case \"$*\" in *--update*) echo E4005; exit 5;; esac\n" + GoodBoard, "failed with code 5: E4005", 2);
        yield return Case(
            "a file does not arrive", "case \"$*\" in *--filedeployment*) echo 'Error deploying content file a to b';; esac\n" + GoodBoard,
            "files: Error deploying content file a to b", 4);
        yield return Case(
            "another firmware", "case \"$*\" in *--devicedetails*) echo ESP32_S3; exit 0;; esac\n" + GoodBoard, "does not name ESP32_REV3 as its firmware", 5);
        yield return Case(
            "another application", "case \"$*\" in *--devicedetails*) echo ESP32_REV3; exit 0;; esac\n" + GoodBoard, "does not list Crime.Firmware", 5);
    }

    [TestCaseSource(nameof(Troubles))]
    public async Task AFailureStopsTheRunAndIsNamed(string script, string expected, int calls)
    {
        CrimeCommand.Outcome outcome = await FlashAsync(script);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error.TrimEnd().Split('\n')[^1], Does.StartWith("crime: ").And.Contain(expected));
        Assert.That(File.ReadAllLines(At("calls")), Has.Length.EqualTo(calls));
    }
}
