using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Systemd;

public sealed class UnitTests
{
    private const double MaxExposure = 2.5;

    [Test]
    public async Task TheServiceIsWellConfined()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "systemd-analyze")).FirstOrDefault(File.Exists);
        if (program == null) Assert.Ignore("systemd-analyze is not installed (Debian: apt-get install systemd)");
        var start = new ProcessStartInfo(program!) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { "security", "--offline=true", "--no-pager", Path.Combine(AppContext.BaseDirectory, "crime-gateway.service") })
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Match exposure = Regex.Match(output, @"Overall exposure level for \S+: ([0-9.]+)");
        Assert.That(exposure.Success, Is.True, output + await errors);
        Assert.That(double.Parse(exposure.Groups[1].Value, CultureInfo.InvariantCulture), Is.LessThanOrEqualTo(MaxExposure));
    }

    [Test]
    public void DotnetCanRunInIt()
    {
        string unit = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "crime-gateway.service"));
        // The JIT writes code; and the runtime sets its affinity at the start, which @resources would forbid.
        Assert.That(unit, Does.Not.Match(@"(?m)^MemoryDenyWriteExecute=yes"));
        Assert.That(unit, Does.Not.Match(@"(?m)^(ProtectProc=invisible|ProcSubset=pid)"));
        Assert.That(unit, Does.Match(@"(?m)^SystemCallFilter=sched_setaffinity$"));
        Assert.That(unit, Does.Match(@"(?m)^Type=notify$"));
    }
}
