using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The same demo over a broker that is not ours.</summary>
public sealed class MosquittoTests
{
    [Test]
    public async Task TheDemoRunsOverMosquitto()
    {
        await using Mosquitto broker = await Mosquitto.StartAsync(Ports.Free());
        JsonElement summary = (await CrimeCommand.RunAsync("demo", "--json", "--inputs", "60", "--broker", $"127.0.0.1:{broker.Port}")).Json();
        Assert.That(summary.GetProperty("results").GetInt32(), Is.EqualTo(60));
        Assert.That(summary.GetProperty("offloaded").GetInt32(), Is.Positive);
        Assert.That(summary.GetProperty("local").GetInt32(), Is.Positive);
        Assert.That(broker.IsRunning, Is.True);
    }
}
