using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Cli.Tests.Data;

/// <summary>crime data and the verbs that read a data set.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class DataVerbTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Checkout.NewFolder();

    private void Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private static string Log(int seed, int count = 30) => "time,x,y\n" + string.Concat(Enumerable.Range(0, count).Select(
        i => string.Create(CultureInfo.InvariantCulture, $"{i * 0.01:0.00},{(seed + i) % 7 * 0.5},{seed}\n")));

    private int CountOf(string file) => TsFile.Read(Path.Combine(_folder, file)).Count;

    [Test]
    public async Task TheGeneratedLogGoesTheWholeWay()
    {
        await CrimeProcess.RunAsync(_folder, "segment", "--example", "gestures.csv");
        JsonElement imported = await CrimeProcess.JsonAsync(_folder, "data", "import", "gestures.csv", "-o", "mine");
        Assert.That(imported.GetProperty("data").GetProperty("text").GetString(), Does.StartWith("numeric, 3 channels, 3 classes, 24 + 12 sequences of "));

        JsonElement shown = await CrimeProcess.JsonAsync(_folder, "data", "show", "mine", "-o", "mine.png");
        Assert.That(shown.GetProperty("balance").EnumerateArray().Select(item => item.GetProperty("train").GetInt32()), Is.EqualTo(new[] { 8, 8, 8 }));
        Assert.That(shown.GetProperty("ranges").GetArrayLength(), Is.EqualTo(3));
        Assert.That(File.ReadAllBytes(Path.Combine(_folder, "mine.png")).Take(4), Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));

        await CrimeProcess.JsonAsync(_folder, "data", "split", "mine", "--test", "0.5", "--by", "class-balanced", "-o", "half");
        await CrimeProcess.JsonAsync(_folder, "data", "split", "mine", "--test", "0.5", "--by", "class-balanced", "-o", "again");
        Assert.That(
            File.ReadLines(Path.Combine(_folder, "half", "half_TEST.ts")).Skip(2), Is.EqualTo(File.ReadLines(Path.Combine(_folder, "again", "again_TEST.ts")).Skip(2)));
        JsonElement merged = await CrimeProcess.JsonAsync(_folder, "data", "merge", "mine", "half", "-o", "both");
        Assert.That(merged.GetProperty("details").GetProperty("duplicates").GetInt32(), Is.EqualTo(36));
        await CrimeProcess.RefusesAsync(_folder, "both: holds files already", "data", "merge", "mine", "half", "-o", "both");
        await CrimeProcess.JsonAsync(_folder, "data", "merge", "mine", "half", "-o", "both", "--force");

        JsonElement trained = await CrimeProcess.JsonAsync(_folder, "train", "mine", "-o", "mine.safetensors", "--epochs", "2", "--hidden", "4");
        Assert.That(trained.GetProperty("data").GetProperty("train").GetInt32(), Is.EqualTo(24));
        (_, _, string error) = await CrimeProcess.RunAsync(_folder, "train", "mine", "-o", "mine.safetensors", "--epochs", "1", "--hidden", "4");
        Assert.That(error.Split('\n')[0], Does.StartWith("mine: numeric, 3 channels, 3 classes, 24 + 12 sequences of "));
    }

    [Test]
    public async Task FilesOfTakesAreDividedByTake()
    {
        string[] names = [.. from name in new[] { "wave", "rest" } from i in Enumerable.Range(1, 5) select $"{name}_{i:00}.csv"];
        foreach ((string name, int i) in names.Select((name, i) => (name, i))) Write(name, Log(i));
        JsonElement result = await CrimeProcess.JsonAsync(_folder, ["data", "import", .. names, "--label-from", "file", "--test", "0.2", "-o", "out"]);
        Assert.That(result.GetProperty("details").GetProperty("by").GetString(), Is.EqualTo("take"));
        Assert.That(result.GetProperty("data").GetProperty("text").GetString(), Does.StartWith("numeric, 2 channels, 2 classes, 8 + 2 sequences of 30 steps"));
        Dataset data = DatasetFolder.Load(Path.Combine(_folder, "out"));
        Assert.That(data.Train.Select(sequence => sequence.Take).Intersect(data.Test.Select(sequence => sequence.Take)), Is.Empty);
        LabelledSequence third = data.Train.Concat(data.Test).Single(sequence => sequence.Take == "wave_03.csv");
        Assert.That(third.Features.Take(4), Is.EqualTo(new float[] { 1, 2, 1.5f, 2 }));
    }

    [Test]
    public async Task FoldersNameClassesAndGapsDivideLogs()
    {
        foreach (string name in new[] { "up/a.csv", "up/b.csv", "down/a.csv", "down/b.csv" }) Write(name, Log(name.Length) + "9.00,1,1\n9.01,2,2\n");
        JsonElement result = await CrimeProcess.JsonAsync(
            _folder, "data", "import", "up/a.csv", "up/b.csv", "down/a.csv", "down/b.csv", "--label-from", "folder", "-o", "out");
        string text = result.GetProperty("data").GetProperty("text").GetString()!;
        Assert.That(text, Does.StartWith("numeric, 2 channels, 2 classes, 4 + 4 sequences of 2 to 30 steps").And.Contain("4 gaps in the time"));
    }

    [Test]
    public async Task UcrAndUciHarBecomeTs()
    {
        string rows = string.Concat(Enumerable.Range(0, 12).Select(i => $"{i % 2 + 1}\t{i}\t2.5\t3\n"));
        Write("ucr/G_TRAIN.tsv", rows);
        Write("ucr/G_TEST.tsv", rows);
        await CrimeProcess.JsonAsync(_folder, "data", "import", "ucr", "-o", "gun");
        Assert.That((CountOf("gun/gun_TRAIN.ts"), CountOf("gun/gun_TEST.ts")), Is.EqualTo((12, 12)));
        foreach (string part in new[] { "train", "test" })
        {
            Write($"har/{part}/y_{part}.txt", string.Concat(Enumerable.Range(0, 12).Select(i => $"{i % 2 + 1}\n")));
            Write($"har/{part}/subject_{part}.txt", string.Concat(Enumerable.Range(0, 12).Select(i => $"{i / 2}\n")));
            foreach (char axis in "xyz") Write($"har/{part}/Inertial Signals/body_acc_{axis}_{part}.txt", rows.Replace('\t', ' '));
        }
        Write("har/activity_labels.txt", "1 WALKING\n2 SITTING\n");
        await CrimeProcess.JsonAsync(_folder, "data", "import", "har", "-o", "acc");
        Assert.That(TsFile.Read(Path.Combine(_folder, "acc/acc_TEST.ts"))[1], Has.Property("Label").EqualTo("SITTING").And.Property("Take").EqualTo("subject 0"));
        JsonElement split = await CrimeProcess.JsonAsync(_folder, "data", "split", "acc", "--by", "take", "-o", "persons");
        Assert.That(split.GetProperty("details").GetProperty("by").GetString(), Is.EqualTo("take"));
    }

    [Test]
    public async Task TextIsSplitAndMergedToo()
    {
        foreach (string name in new[] { "one", "two" })
            Write($"{name}/data.tsv", string.Concat(Enumerable.Range(0, 10).Select(i => $"{(i % 2 == 0 ? "on" : "off")}\tturn \U0001F4A1 {name} {i}\n")));
        await CrimeProcess.JsonAsync(_folder, "data", "merge", "one", "two", "-o", "both");
        JsonElement split = await CrimeProcess.JsonAsync(_folder, "data", "split", "both", "--test", "0.4", "-o", "parts");
        Assert.That(split.GetProperty("data").GetProperty("text").GetString(), Does.StartWith("text, 2 classes: off, on, 12 training / 8 test"));
        Assert.That(DatasetFolder.Load(Path.Combine(_folder, "parts")).Test, Has.Count.EqualTo(8));
    }

    private static IEnumerable<TestCaseData> Mistakes()
    {
        yield return new TestCaseData("rest.csv: no known parts", new[] { "data", "import", "rest.csv", "-o", "out" });
        yield return new TestCaseData("settings of the segmenter need --cut", new[] { "data", "import", "rest.csv", "--label-from", "file", "--span", "4", "-o", "out" });
        yield return new TestCaseData("bad.csv:3: 'one' in column 'x' is not a number", new[] { "data", "import", "bad.csv", "--label-from", "file", "-o", "out" });
        yield return new TestCaseData("no class has two sequences", new[] { "data", "import", "rest.csv", "--label-from", "file", "-o", "out" });
        yield return new TestCaseData("the takes are not known", new[] { "data", "split", "set", "--by", "take", "-o", "out" });
        yield return new TestCaseData("--test takes a number above 0 and below 1", new[] { "data", "split", "set", "--test", "1", "-o", "out" });
        yield return new TestCaseData("(see 'crime data split --help')", new[] { "data", "split", "set" });
        yield return new TestCaseData("rest.csv: is a file; --output is a folder", new[] { "data", "split", "set", "-o", "rest.csv" });
        yield return new TestCaseData("X_TRAIN.ts:1: a regression set", new[] { "train", "regression", "-o", "x.safetensors" });
        yield return new TestCaseData("outside the basic plane", new[] { "train", "emoji", "-o", "x.safetensors" });
        yield return new TestCaseData("the file's name names the model", new[] { "train", "set", "-o", "\U0001F3C3.safetensors" });
        yield return new TestCaseData("lone: a data set needs both", new[] { "train", "lone", "-o", "x.safetensors" });
        yield return new TestCaseData("no such folder", new[] { "recording", "nothing", "--model", "gestures.crime", "-o", "x.recording" });
        yield return new TestCaseData("rest.csv: is there already", new[] { "recording", "set", "--model", "gestures.crime", "-o", "rest.csv" });
    }

    [TestCaseSource(nameof(Mistakes))]
    public async Task AMistakeGetsOneLineAndWritesNothing(string expected, string[] arguments)
    {
        Write("rest.csv", Log(1));
        Write("bad.csv", "time,x\n0,1\n0.1,one\n");
        foreach (string part in new[] { "TRAIN", "TEST" })
        {
            Write($"set/X_{part}.ts", "@data\n1,2:a\n2,3:b\n");
            Write($"regression/X_{part}.ts", "@targetLabel true\n@data\n1,2:0.5\n2,3:0.7\n");
            Write($"emoji/X_{part}.ts", "@data\n1,2:\U0001F3C3\n2,3:b\n");
        }
        Write("lone/X_TRAIN.ts", "@data\n1,2:a\n2,3:b\n");
        File.Copy(Checkout.PathOf("gateway/assets/gestures.crime"), Path.Combine(_folder, "gestures.crime"));
        await CrimeProcess.RefusesAsync(_folder, expected, arguments);
    }
}
