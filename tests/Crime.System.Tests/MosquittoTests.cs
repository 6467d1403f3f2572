using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The same demo over a broker that is not ours.</summary>
[NonParallelizable]
public sealed class MosquittoTests
{
    [Test]
    public async Task TheDemoRunsOverMosquitto()
    {
        string? mosquitto = new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto" }.FirstOrDefault(File.Exists);
        if (mosquitto == null) Assert.Ignore("Mosquitto is not installed (Debian: apt-get install mosquitto)");
        int port = FreePort();
        string configuration = Path.Combine(CrimeCommand.NewFolder(), "mosquitto.conf");
        await File.WriteAllTextAsync(configuration, $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n");
        using Process broker = Process.Start(new ProcessStartInfo(mosquitto!, ["-c", configuration]) { RedirectStandardError = true })!;
        try
        {
            AwaitListener(port);
            JsonElement summary = (await CrimeCommand.RunAsync("demo", "--json", "--inputs", "60", "--broker", $"127.0.0.1:{port}")).Json();
            Assert.That(summary.GetProperty("results").GetInt32(), Is.EqualTo(60));
            Assert.That(summary.GetProperty("offloaded").GetInt32(), Is.Positive);
            Assert.That(summary.GetProperty("local").GetInt32(), Is.Positive);
            Assert.That(broker.HasExited, Is.False);
        }
        finally
        {
            broker.Kill();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void AwaitListener(int port)
    {
        for (int i = 0; i < 100; i++)
        {
            try
            {
                using var client = new TcpClient("127.0.0.1", port);
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(50);
            }
        }
        throw new TimeoutException("Mosquitto does not listen");
    }
}
