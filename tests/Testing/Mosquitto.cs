using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.Testing;

/// <summary>A real Mosquitto on the loopback address. Where it is not installed, the test that starts it is skipped.</summary>
public sealed class Mosquitto : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _configurationFile;

    private Mosquitto(Process process, string configurationFile, int port)
    {
        _process = process;
        _configurationFile = configurationFile;
        Port = port;
    }

    /// <summary>Its TCP port.</summary>
    public int Port { get; }

    /// <summary>True when its process runs.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts a broker and waits until it accepts connections.</summary>
    /// <param name="port">Its TCP port.</param>
    public static async Task<Mosquitto> StartAsync(int port)
    {
        string? program = Find();
        if (program == null) Assert.Ignore("mosquitto is not installed (Debian: apt-get install mosquitto)");
        string configurationFile = Path.GetTempFileName();
        await File.WriteAllTextAsync(configurationFile, $"listener {port.ToString(CultureInfo.InvariantCulture)} 127.0.0.1\nallow_anonymous true\npersistence false\n");
        var start = new ProcessStartInfo(program!) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(configurationFile);
        var broker = new Mosquitto(Process.Start(start)!, configurationFile, port);
        await Deadline.UntilAsync(() => Ports.IsListening(port), "Mosquitto");
        return broker;
    }

    /// <summary>Stops the process where it is. Its connections stay open, and nothing comes back from them.</summary>
    public void Freeze()
    {
        using Process kill = Process.Start("kill", ["-STOP", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (IsRunning) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        File.Delete(_configurationFile);
    }

    // Debian and Homebrew keep it where the path of an ordinary user does not look.
    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"])
            .Select(folder => Path.Combine(folder, "mosquitto")).FirstOrDefault(File.Exists);
}
