using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A scenario live and simulated: no input is lost, and all figures are there. Their difference is measured, not tested.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class LiveTests
{
    private const string Scenario = """
        scenario: short
        about: for a test
        duration_s: 4
        gateways:
          - {id: hub, kind: this-machine}
        boards:
          - count: 2
            kinds: [esp32-240-table]
            radio: doze
            input_every_s: 0.5
            links:
              - {gateway: hub, link: near-and-far}
        """;

    // A result may wait for so long that a report comes before its latest start, which is 17 s before its end.
    private const string WithReports = """
        scenario: short-reports
        about: for a test
        duration_s: 10
        gateways:
          - {id: hub, kind: this-machine}
        boards:
          - count: 2
            kinds: [esp32-240-table]
            radio: off
            input_every_s: 1
            report_every_s: 4
            result_within_s: 30
            keep_bytes: 8192
            links:
              - {gateway: hub, link: near-and-far}
        """;

    [Test]
    public async Task EveryInputHasOneResultLiveAndSimulated()
    {
        string folder = Checkout.NewFolder();
        JsonElement result = await PlayAsync(folder, Scenario);
        Assert.That(result.GetProperty("inputs_per_policy").GetInt32(), Is.EqualTo(16));
        JsonElement[] policies = result.GetProperty("policies").EnumerateArray().ToArray();
        Assert.That(policies.Select(policy => policy.GetProperty("policy").GetString()), Is.EqualTo(new[] { "boards", "hub", "crime for time", "crime for energy" }));
        foreach (JsonElement policy in policies)
        {
            string name = policy.GetProperty("policy").GetString()!;
            foreach (string side in (string[])["live", "simulated"])
            {
                JsonElement figures = policy.GetProperty(side);
                Assert.That(figures.GetProperty("results").GetInt32(), Is.EqualTo(16), $"{name}, {side}");
                Assert.That(new[] { "on_boards", "at_gateway", "fallbacks" }.Sum(where => figures.GetProperty(where).GetInt32()), Is.EqualTo(16), $"{name}, {side}");
                Assert.That(figures.GetProperty("time_ms").GetDouble(), Is.Positive);
                Assert.That(figures.GetProperty("energy_mj").GetDouble(), Is.Positive);
            }
            Assert.That(policy.GetProperty("live").GetProperty("duplicates").GetInt32(), Is.Zero);
        }
        Assert.That(policies[0].GetProperty("live").GetProperty("on_boards").GetInt32(), Is.EqualTo(16), "boards compute all by themselves");
        Assert.That(policies[1].GetProperty("live").GetProperty("at_gateway").GetInt32(), Is.Positive, "the gateway is reached through the relays");
        Assert.That(result.GetProperty("rankings").GetProperty("time").GetProperty("live").GetArrayLength(), Is.EqualTo(3));
        Assert.That(File.ReadAllBytes(Path.Combine(folder, "live-short.png"))[1..4], Is.EqualTo("PNG"u8.ToArray()));
        Assert.That(JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "live-short.json"))).RootElement.TryGetProperty("policies", out _), Is.True);
    }

    [Test]
    public async Task KeptInputsGoWithTheReports()
    {
        string folder = Checkout.NewFolder();
        JsonElement result = await PlayAsync(folder, WithReports);
        JsonElement[] policies = result.GetProperty("policies").EnumerateArray().ToArray();
        Assert.That(policies.Select(policy => policy.GetProperty("policy").GetString()), Is.EqualTo(new[] { "boards", "batches", "crime for energy" }));
        foreach (JsonElement policy in policies)
        {
            string name = policy.GetProperty("policy").GetString()!;
            foreach (string side in (string[])["live", "simulated"])
                Assert.That(policy.GetProperty(side).GetProperty("results").GetInt32(), Is.EqualTo(20), $"{name}, {side}");
            Assert.That(policy.GetProperty("live").GetProperty("duplicates").GetInt32(), Is.Zero);
        }
        Assert.That(policies[0].GetProperty("live").GetProperty("on_boards").GetInt32(), Is.EqualTo(20));
        foreach (string side in (string[])["live", "simulated"])
            Assert.That(policies[1].GetProperty(side).GetProperty("at_gateway").GetInt32(), Is.EqualTo(20), side);
        // Each of the two boards reports at least twice. A wake takes about 1 J.
        Assert.That(policies[0].GetProperty("live").GetProperty("energy_mj").GetDouble(), Is.GreaterThan(2 * 2 * 500.0 / 20));
    }

    private static async Task<JsonElement> PlayAsync(string folder, string scenario)
    {
        string path = Path.Combine(folder, "short.yaml");
        File.WriteAllText(path, scenario);
        File.Copy(Path.Combine(TestContext.CurrentContext.TestDirectory, "scenarios", "live", "catalogue.yaml"), Path.Combine(folder, "catalogue.yaml"));
        return (await CrimeCommand.RunAsync("experiment", "--live", path, "--json", "-o", folder)).Json();
    }
}
