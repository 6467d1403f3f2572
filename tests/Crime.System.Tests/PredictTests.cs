using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Frames;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>crime predict and crime calibrate as a person runs them.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class PredictTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Checkout.NewFolder();

    [Test]
    public async Task APredictionHasTimeEnergyLinksSourcesAndAPicture()
    {
        string picture = Path.Combine(_folder, "links.png");
        JsonElement result = (await CrimeCommand.RunAsync("predict", "synthetic:4x12", "--kernel", "table", "--limit", "2", "--plot", picture, "--json")).Json();
        Assert.That(File.ReadAllBytes(picture).Take(4), Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
        double usPerStep = result.GetProperty("us_per_step").GetDouble(), ilPerStep = result.GetProperty("il_per_step").GetDouble();
        Assert.That(usPerStep, Is.GreaterThanOrEqualTo(ilPerStep * 0.15).And.LessThan(ilPerStep * 0.16), "0.15 µs an instruction, 3 library calls a step");
        Assert.That(
            result.GetProperty("links").EnumerateArray().Select(link => link.GetProperty("link").GetString()), Is.EqualTo(new[] { "wifi", "modem-sleep", "radio-wake" }));
        foreach (JsonElement link in result.GetProperty("links").EnumerateArray())
        {
            foreach (string unit in new[] { "time", "energy" })
            {
                // Where the lines cross beyond the longest request there is no break-even length.
                long crossing = link.GetProperty($"crossing_length_{unit}").GetInt64();
                JsonElement length = link.GetProperty($"break_even_length_{unit}");
                if (crossing > FrameFormat.MaxLength) Assert.That(length.ValueKind, Is.EqualTo(JsonValueKind.Null), unit);
                else Assert.That(length.GetInt64(), Is.EqualTo(crossing).And.Positive, unit);
            }
        }
        JsonElement number = result.GetProperty("profile").GetProperty("numbers").GetProperty("cpu_us_per_il");
        Assert.That((number.GetProperty("confidence").GetString(), number.GetProperty("source").GetString()!.Length > 20), Is.EqualTo(("estimate", true)));
    }

    [Test]
    public async Task TheTableSaysWhatIsPublishedAndWhatEstimated()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("predict", "synthetic:2x8", "--limit", "1", "--board", "esp32-c3-devkitm");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Contain("radio-wake: radio off between inputs").And.Contain("faster").And.Contain("published: ").And.Contain("estimate: "));
        Assert.That(outcome.Out, Does.Contain("gateway, as given or assumed: 2.00 µs a timestep"));
    }

    [Test]
    public async Task ABatteryHasItsDaysPerRadioModeAndMapping()
    {
        string picture = Path.Combine(_folder, "days.png");
        string[] arguments = ["predict", "synthetic:2x8", "--limit", "1", "--battery", "2500", "--inputs-per-hour", "120"];
        JsonElement battery = (await CrimeCommand.RunAsync([.. arguments, "--plot", picture, "--json"])).Json().GetProperty("battery");
        Assert.That(File.ReadAllBytes(picture).Take(4), Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
        Assert.That(
            battery.EnumerateObject().Select(property => property.Name), Is.EqualTo(new[]
            {
                "capacity_mah", "battery_volts", "usable_percent", "self_discharge_percent", "converter_percent", "extra_ma", "inputs_per_hour", "mean_length",
                "rows", "longest",
            }));
        JsonElement[] rows = battery.GetProperty("rows").EnumerateArray().ToArray();
        Assert.That(
            rows.Select(row => $"{row.GetProperty("radio")} {row.GetProperty("mapping")}"), Is.EqualTo(
                from radio in (string[])["always-on", "modem-sleep", "radio-off", "light-sleep", "deep-sleep"]
                from mapping in (string[])["local", "gateway", "auto"]
                select $"{radio} {mapping}"));
        Assert.That(
            rows[0].EnumerateObject().Select(property => property.Name), Is.EqualTo(new[]
            {
                "radio", "mapping", "settings", "idle_mw", "input_mj", "inputs_mw", "background_mw", "total_mw", "total_ma", "offloaded_percent", "busy_ms",
                "keeps_up", "days",
            }));
        JsonElement longest = battery.GetProperty("longest");
        double days = longest.GetProperty("days").GetDouble();
        Assert.That(days, Is.EqualTo(rows.Max(row => row.GetProperty("days").GetDouble())).And.GreaterThan(10));
        string help = (await CrimeCommand.RunAsync("predict", "--help")).Out;
        foreach (JsonProperty key in battery.EnumerateObject().Concat(rows[0].EnumerateObject())) Assert.That(help, Does.Contain(key.Name));

        CrimeCommand.Outcome table = await CrimeCommand.RunAsync(arguments);
        Assert.That(table.Out, Does.Contain("longest: light-sleep with mapping=auto").And.Contain("sleep=light").And.Contain("70 % of the capacity"));
    }

    [Test]
    public async Task ARateThatIsTooHighIsSaidPerRow()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(
            "predict", "synthetic:2x8", "--limit", "1", "--battery", "2500", "--inputs-per-hour", "2000", "--battery-volts", "6", "--extra-ma", "3.8");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        Assert.That(outcome.Out, Does.Contain("too slow").And.Contain("deep-sleep with mapping=gateway is too slow: an input takes 27"));
        Assert.That(outcome.Out, Does.Not.Contain("modem-sleep with mapping=local is too slow"));
    }

    [TestCase("--battery takes a number above 0", "predict", "synthetic:2x8", "--battery", "0", "--inputs-per-hour", "1")]
    [TestCase("--battery takes a number above 0", "predict", "synthetic:2x8", "--battery", "-5", "--inputs-per-hour", "1")]
    [TestCase("--battery takes a number above 0", "predict", "synthetic:2x8", "--battery", "many", "--inputs-per-hour", "1")]
    [TestCase("--battery takes a number above 0", "predict", "synthetic:2x8", "--battery", "NaN", "--inputs-per-hour", "1")]
    [TestCase("--inputs-per-hour takes a number above 0", "predict", "synthetic:2x8", "--battery", "2500", "--inputs-per-hour", "0")]
    [TestCase("--battery needs --inputs-per-hour", "predict", "synthetic:2x8", "--battery", "2500")]
    [TestCase("--usable-percent is for a battery", "predict", "synthetic:2x8", "--usable-percent", "50")]
    [TestCase("--usable-percent takes a number above 0", "predict", "synthetic:2x8", "--battery", "2500", "--inputs-per-hour", "1", "--usable-percent", "101")]
    [TestCase("a linear regulator cannot raise it", "predict", "synthetic:2x8", "--battery", "2500", "--inputs-per-hour", "1", "--battery-volts", "3")]
    [TestCase("no battery life", "predict", "synthetic:2x8", "--board", "nanoclr-linux", "--battery", "2500", "--inputs-per-hour", "1")]
    [TestCase("no such board; give one of", "predict", "synthetic:2x8", "--board", "esp33")]
    [TestCase("cannot be read", "predict", "missing.crime")]
    [TestCase("the picture is a .png file", "predict", "synthetic:2x8", "--plot", "x.jpg")]
    [TestCase("--kernel takes compiled, table or textbook", "predict", "synthetic:2x8", "--kernel", "fast")]
    [TestCase("cannot be read", "calibrate", "missing.log", "-o", "x.json")]
    [TestCase("a profile is a .json file", "calibrate", "missing.log", "-o", "x.txt")]
    [TestCase("--board takes", "calibrate", "missing.log", "-o", "x.json", "--board", "esp33")]
    public async Task AMistakeIsOneLineAndExitCode2(string expected, params string[] arguments)
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(arguments);
        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.Out);
        Assert.That(outcome.Error, Does.StartWith("crime: ").And.Contain(expected));
        Assert.That(outcome.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
    }
}
