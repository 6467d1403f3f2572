using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Crime.Gateway.Configuration;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Systemd;

public sealed class UnitTests
{
    private const double MaxExposure = 2.5;

    [Test]
    public async Task TheServiceIsWellConfined()
    {
        var (code, output) = await AnalyzeAsync("security", "--offline=true", "--no-pager", Unit);
        Match exposure = Regex.Match(output, @"Overall exposure level for \S+: ([0-9.]+)");
        Assert.That(exposure.Success, Is.True, $"{code}: {output}");
        Assert.That(double.Parse(exposure.Groups[1].Value, CultureInfo.InvariantCulture), Is.LessThanOrEqualTo(MaxExposure));
    }

    [Test]
    public async Task SystemdFindsNoFaultWithTheUnit()
    {
        // systemd-analyze looks for the program of ExecStart, which may lie elsewhere on this machine.
        string unit = Path.Combine(Checkout.NewFolder(), Path.GetFileName(Unit));
        File.WriteAllText(unit, Regex.Replace(File.ReadAllText(Unit), @"(?m)^ExecStart=\S+", "ExecStart=" + GatewayProcess.DotnetHost));
        var (code, output) = await AnalyzeAsync("verify", unit);
        Assert.That((code, output), Is.EqualTo((0, "")));
    }

    [Test]
    public void AStopHasTimeForTheLongestDrain()
    {
        string unit = File.ReadAllText(Unit);
        int stopS = int.Parse(Regex.Match(unit, @"(?m)^TimeoutStopSec=(\d+)$").Groups[1].Value, CultureInfo.InvariantCulture);
        int longestMs = int.Parse(Regex.Match(Settings.ShutdownDrainMs.Accepted, @"to (\d+)$").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.That(1000 * stopS, Is.GreaterThanOrEqualTo(longestMs + 10_000));
        Assert.That(unit, Does.Match(@"(?m)^WatchdogSec=\d+$"));
    }

    [Test]
    public void DotnetCanRunInIt()
    {
        string unit = File.ReadAllText(Unit);
        // The JIT writes code; and the runtime sets its affinity at the start, which @resources would forbid.
        Assert.That(unit, Does.Not.Match(@"(?m)^MemoryDenyWriteExecute=yes"));
        Assert.That(unit, Does.Not.Match(@"(?m)^(ProtectProc=invisible|ProcSubset=pid)"));
        Assert.That(unit, Does.Match(@"(?m)^SystemCallFilter=sched_setaffinity$"));
        Assert.That(unit, Does.Match(@"(?m)^Type=notify$"));
    }

    private static string Unit => Path.Combine(AppContext.BaseDirectory, "crime-gateway.service");

    private static async Task<(int Code, string Output)> AnalyzeAsync(params string[] arguments)
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "systemd-analyze")).FirstOrDefault(File.Exists);
        if (program == null) Assert.Ignore("systemd-analyze is not installed (Debian: apt-get install systemd)");
        using Process process = Process.Start(new ProcessStartInfo(program!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
