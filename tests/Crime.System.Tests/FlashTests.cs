using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Model;
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The way onto a board. There is none here: a script in nanoff's place notes what it is asked.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class FlashTests
{
    /// <summary>
    /// Options of nanoff that crime flash uses: whether a value follows, and the short form. As documented for nanoff 3 (July 2026)
    /// in the README of github.com/nanoframework/nanoFirmwareFlasher - its sections on ports, on ESP32 targets, on nano devices and on
    /// file deployment - and in nanoFirmwareFlasher.Tool/Options.cs, where of all options only verbosity has a short form, -v.
    /// </summary>
    private static readonly Dictionary<string, (bool TakesValue, string? ShortForm)> s_documented = new()
    {
        ["--listports"] = (false, null),
        ["--update"] = (false, null),
        ["--target"] = (true, null),
        ["--serialport"] = (true, null),
        ["--masserase"] = (false, null),
        ["--deploy"] = (false, null),
        ["--image"] = (true, null),
        ["--filedeployment"] = (true, null),
        ["--networkdeployment"] = (true, null),
        ["--nanodevice"] = (false, null),
        ["--devicedetails"] = (false, null),
        ["--verbosity"] = (true, "-v"),
    };

    private static readonly string s_model = Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime");

    private string _folder = null!;

    [SetUp]
    public void MakeFiles()
    {
        _folder = Checkout.NewFolder();
        File.WriteAllBytes(At("Crime.Gestures.bin"), [.. "NFMRK1"u8, .. new byte[1792 * 1024 - 6]]);
        File.WriteAllBytes(At("large.bin"), [.. "NFMRK1"u8, .. new byte[1792 * 1024 - 5]]);
        File.WriteAllBytes(At("later.bin"), [.. "NFMRK2"u8, .. new byte[1024]]);
        File.WriteAllText(At("crime.cfg"), "board.id=hall-1\nbroker.host=10.0.0.1\n");
    }

    private string At(string name) => Path.Combine(_folder, name);

    private string[] Arguments(params string[] more) =>
        ["flash", "--port", "/dev/ttyUSB7", "--target", "ESP32_REV3", "--image", At("Crime.Gestures.bin"), "--settings", At("crime.cfg"), "--model", s_model, .. more];

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
          *--devicedetails*) printf 'Target: ESP32_REV3\nCrime.Gestures, 0.1.0.0\n';;
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
        Assert.That(lines[2], Is.EqualTo($"nanoff --target ESP32_REV3 --serialport /dev/ttyUSB7 --deploy --image {At("Crime.Gestures.bin")}"));
        foreach (string line in lines) AssertDocumented(line.Split(' ')[1..]);
    }

    /// <summary>The names and values are those of nanoff's README, July 2026. The password is on no command line and in no file that stays.</summary>
    [Test]
    public async Task AWifiGoesIntoTheConfigurationOfTheBoard()
    {
        string kept = At("kept.json");
        string keeping = "case \"$*\" in *--networkdeployment*) cp \"$2\" '" + kept + "';; esac\n" + GoodBoard;
        FakeProgram.Create(_folder, "nanoff", $"echo \"$*\" >> '{At("calls")}'\n{keeping}");
        using Process process = CrimeCommand.StartWith(
            new Dictionary<string, string?> { ["PATH"] = _folder + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH") }, Arguments("--wifi", "My Network"));
        await process.StandardInput.WriteLineAsync("secret-word");
        process.StandardInput.Close();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, error);
        using JsonDocument network = JsonDocument.Parse(await File.ReadAllTextAsync(kept));
        Assert.That(network.RootElement.GetProperty("SerialPort").GetString(), Is.EqualTo("/dev/ttyUSB7"));
        JsonElement client = network.RootElement.GetProperty("WirelessClient");
        Assert.That(
            new[] { "Ssid", "Password", "Authentication", "Encryption", "ConfigurationOption" }.Select(name => client.GetProperty(name).GetString()),
            Is.EqualTo(new[] { "My Network", "secret-word", "WPA2", "WPA2", "AutoConnect" }));
        string[] calls = await File.ReadAllLinesAsync(At("calls"));
        foreach (string call in calls) AssertDocumented(call.Split(' '));
        string written = calls.Single(call => call.StartsWith("--networkdeployment ", StringComparison.Ordinal)).Split(' ')[1];
        Assert.That(File.Exists(written), Is.False, "it holds the password");
        Assert.That(string.Join('\n', calls) + error, Does.Not.Contain("secret-word"));
    }

    [TestCase("short", "has 8 to 64 letters")]
    [TestCase("", null, Description = "an open network")]
    public async Task APasswordThatNoWifiHasIsRefused(string password, string? message)
    {
        using Process process = CrimeCommand.Start(Arguments("--wifi", "Open", "--dry-run"));
        await process.StandardInput.WriteLineAsync(password);
        process.StandardInput.Close();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.EqualTo(message == null ? 0 : 2), error);
        Assert.That(error, message == null ? Is.Empty : Does.Contain(message));
    }

    /// <summary>Every word is an option that is documented, or the value of the one before it.</summary>
    private static void AssertDocumented(string[] words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            string name = s_documented.FirstOrDefault(option => option.Value.ShortForm == words[i]).Key ?? words[i];
            Assert.That(s_documented.ContainsKey(name), $"{words[i]} is no option of nanoff");
            if (!s_documented[name].TakesValue) continue;
            Assert.That(++i, Is.LessThan(words.Length), $"{name} takes a value");
            Assert.That(words[i], Does.Not.StartWith("-"), name);
        }
    }

    /// <summary>A board and a flash of it.</summary>
    private static IEnumerable<TestCaseData> Partitions() =>
        from board in BoardProfile.BundledNames
        let hardware = BoardProfile.Bundled(board).Hardware
        where board != "ina219-meter"
        from partitions in hardware.Partitions
        select new TestCaseData(hardware.Targets[0].Name, partitions).SetArgDisplayNames(board, partitions.FlashMb + " MB");

    [TestCaseSource(nameof(Partitions))]
    public async Task SizesAreThoseOfTheBoardsFolder(string target, FlashPartitions partitions)
    {
        int size = partitions.DeploymentKib * 1024;
        string mib = partitions.FlashMb.ToString(CultureInfo.InvariantCulture);
        Task<CrimeCommand.Outcome> Run(string image) => CrimeCommand.RunAsync(
            "flash", "--port", "p", "--target", target, "--flash-mb", mib, "--image", At(image), "--dry-run", "--json");
        File.WriteAllBytes(At("full.bin"), [.. "NFMRK1"u8, .. new byte[size - 6]]);
        File.WriteAllBytes(At("over.bin"), [.. "NFMRK1"u8, .. new byte[size - 5]]);
        JsonElement summary = (await Run("full.bin")).Json();
        Assert.That(summary.GetProperty("deployment_bytes").GetInt32(), Is.EqualTo(size));
        CrimeCommand.Outcome refused = await Run("over.bin");
        Assert.That((refused.ExitCode, refused.Out), Is.EqualTo((2, "")));
        Assert.That(refused.Error, Does.Contain($"{size + 1} bytes do not fit the {size} bytes"));
    }

    [Test]
    public async Task TheTargetsAreThoseOfTheBoardsFolders()
    {
        string help = (await CrimeCommand.RunAsync("flash", "--help")).Out;
        foreach (FirmwareTarget target in BoardProfile.BundledNames.SelectMany(board => BoardProfile.Bundled(board).Hardware.Targets))
            Assert.That(string.Join(' ', help.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), Does.Contain($"{target.Name} ({target.ClockMhz} MHz)"));
        CrimeCommand.Outcome unknown = await CrimeCommand.RunAsync("flash", "--port", "p", "--target", "ESP32_X", "--dry-run");
        Assert.That(unknown.ExitCode, Is.EqualTo(2));
        Assert.That(unknown.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        CrimeCommand.Outcome odd = await CrimeCommand.RunAsync("flash", "--port", "p", "--target", "ESP32_C3", "--flash-mb", "2", "--dry-run");
        Assert.That((odd.ExitCode, odd.Error.TrimEnd()), Is.EqualTo((2, "crime: --flash-mb 2: the firmware has no partition table of that size for an ESP32-C3")));
    }

    [Test]
    public async Task FilesThatADriveDoesNotHoldAreRefused()
    {
        File.WriteAllText(At("crime.cfg"), "board.id=hall-1\n" + string.Concat(Enumerable.Repeat("# a long remark on this board\n", 10_000)));
        CrimeCommand.Outcome small = await CrimeCommand.RunAsync(Arguments("--dry-run"));
        Assert.That(small.ExitCode, Is.EqualTo(2));
        Assert.That(small.Error, Does.Contain("drive I: of ESP32_REV3 has 262144"));
        Assert.That((await CrimeCommand.RunAsync(Arguments("--dry-run", "--flash-mb", "8"))).ExitCode, Is.Zero, "2 MiB there");
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
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(files) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead), Is.EqualTo(UnixFileMode.None), "the settings hold a password");
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
        Assert.That(outcome.Error, Does.Contain("line 2: objective is time, energy, weighted"));
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
            "another application", "case \"$*\" in *--devicedetails*) echo ESP32_REV3; exit 0;; esac\n" + GoodBoard, "does not list Crime.Gestures", 5);
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
