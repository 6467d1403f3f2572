using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>What the command says when it is used wrongly, and when it is asked for help.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class CommandLineTests
{
    private static readonly string s_model = Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime");

    private static readonly string s_trained = Path.Combine(TestContext.CurrentContext.TestDirectory, "assets", "gestures.safetensors");

    private static readonly string[] s_verbs =
    [
        "convert", "eval", "demo", "board", "golden", "gestures", "train", "compile", "ilcount", "report", "embed", "flash", "nanoclr", "monitor", "check-device",
        "segment", "data", "recording", "record", "publish", "settings", "pack-device",
    ];

    [TestCaseSource(nameof(s_verbs))]
    public async Task EveryVerbHasHelpWithAnExampleAndJson(string verb)
    {
        CrimeCommand.Outcome help = await CrimeCommand.RunAsync(verb, "--help");
        Assert.That(help.ExitCode, Is.Zero);
        Assert.That(help.Out, Does.Contain("Example").And.Contain($"crime {verb} ").And.Contain("--json"));
    }

    /// <summary>The command alone shows its help.</summary>
    [Test]
    public async Task TheHelpListsEveryVerb([Values("--help", "")] string argument)
    {
        CrimeCommand.Outcome help = await CrimeCommand.RunAsync(argument.Length == 0 ? [] : [argument]);
        Assert.That(help.ExitCode, Is.Zero);
        Assert.That(s_verbs.Where(verb => !help.Out.Contains("  " + verb)), Is.Empty);
    }

    private static TestCaseData Case(string expected, params string[] arguments) =>
        new TestCaseData(expected, arguments).SetArgDisplayNames(string.Join(' ', arguments));

    private static IEnumerable<TestCaseData> Mistakes()
    {
        yield return Case("--output", "convert", "x.safetensors");
        yield return Case("x.safetensors: cannot be read", "convert", "x.safetensors", "-o", "y.crime");
        yield return Case("--weights takes 16, 8, 6 or 4; '5' is none of them", "convert", "x.safetensors", "-o", "y.crime", "--weights", "5");
        yield return Case(
            "--head takes hidden, cell, last, first, mean, max or every; 'top' is none of them", "convert", "x.safetensors", "-o", "y.crime", "--head", "top");
        yield return Case("--answer logit is for one output, and the network has", "convert", "@trained", "-o", "y.crime", "--answer", "logit");
        yield return Case("sample.npz: cannot be read", "convert", "@trained", "-o", "y.crime", "--check", "sample.npz");
        yield return Case("--prune takes a number from 0 and below 1", "convert", "x.safetensors", "-o", "y.crime", "--prune", "1");
        yield return Case("--percentile takes a number above 0 and up to 100", "convert", "x.safetensors", "-o", "y.crime", "--percentile", "0");
        yield return Case("--percentile needs --calibrate", "convert", "@trained", "-o", "y.crime", "--percentile", "99");
        yield return Case("--test-lines needs --calibrate", "convert", "@trained", "-o", "y.crime", "--test-lines", "lines");
        yield return Case("'--exmaple' is no option of this verb; did you mean '--example'?", "segment", "--exmaple", "x.csv");
        yield return Case("nowhere is not a folder", "check-device", "--source", "nowhere");
        yield return Case("x.crime: cannot be read", "eval", "x.crime", "--data", "d");
        yield return Case("d: no such folder", "eval", "@model", "--data", "d");
        yield return Case("--kernel", "eval", "@model", "--data", "d", "--kernel", "quantum");
        yield return Case("--limit takes a number: 0 or more", "eval", "@model", "--data", "d", "--limit", "-1");
        yield return Case("--boards takes a number: 1 to 64", "demo", "--boards", "0");
        yield return Case("--boards takes a number: 1 to 64", "demo", "--boards", "many");
        yield return Case("--rtt-ms takes whole numbers: 0 to 2000 each", "demo", "--rtt-ms", "3", "x");
        yield return Case("--rtt-ms takes whole numbers: 0 to 2000 each", "demo", "--rtt-ms", "20", "2001");
        yield return Case("--learning-rate takes a number above 0 and up to 1", "train", "d", "-o", "m", "--learning-rate", "fast");
        yield return Case("--data and --model belong together", "demo", "--data", "d");
        yield return Case("nowhere.yaml: no such file", "experiment", "--live", "nowhere.yaml");
        yield return Case("--data and --model belong together", "experiment", "--live", "two-levels", "--data", "d");
        yield return Case("cannot be played live: it has 3 gateways; allowed is one", "experiment", "--live", "chain-of-three");
        yield return Case("--broker takes HOST:PORT", "demo", "--broker", "nowhere");
        yield return Case("--broker takes HOST:PORT", "board", "--broker", "nowhere");
        yield return Case("--id takes 1 to 32 letters", "board", "--id", "two words");
        yield return Case("--http-port takes a number: 1 to 65535", "board", "--http-port", "0");
        yield return Case("--idle is a board without inputs", "board", "--idle", "--inputs", "3");
        yield return Case("no answer", "board", "--model", "other", "--http-port", "1");
        yield return Case("x.crime: cannot be read", "compile", "x.crime", "-o", "Kernel.g.cs");
        yield return Case("'class' cannot be the name of a class", "compile", "@model", "-o", "Kernel.g.cs", "--class", "class");
        yield return Case("x.crime: cannot be read", "ilcount", "x.crime");
        yield return Case("d: no such folder", "ilcount", "@model", "--data", "d");
        yield return Case("--limit takes a number: 1 or more", "ilcount", "@model", "--limit", "0");
        yield return Case("--assembly and --method belong together", "ilcount", "--assembly", "x.dll");
        yield return Case("not both", "ilcount", "@model", "--assembly", "x.dll", "--method", "A.B");
        yield return Case("give a MODEL.crime, or --assembly and --method", "ilcount");
        yield return Case("synthetic:4x: a model of the bench is synthetic:INPUTSxHIDDEN", "compile", "synthetic:4x", "-o", "Kernel.g.cs");
        yield return Case("--fault", "demo", "--fault", "earthquake");
        yield return Case("x.json: not a golden file", "embed", "x.json", "-m", "@model", "-o", "y.cs");
        yield return Case("--target ESP8266 is not a target", "flash", "--port", "p", "--target", "ESP8266");
        yield return Case("no partition table", "flash", "--port", "p", "--target", "ESP32_C3", "--flash-mb", "7");
        yield return Case("x.bin: cannot be read", "flash", "--port", "p", "--target", "ESP32_C3", "--image", "x.bin");
        yield return Case("nothing to do", "flash", "--port", "p", "--target", "ESP32_C3", "--no-update");
        yield return Case("x: no such nanoCLR", "nanoclr", "x.pe", "--nanoclr", "x");
        yield return Case("either --port or --mqtt", "monitor");
        yield return Case("either --port or --mqtt", "monitor", "--port", "p", "--mqtt", "localhost");
        yield return Case("--port nowhere", "monitor", "--port", "nowhere");
        yield return Case("--mqtt takes HOST:PORT", "monitor", "--mqtt", "localhost:many");
        yield return Case("give a LOG, or --example FILE.csv", "segment");
        yield return Case("x.csv: cannot be read", "segment", "x.csv");
        yield return Case("--span takes a number: 2 to 255", "segment", "x.csv", "--span", "1");
        yield return Case("the picture is a .png file", "segment", "x.csv", "-o", "x.pdf");
        yield return Case("the picture is a .png file", "monitor", "--port", "@model", "--plot", "x.pdf");
    }

    private static IEnumerable<TestCaseData> MistypedWords()
    {
        yield return Case("'nonsense' is not a verb", "nonsense");
        yield return Case("'conver' is not a verb; did you mean 'convert'?", "conver", "x.safetensors");
        yield return Case("'shwo' is not a verb; did you mean 'show'?", "data", "shwo", "x");
        yield return Case("'modem-slep' is no file and no name of the project; did you mean 'modem-sleep'?", "simulate", "modem-slep");
        yield return Case("'modem-slep' is no file and no name of the project; did you mean 'modem-sleep'?", "experiment", "--scenarios", "modem-slep");
        yield return Case("did you mean 'two-levels'?", "experiment", "--live", "two-levles");
    }

    private static IEnumerable<TestCaseData> TrainingMistakes()
    {
        yield return Case("--learning-rate takes a number above 0", "train", "d", "-o", "x", "--learning-rate", "0");
        yield return Case("d: no such folder", "train", "d", "-o", "x");
        yield return Case("there is no such folder", "train", "d", "-o", Path.Combine("no", "x"));
        yield return Case("--cell takes lstm or gru", "train", "d", "-o", "x", "--cell", "rnn");
        yield return Case("--qat takes off, 16, 8, 6 or 4", "train", "d", "-o", "x", "--qat", "5");
        yield return Case("--hidden cannot be given with --from", "train", "d", "-o", "x", "--from", "m", "--hidden", "8");
        yield return Case("--keep-zeros needs --from", "train", "d", "-o", "x", "--keep-zeros");
    }

    [TestCaseSource(nameof(Mistakes))]
    [TestCaseSource(nameof(TrainingMistakes))]
    [TestCaseSource(nameof(MistypedWords))]
    public async Task AMistakeGetsOneLineAndExitCodeTwo(string expected, string[] arguments)
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(
            arguments.Select(argument => argument == "@model" ? s_model : argument == "@trained" ? s_trained : argument).ToArray());
        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.Error);
        Assert.That(outcome.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(outcome.Error, Does.StartWith("crime: ").And.Contain(expected));
        Assert.That(outcome.Out, Is.Empty);
    }

    [Test]
    public async Task ADamagedModelIsRefusedAndNothingIsWritten()
    {
        string folder = Checkout.NewFolder(), damaged = Path.Combine(folder, "damaged.safetensors"), output = Path.Combine(folder, "out.crime");
        byte[] bytes = File.ReadAllBytes(s_model);
        File.WriteAllBytes(damaged, bytes[..(bytes.Length / 2)]);
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("convert", damaged, "-o", output);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(Directory.GetFiles(folder), Is.EqualTo(new[] { damaged }));
    }

    [Test]
    public async Task AnUnwritableOutputLeavesNothingBehind()
    {
        string folder = Checkout.NewFolder(), data = Path.Combine(folder, "data");
        Assert.That((await CrimeCommand.RunAsync("gestures", "-o", data, "--train", "12", "--test", "6")).ExitCode, Is.Zero);
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("golden", s_model, "--data", data, "-o", Path.Combine(folder, "no", "such", "file"));
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("cannot be written"));
        Assert.That(Directory.GetFileSystemEntries(folder), Is.EqualTo(new[] { data }));
    }

    [Test]
    public async Task AModelIsFineTunedForNarrowWeightsAndOnlyOnItsOwnClasses()
    {
        string folder = Checkout.NewFolder(), data = Path.Combine(folder, "data"), first = Path.Combine(folder, "first.safetensors");
        (await CrimeCommand.RunAsync("gestures", "-o", data, "--train", "60", "--test", "30", "--json")).Json();
        string[] options = ["--epochs", "3", "--hidden", "6", "--cell", "gru", "--qat", "8", "--json"];
        JsonElement trained = (await CrimeCommand.RunAsync(["train", data, "-o", first, .. options])).Json();
        Assert.That(trained.GetProperty("network").GetString(), Is.EqualTo("GRU 6"));
        Assert.That(trained.GetProperty("fixed_test_accuracy").GetDouble(), Is.InRange(0, 1));

        string second = Path.Combine(folder, "second.safetensors");
        options = ["--from", first, "--qat", "4", "--epochs", "2", "--truncate", "20", "--json"];
        JsonElement tuned = (await CrimeCommand.RunAsync(["train", data, "-o", second, .. options])).Json();
        Assert.That(tuned.GetProperty("weight_bits").GetInt32(), Is.EqualTo(4));
        Assert.That(File.Exists(second), Is.True);

        string text = Path.Combine(folder, "text"), third = Path.Combine(folder, "third.safetensors");
        Directory.CreateDirectory(text);
        File.WriteAllLines(Path.Combine(text, "lines"), Enumerable.Range(0, 20).Select(i => $"{(i % 2 == 0 ? "a" : "b")}\ttext"));
        CrimeCommand.Outcome refused = await CrimeCommand.RunAsync("train", text, "-o", third, "--from", first);
        Assert.That((refused.ExitCode, File.Exists(third)), Is.EqualTo((2, false)));
        Assert.That(refused.Error, Does.Contain("data set 'text' is text, but model 'first' takes features"));
    }

    [Test]
    public async Task FromDataToAModelThatRuns()
    {
        string folder = Checkout.NewFolder(), data = Path.Combine(folder, "data"), trained = Path.Combine(folder, "net.safetensors");
        string model = Path.Combine(folder, "net.crime"), golden = Path.Combine(folder, "net.golden.json");
        (await CrimeCommand.RunAsync("gestures", "-o", data, "--train", "60", "--test", "30", "--json")).Json();
        (await CrimeCommand.RunAsync("train", data, "-o", trained, "--epochs", "3", "--hidden", "6", "--json")).Json();
        JsonElement plain = (await CrimeCommand.RunAsync("convert", trained, "-o", model, "--calibrate", data, "--json")).Json();
        Assert.That(plain.GetProperty("accuracy").GetProperty("sequences").GetInt32(), Is.EqualTo(30));
        Assert.That(plain.GetProperty("accuracy_before").ValueKind, Is.EqualTo(JsonValueKind.Null));
        string small = Path.Combine(folder, "small.crime");
        JsonElement narrow = (await CrimeCommand.RunAsync(
            "convert", trained, "-o", small, "--calibrate", data, "--weights", "4", "--prune", "0.25", "--percentile", "99.5", "--json")).Json();
        Assert.That(narrow.GetProperty("accuracy_before").ToString(), Is.Not.Empty.And.Not.EqualTo(narrow.GetProperty("accuracy").ToString()));
        Assert.That((narrow.GetProperty("stored_weight_bits").GetInt32(), narrow.GetProperty("percentile").GetDouble()), Is.EqualTo((4, 99.5)));
        Assert.That(narrow.GetProperty("calibration").GetString(), Does.Contain("percentile 99.5"));
        Assert.That(new FileInfo(small).Length, Is.LessThan(new FileInfo(model).Length));
        (await CrimeCommand.RunAsync("golden", model, "--data", data, "-o", golden, "--count", "2", "--json")).Json();
        double agreement = (await CrimeCommand.RunAsync("eval", model, "--data", data, "--json")).Json().GetProperty("agreement").GetDouble();
        Assert.That(agreement, Is.GreaterThanOrEqualTo(0.9));
        Assert.That(File.Exists(golden), Is.True);
    }
}
