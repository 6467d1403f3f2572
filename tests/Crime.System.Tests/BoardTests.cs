using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>One virtual board by itself, at a real gateway.</summary>
public sealed class BoardTests
{
    private const string Inputs = "12";
    private const int MostQuestions = 120;

    private readonly string _brokerPort = Ports.Free().ToString(CultureInfo.InvariantCulture);
    private readonly int _httpPort = Ports.Free();
    private GatewayProcess _gateway = null!;

    private string[] ToTheGateway => ["--broker", "127.0.0.1:" + _brokerPort, "--http-port", _httpPort.ToString(CultureInfo.InvariantCulture)];

    [OneTimeSetUp]
    public async Task StartGateway()
    {
        _gateway = GatewayProcess.Start(
            "--Broker:Host=127.0.0.1", "--Broker:Port=" + _brokerPort, $"--Http:Port={_httpPort}",
            "--Models:Folder=" + Path.Combine(TestContext.CurrentContext.TestDirectory, "models"));
        await GatewayHttp.UntilHealthyAsync(_httpPort);
    }

    [OneTimeTearDown]
    public async Task StopGateway() => await _gateway.DisposeAsync();

    [Test]
    [Platform("Linux")]
    public async Task ATerminalProgramTalksToTheBoard()
    {
        using Process crime = CrimeCommand.Start(["board", "--serial", "pty", "--json", "--inputs", Inputs, "--id", "hall-1", .. ToTheGateway]);
        try
        {
            string path = JsonDocument.Parse((await crime.StandardOutput.ReadLineAsync())!).RootElement.GetProperty("serial").GetString()!;
            Assert.That(await crime.StandardError.ReadLineAsync(), Does.EndWith(path));
            await using var terminal = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            var text = new StringBuilder();
            Task reading = Task.Run(() => Collect(terminal, text));
            terminal.Write("help\n"u8);
            await SaysAsync(text, "help: status | table | ");
            await SaysAsync(text, "INF id=0 ");
            terminal.Write("status\n"u8);
            await SaysAsync(text, "status: inputs=");
            await SaysAsync(text, "broker: connected");
            await SaysAsync(text, $"END inputs={Inputs} ");
            await reading.WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms));
            string[] lines = text.ToString().Split("\r\n");
            Assert.That(lines, Has.Member("CRIME board hall-1, firmware 0.1.0"));
            Assert.That(lines.Count(line => line.StartsWith("INF ")), Is.EqualTo(12));
            Assert.That(await ExitCodeAsync(crime), Is.Zero);
        }
        finally
        {
            if (!crime.HasExited) crime.Kill();
        }
    }

    [Test]
    public async Task TheConsoleAsJsonHasAnObjectPerInput()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(["board", "--json", "--inputs", Inputs, "--mapping", "gateway", .. ToTheGateway]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        JsonElement[] lines = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.That(lines.SkipLast(1).Select(line => line.GetProperty("input").GetInt32()), Is.EqualTo(Enumerable.Range(0, 12)));
        Assert.That(lines.SkipLast(1).Select(line => line.GetProperty("kind").GetString()), Is.All.EqualTo("inf"));
        JsonElement end = lines[^1];
        Assert.That(end.GetProperty("kind").GetString(), Is.EqualTo("end"));
        Assert.That(end.GetProperty("inputs").GetInt32(), Is.EqualTo(12));
        Assert.That(end.GetProperty("local").GetInt32(), Is.Zero);
        Assert.That(
            lines.SkipLast(1).Sum(line => line.GetProperty("energy_mj").GetDouble()),
            Is.EqualTo(end.GetProperty("energy_mj").GetDouble()).Within(0.01));
        Assert.That(outcome.Error, Does.Contain("CRIME board board"));
    }

    [Test]
    public async Task InputsComeTimestepByTimestep()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(["board", "--json", "--inputs", "2", "--timestep-ms", "30", .. ToTheGateway]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        JsonElement[] lines = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        foreach (JsonElement line in lines.SkipLast(1))
        {
            Assert.That((line.GetProperty("target").GetString(), line.GetProperty("done").GetInt32()), Is.EqualTo(("local", 0)), "it keeps up");
            Assert.That(line.GetProperty("time_ms").GetDouble(), Is.AtLeast(30 * (line.GetProperty("length").GetInt32() - 1)));
        }
        Assert.That(lines[^1].GetProperty("inputs").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task WhatIsTypedReachesTheBoardAndARebootStartsItAgain()
    {
        using Process crime = CrimeCommand.Start(["board", "--inputs", "3", .. ToTheGateway]);
        await crime.StandardInput.WriteAsync("help\nreboot\n");
        crime.StandardInput.Close();
        string said = await crime.StandardOutput.ReadToEndAsync();
        Assert.That(await ExitCodeAsync(crime), Is.Zero);
        Assert.That(said, Does.Contain("help: status | table | ").And.Contain("END inputs=3 "));
        Assert.That(said.Split('\n').Count(line => line.StartsWith("CRIME board ")), Is.EqualTo(2));
    }

    /// <summary>Typed gestures are classified and switch a pin, also after the board has started anew.</summary>
    [Test]
    public async Task AHandPerformsTheGesturesThatAreTyped()
    {
        string flash = Checkout.NewFolder();
        string[] settings =
        [
            "board.id=hall-2", "wifi.ssid=x", "broker.host=127.0.0.1", "broker.port=" + _brokerPort,
            $"http.port={_httpPort.ToString(CultureInfo.InvariantCulture)}", .. VirtualSensor.Parse("adxl345=hand").SettingsLines,
            // The proposal of `crime segment` for such gestures.
            "segment.start-level=63", "segment.end-level=20", "segment.least=15", "segment.greatest=266",
            .. GestureGenerator.ClassNames.Select(name => $"on.{name}=gpio 2 high 100"),
        ];
        File.WriteAllLines(Path.Combine(flash, "crime.cfg"), settings);
        using Process crime = CrimeCommand.Start(["board", "--sensor", "adxl345=hand", "--flash", flash]);
        try
        {
            var lines = new ConcurrentQueue<string>();
            crime.OutputDataReceived += (_, e) => lines.Enqueue(e.Data ?? "");
            var remarks = new ConcurrentQueue<string>();
            crime.ErrorDataReceived += (_, e) => remarks.Enqueue(e.Data ?? "");
            crime.BeginOutputReadLine();
            crime.BeginErrorReadLine();
            int Count(string start) => lines.Count(line => line.StartsWith(start, StringComparison.Ordinal));

            // The board samples once it has a model.
            async Task SenseAsync(int start)
            {
                await Deadline.UntilAsync(() => Count("model: gestures id=") == start, "the model");
                int before = Count("sensor: timesteps=") - Count("sensor: timesteps=0 ");
                for (int i = 0; Count("sensor: timesteps=") - Count("sensor: timesteps=0 ") == before; i++)
                {
                    Assert.That(i, Is.LessThan(MostQuestions), "the board does not sample");
                    await crime.StandardInput.WriteLineAsync("status");
                    await Task.Delay(500);
                }
            }

            await SenseAsync(1);
            await crime.StandardInput.WriteLineAsync("perform lift 2");
            await Deadline.UntilAsync(() => Count("INF ") == 2, "two results");
            await crime.StandardInput.WriteLineAsync("perform twist");
            await crime.StandardInput.WriteLineAsync("reboot");
            await SenseAsync(2);
            await crime.StandardInput.WriteLineAsync("perform shake");
            await Deadline.UntilAsync(() => Count("INF ") == 3, "the result after the reboot");
            await Deadline.UntilAsync(() => remarks.Count(line => line.StartsWith("GPIO 2 high at ", StringComparison.Ordinal)) == 3, "the pin");
            Assert.That(remarks.Where(line => line.StartsWith("perform: ", StringComparison.Ordinal)).Select(line => line[..12]), Is.EqualTo(new[]
            {
                "perform: 2 x", "perform: typ", "perform: 1 x",
            }));
        }
        finally
        {
            if (!crime.HasExited) crime.Kill();
        }
    }

    [Test]
    public async Task AFlashIsKeptAndUsedAsItIs()
    {
        string flash = Path.Combine(Checkout.NewFolder(), "flash");
        CrimeCommand.Outcome first = await CrimeCommand.RunAsync(["board", "--inputs", "3", "--flash", flash, "--objective", "energy", .. ToTheGateway]);
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        Assert.That(Directory.GetFiles(flash).Select(Path.GetFileName), Is.SupersetOf(new[] { "crime.cfg", "inputs.recording", "model.crime" }));
        string settings = File.ReadAllText(Path.Combine(flash, "crime.cfg"));

        CrimeCommand.Outcome refused = await CrimeCommand.RunAsync("board", "--flash", flash, "--id", "other", "--idle");
        Assert.That(refused.ExitCode, Is.EqualTo(2));
        Assert.That(refused.Error.TrimEnd(), Does.EndWith("it takes no --id, --idle").And.Not.Contain("\n"));

        CrimeCommand.Outcome second = await CrimeCommand.RunAsync("board", "--flash", flash);
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        Assert.That(second.Out, Does.Contain("END inputs=3 ").And.Not.Contain("model: no file"));
        Assert.That(File.ReadAllText(Path.Combine(flash, "crime.cfg")), Is.EqualTo(settings));
    }

    [Test]
    [Platform("Linux")]
    public async Task AnInterruptEndsAnIdleBoard()
    {
        using Process crime = CrimeCommand.StartInterruptible(["board", "--idle", .. ToTheGateway]);
        while (await crime.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("inputs: no file"))
        {
        }
        using (Process kill = Process.Start("kill", ["-INT", crime.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        Assert.That(await ExitCodeAsync(crime), Is.EqualTo(130));
        Assert.That(await crime.StandardError.ReadToEndAsync(), Is.EqualTo("crime: interrupted\n"));
    }

    private static void Collect(FileStream terminal, StringBuilder text)
    {
        var buffer = new byte[4096];
        int count;
        try
        {
            while ((count = terminal.Read(buffer)) > 0)
                lock (text) text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // The device is gone, as when a cable is pulled.
        }
    }

    private static Task SaysAsync(StringBuilder text, string what) => Deadline.UntilAsync(
        () =>
        {
            lock (text) return text.ToString().Contains(what);
        },
        what);

    private static async Task<int> ExitCodeAsync(Process crime)
    {
        Task end = crime.WaitForExitAsync();
        if (await Task.WhenAny(end, Task.Delay(Deadline.Ms)) != end)
        {
            crime.Kill();
            Assert.Fail("the command did not end");
        }
        return crime.ExitCode;
    }
}
