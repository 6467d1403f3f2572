using System;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

/// <summary>What a hostile or broken client could send.</summary>
internal static class Garbage
{
    private const int Count = 1000;
    private const int MaxSize = 400;

    /// <summary>Sends random bytes to every topic that the gateway subscribes to, and looks at everything it says of itself.</summary>
    public static async Task ChangesOnlyACounterAsync(RunningGateway gateway, int brokerPort)
    {
        await using TestBoard board = await TestBoard.ConnectAsync(brokerPort);
        JsonElement before = await GatewayHttp.HealthAsync(gateway.HttpPort);
        // Pinned: random bytes may be a valid frame, and then they change another counter.
        var random = new Random(1);
        string[] topics = [Topics.Request(RunningGateway.Id, "board"), Topics.Telemetry("board"), Topics.Request(RunningGateway.Id, "bad id")];
        foreach (string topic in topics)
        {
            for (int i = 0; i < Count; i++)
            {
                var payload = new byte[random.Next(MaxSize)];
                random.NextBytes(payload);
                await board.PublishAsync(topic, payload);
            }
        }
        long expected = before.GetProperty("malformed_frames").GetInt64() + topics.Length * Count;
        await Deadline.UntilAsync(async () => await gateway.CounterAsync("malformed_frames") == expected, "the malformed frames");

        JsonElement after = await GatewayHttp.HealthAsync(gateway.HttpPort);
        string[] changed = before.EnumerateObject()
            .Where(property => property.Value.ToString() != after.GetProperty(property.Name).ToString())
            .Select(property => property.Name).Where(name => !name.EndsWith("_bytes", StringComparison.Ordinal)).ToArray();
        // Heartbeats go on, and memory is what it is.
        Assert.That(changed, Is.SubsetOf(new[] { "malformed_frames", "statuses" }).And.Contains("malformed_frames"));
        ModelFile model = TestModels.Parse(TestModels.Features);
        Assert.That((await board.AskAsync(board.Request(model, 9))).Code, Is.EqualTo(ResponseCode.Ok));
    }
}
