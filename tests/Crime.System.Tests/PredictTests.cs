using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
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
            Assert.That(link.GetProperty("break_even_time").GetInt64(), Is.Positive);
            Assert.That(link.GetProperty("break_even_energy").GetInt64(), Is.Positive);
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
