using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Cli.Tests.Data;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Import;
using Crime.Modelling.ModelFiles;
using NUnit.Framework;

namespace Crime.Cli.Tests.Limits;

/// <summary>Every verb reports at once: inputs that no request carries, states that no format holds, names that no model file holds.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class LimitsTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Checkout.NewFolder();

    /// <summary>Writes a data set of two classes, "class 0" around a level and "class 1" around twice the level.</summary>
    private void WriteData(string name, int channels, int length, int count = 4, double level = 1)
    {
        Directory.CreateDirectory(Path.Combine(_folder, name));
        string Channel(int k, int channel) =>
            string.Join(',', Enumerable.Range(0, length).Select(i => (level * (1 + k % 2) + 0.01 * ((i + channel) % 7)).ToString("0.00", CultureInfo.InvariantCulture)));
        string lines = string.Concat(Enumerable.Range(0, count).Select(
            k => string.Join(':', Enumerable.Range(0, channels).Select(channel => Channel(k, channel))) + $":class_{k % 2}\n"));
        foreach (string part in new[] { "TRAIN", "TEST" })
            File.WriteAllText(Path.Combine(_folder, name, $"{name}_{part}.ts"), $"@problemName {name}\n@classLabel true class_0 class_1\n@data\n{lines}");
    }

    private void WriteNetwork(string name, int inputs, Direction direction = Direction.Forward)
    {
        TrainedModel network = TestModels.Make(inputs, [(CellKind.Lstm, 4)], 2, classNames: ["class_0", "class_1"], direction: direction);
        File.WriteAllBytes(Path.Combine(_folder, name), PyTorchImporter.Export(network, new Dictionary<string, string>()).Write());
    }

    private async Task<string> PrintsAsync(params string[] arguments)
    {
        (int code, string output, string error) = await CrimeProcess.RunAsync(_folder, arguments);
        Assert.That(code, Is.Zero, error);
        return string.Join(' ', output.Replace("│", "").Split((char[]?)null, System.StringSplitOptions.RemoveEmptyEntries));
    }

    [Test]
    public async Task MoreThan255FeaturesStayOnTheBoardOrAreRefused()
    {
        WriteNetwork("wide.safetensors", 300);
        WriteNetwork("both.safetensors", 300, Direction.Both);
        WriteData("wide", channels: 300, length: 5);
        await CrimeProcess.RefusesAsync(_folder, "both.safetensors: 300 features a timestep", "convert", "both.safetensors", "-o", "both.crime");
        JsonElement converted = await CrimeProcess.JsonAsync(_folder, "convert", "wide.safetensors", "-o", "wide.crime");
        Assert.That(converted.GetProperty("longest_request").GetInt32(), Is.Zero);
        Assert.That(converted.GetProperty("requests").GetString(), Does.Contain("none carries 300 numbers").And.Contain("stays on the board"));
        Assert.That(await PrintsAsync("convert", "wide.safetensors", "-o", "wide.crime"), Does.Contain("no gateway ever gets an input"));

        JsonElement predicted = await CrimeProcess.JsonAsync(_folder, "predict", "wide.crime");
        Assert.That(predicted.GetProperty("longest_request").GetInt32(), Is.Zero);
        JsonElement wifi = predicted.GetProperty("links")[0];
        Assert.That(wifi.GetProperty("break_even_length_time").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(wifi.GetProperty("crossing_length_time").GetInt64(), Is.Positive);
        Assert.That(await PrintsAsync("predict", "wide.crime"), Does.Contain("> 0: not reachable").And.Contain("requests: none carries 300 numbers"));

        TrainedModel forGateways = TestModels.Make(300, [(CellKind.Lstm, 4)], 2, direction: Direction.Both);
        File.WriteAllBytes(Path.Combine(_folder, "gateway.crime"), ModelFileWriter.Write(forGateways, null));
        await CrimeProcess.RefusesAsync(_folder, "gateway.crime: 300 features a timestep", "predict", "gateway.crime");
        await CrimeProcess.RefusesAsync(_folder, "wide.crime: 300 features a timestep", "demo", "--data", "wide", "--model", "wide.crime", "--boards", "1");
        await CrimeProcess.RefusesAsync(_folder, "300 channels, and a request carries at most 255", "train", "wide", "-o", "new.safetensors");
        (int code, _, string error) = await CrimeProcess.RunAsync(_folder, "recording", "wide", "--model", "wide.crime", "-o", "inputs.recording");
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain("takes 300 features a timestep, and a recording or a request has at most 255"));
    }

    [TestCase(1, 4100, 4096)]
    [TestCase(40, 900, 811)]
    public async Task LongerInputsThanARequestStayOnTheBoard(int channels, int length, int longest)
    {
        WriteData("long", channels, length, count: 2);
        string expected = $"carry up to {longest} timesteps; longer inputs always stay on the board (the data have up to {length})";
        (int code, string output, string error) = await CrimeProcess.RunAsync(
            _folder, "train", "long", "-o", "long.safetensors", "--hidden", "6", "--epochs", "1", "--json");
        Assert.That(code, Is.Zero, error);
        Assert.That(error, Does.Contain("requests: " + expected));
        Assert.That(JsonDocument.Parse(output).RootElement.GetProperty("requests").GetString(), Is.EqualTo(expected));

        JsonElement converted = await CrimeProcess.JsonAsync(_folder, "convert", "long.safetensors", "-o", "long.crime", "--calibrate", "long");
        Assert.That((converted.GetProperty("longest_request").GetInt32(), converted.GetProperty("requests").GetString()), Is.EqualTo((longest, expected)));
        JsonElement predicted = await CrimeProcess.JsonAsync(_folder, "predict", "long.crime", "--data", "long", "--limit", "1");
        Assert.That(predicted.GetProperty("requests").GetString(), Is.EqualTo(expected));
        JsonElement wake = predicted.GetProperty("links").EnumerateArray().Single(link => link.GetProperty("link").GetString() == "radio-wake");
        Assert.That(wake.GetProperty("crossing_length_time").GetInt64(), Is.GreaterThan(longest));
        Assert.That(wake.GetProperty("break_even_length_time").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(
            await PrintsAsync("predict", "long.crime", "--data", "long", "--limit", "1"), Does.Contain($"> {longest}: not reachable").And.Contain(expected));

        (code, _, error) = await CrimeProcess.RunAsync(_folder, "demo", "--data", "long", "--model", "long.crime", "--boards", "1");
        Assert.That((code, error.TrimEnd().Split('\n').Last()), Is.EqualTo((2, $"crime: data set 'long': a sequence of {length} timesteps, and a request carries "
            + $"at most {longest} of this model; cut the sequences, or leave the long ones out")));
    }

    [Test]
    public async Task EvalRunsWhatBoardsSend()
    {
        WriteNetwork("raw.safetensors", 2);
        WriteData("raw", channels: 2, length: 6, count: 10, level: 20);
        // The network's normalisation is one of small numbers: 20 is far beyond its format.
        await PrintsAsync("convert", "raw.safetensors", "-o", "raw.crime");
        JsonElement result = await CrimeProcess.JsonAsync(_folder, "eval", "raw.crime", "--data", "raw", "--kernel", "float");
        Assert.That((result.GetProperty("inputs").GetInt64(), result.GetProperty("input_saturations").GetInt64()), Is.EqualTo((120, 120)));
        Assert.That(result.GetProperty("input_saturation_percent").GetDouble(), Is.EqualTo(100));
        Assert.That(result.GetProperty("hint").GetString(), Does.Contain("--calibrate"));
        Assert.That(result.GetProperty("accuracy_float").GetDouble(), Is.EqualTo(0.5), "both classes look alike");
        Assert.That(result.GetProperty("accuracy_float_interval").GetProperty("low").GetDouble(), Is.EqualTo(0.2366).Within(0.0001));
        Assert.That(result.GetProperty("accuracy_float_interval").GetProperty("high").GetDouble(), Is.EqualTo(0.7634).Within(0.0001));
        Assert.That(
            result.GetProperty("classes").EnumerateArray().Select(of => of.GetProperty("recall_float").GetDouble()).Order(), Is.EqualTo(new[] { 0.0, 1 }));
        Assert.That(
            await PrintsAsync("eval", "raw.crime", "--data", "raw"),
            Does.Contain("inputs cut off 120 of 120 (100.00 %)").And.Contain("50.00 % (23.7 to 76.3)").And.Contain("recall, fixed")
                .And.Contain("again with --calibrate"));

        await PrintsAsync("convert", "raw.safetensors", "-o", "raw.crime", "--calibrate", "raw");
        Assert.That(await PrintsAsync("eval", "raw.crime", "--data", "raw"), Does.Contain("inputs cut off 0 ").And.Not.Contain("--calibrate"));
    }

    [Test]
    public async Task ConvertReportsTheMarginThatThereIs()
    {
        WriteNetwork("net.safetensors", 1);
        WriteData("data", channels: 1, length: 12);
        Assert.That(await PrintsAsync("convert", "net.safetensors", "-o", "net.crime"), Does.Contain("a default: inputs beyond 8 are cut off"));
        JsonElement without = await CrimeProcess.JsonAsync(_folder, "convert", "net.safetensors", "-o", "net.crime");
        JsonElement layer = without.GetProperty("layers")[0];
        Assert.That((layer.GetProperty("cell_range").GetDouble(), layer.GetProperty("cell_seen").ValueKind), Is.EqualTo((32.0, JsonValueKind.Null)));
        Assert.That(layer.GetProperty("cell_reach").GetDouble(), Is.Positive);
        layer = (await CrimeProcess.JsonAsync(_folder, "convert", "net.safetensors", "-o", "net.crime", "--calibrate", "data")).GetProperty("layers")[0];
        double seen = layer.GetProperty("cell_seen").GetDouble(), margin = layer.GetProperty("cell_margin").GetDouble();
        Assert.That(margin, Is.EqualTo(layer.GetProperty("cell_range").GetDouble() / seen).Within(1e-6).And.InRange(1.5, 3));
        Assert.That(layer.GetProperty("cell_fits").GetBoolean(), Is.True);
        Assert.That(
            await PrintsAsync("convert", "net.safetensors", "-o", "net.crime", "--calibrate", "data"),
            Does.Contain(string.Create(CultureInfo.InvariantCulture, $"(margin {margin:0.00})")));
    }

    [Test]
    public async Task ConvertReportsTheWidthOfACellAndItsCost()
    {
        WriteNetwork("net.safetensors", 1);
        string[] convert = ["convert", "net.safetensors", "-o", "net.crime"];
        JsonElement narrow = await CrimeProcess.JsonAsync(_folder, convert), wide = await CrimeProcess.JsonAsync(_folder, [.. convert, "--cell-bits", "32"]);
        JsonElement layer = narrow.GetProperty("layers")[0], wideLayer = wide.GetProperty("layers")[0];
        Assert.That((layer.GetProperty("cell_bits").GetInt32(), layer.GetProperty("cell_format").GetString()), Is.EqualTo((16, "Q5.10")));
        Assert.That((wideLayer.GetProperty("cell_bits").GetInt32(), wideLayer.GetProperty("cell_format").GetString()), Is.EqualTo((32, "Q15.15")));
        Assert.That(narrow.GetProperty("cell_cost").ValueKind, Is.EqualTo(JsonValueKind.Null));
        JsonElement cost = wide.GetProperty("cell_cost");
        foreach (string kernel in new[] { "table", "compiled" })
            Assert.That(cost.GetProperty($"{kernel}_il_per_step").GetDouble(), Is.GreaterThan(cost.GetProperty($"{kernel}_il_per_step_16").GetDouble()));
        Assert.That(
            await PrintsAsync([.. convert, "--cell-bits", "32"]),
            Does.Contain("cell state Q15.15 of 32 bits (holds every state)").And.Contain("instructions per timestep").And.Contain("with 16 bits (+"));
        Assert.That(await PrintsAsync([.. convert, "--cell-bits", "16"]), Does.Contain("cell state Q5.10 of 16 bits").And.Not.Contain("with 16 bits (+"));

        TrainedModel gru = TestModels.Make(1, [(CellKind.Gru, 4)], 2);
        File.WriteAllBytes(Path.Combine(_folder, "gru.safetensors"), PyTorchImporter.Export(gru, new Dictionary<string, string>()).Write());
        WriteNetwork("both.safetensors", 1, Direction.Both);
        await CrimeProcess.RefusesAsync(_folder, "--cell-bits is for LSTM layers", "convert", "gru.safetensors", "-o", "gru.crime", "--cell-bits", "32");
        await CrimeProcess.RefusesAsync(_folder, "boards cannot run this model", "convert", "both.safetensors", "-o", "both.crime", "--cell-bits", "16");
        await CrimeProcess.RefusesAsync(_folder, "--cell-bits takes auto, 16 or 32; '24' is none of them", [.. convert, "--cell-bits", "24"]);
    }

    [TestCase("run\U0001F3C3", "outside the basic plane")]
    [TestCase("long", "longer than 255 bytes")]
    [TestCase(null, "256 classes, and a model holds at most 255")]
    public async Task TrainRefusesWhatConvertCouldNotWrite(string? name, string expected)
    {
        string[] names = name == null ? [.. Enumerable.Range(0, 256).Select(i => $"c{i}")] : ["a", name == "long" ? new string('x', 256) : name];
        Directory.CreateDirectory(Path.Combine(_folder, "named"));
        string lines = string.Concat(names.Concat(names).Select((label, i) => $"{i},1,2:{label}\n"));
        foreach (string part in new[] { "TRAIN", "TEST" })
            File.WriteAllText(Path.Combine(_folder, "named", $"named_{part}.ts"), $"@classLabel true {string.Join(' ', names)}\n@data\n{lines}");
        await CrimeProcess.RefusesAsync(_folder, expected, "train", "named", "-o", "named.safetensors");
    }
}
