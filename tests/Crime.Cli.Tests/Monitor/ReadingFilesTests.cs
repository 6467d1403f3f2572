using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Monitor;
using Crime.Cli.Tests.Data;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Modelling;
using NUnit.Framework;

namespace Crime.Cli.Tests.Monitor;

/// <summary>What is kept of a measurement: the CSV file and the picture.</summary>
public sealed class ReadingFilesTests
{
    private static readonly DateTime s_utc = DateTime.Parse("2026-11-24T12:00:00.5Z", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal);

    private string _folder = null!;

    [SetUp]
    public void Make() => _folder = Directory.CreateTempSubdirectory("files-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void EveryReadingIsInTheFileAtOnceAndASecondRunContinuesIt()
    {
        string path = Path.Combine(_folder, "r.csv");
        using (var first = new ReadingFile(path))
        {
            first.Add(new InferenceArrived("hall-1", BoardLines.Reading(BoardLines.Inference(35, even: "-"))), s_utc);
            first.Add(new TextArrived("ok: reset"), s_utc);
            Assert.That(File.ReadAllLines(path).Last(), Is.EqualTo("2026-11-24T12:00:00.500Z,hall-1,35,30,local,wave,4,48.493,7.998,164.931,,0,model,0"));
        }
        using (var second = new ReadingFile(path)) second.Add(new BracketArrived("meter", new BracketReading(3, 4, 48.5, 8.002, 164.989, 103.25, 78, 0)), s_utc);
        string[] lines = File.ReadAllLines(path);
        Assert.That(lines[2], Is.EqualTo("2026-11-24T12:00:00.500Z,meter,3,,bracket,,,48.500,8.002,164.989,,,ina219,"));
        Assert.That(lines.Select(line => line.Split(',').Length).Distinct(), Is.EqualTo(new[] { 14 }));
        Assert.That(lines.Count(line => line == ReadingFile.Header), Is.EqualTo(1));
    }

    [Test]
    public void ANameWithACommaIsOneField()
    {
        string path = Path.Combine(_folder, "r.csv");
        string line = BoardLines.Inference(35).Replace("name=\"wave\"", "name=\"up, down\"");
        using (var file = new ReadingFile(path)) file.Add(new InferenceArrived("hall-1", BoardLines.Reading(line)), s_utc);
        Assert.That(File.ReadAllLines(path)[1], Does.Contain(",local,\"up, down\",4,48.493,"));
    }

    /// <summary>The JSON of the monitor has the names that the gateway's results have. `label` is the true class of data, which no board knows.</summary>
    [Test]
    public async Task TheJsonHasTheNamesOfTheGatewaysResults()
    {
        string capture = Path.Combine(_folder, "capture.log");
        string unknown = BoardLines.Inference(36).Replace("class=4", "class=-").Replace("conf=963 name=\"wave\"", "conf=- name=-");
        await File.WriteAllTextAsync(capture, BoardLines.Inference(35) + "\r\n" + unknown + "\r\n");
        (int code, string output, string error) = await CrimeProcess.RunAsync(_folder, "monitor", "--port", capture, "--json");
        Assert.That(code, Is.Zero, error);
        JsonElement[] lines = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That((lines[0].GetProperty("class").GetString(), lines[0].GetProperty("class_index").GetInt32()), Is.EqualTo(("wave", 4)));
        Assert.That(
            (lines[1].GetProperty("class").ValueKind, lines[1].GetProperty("class_index").ValueKind), Is.EqualTo((JsonValueKind.Null, JsonValueKind.Null)));
        using JsonDocument result = JsonDocument.Parse(ResultJson.Write("hall-1", BoardResult.Of(1, new TelemetryRecord()), null, s_utc));
        string[] ofGateway = ["session", "model"];
        Assert.That(
            lines[0].EnumerateObject().Select(field => field.Name),
            Is.SupersetOf(result.RootElement.EnumerateObject().Select(field => field.Name).Except(ofGateway)));
        Assert.That(lines[^1].GetProperty("break_even_length").GetInt32(), Is.EqualTo(49));
    }

    [Test]
    public void AnotherFileIsNotWrittenInto()
    {
        string path = Path.Combine(_folder, "diary.txt");
        File.WriteAllText(path, "dear diary\n");
        Assert.That(() => new ReadingFile(path), Throws.InstanceOf<UserInputException>());
        Assert.That(() => new ReadingFile(Path.Combine(_folder, "no", "r.csv")), Throws.InstanceOf<UserInputException>());
        Assert.That(File.ReadAllText(path), Is.EqualTo("dear diary\n"));
    }

    [Test]
    public void ThePictureIsAPng()
    {
        string path = Path.Combine(_folder, "energy.png");
        var plot = new ReadingPlot(path);
        var random = new Random(3);
        for (int i = 0; i < 300; i++) plot.Add(BoardLines.Reading(BoardLines.Inference(i, random)));
        plot.Save();
        byte[] bytes = File.ReadAllBytes(path);
        Assert.That(bytes[..4], Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(1));
        Assert.That(() => new ReadingPlot(Path.Combine(_folder, "energy.pdf")), Throws.InstanceOf<UserInputException>());
        Assert.That(() => new ReadingPlot(Path.Combine(_folder, "no", "energy.png")), Throws.InstanceOf<UserInputException>());
    }

    [Test]
    public void ALongMeasurementIsThinnedOutEvenly()
    {
        var plot = new ReadingPlot(Path.Combine(_folder, "energy.png"));
        Reading reading = BoardLines.Reading(BoardLines.Inference(0));
        for (int i = 0; i < 10 * ReadingPlot.MaxPoints; i++) plot.Add(reading);
        Assert.That(plot.Points, Is.InRange(ReadingPlot.MaxPoints / 2, ReadingPlot.MaxPoints));
    }
}
