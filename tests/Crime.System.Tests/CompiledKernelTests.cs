using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>From a model file to code and to counts, as a person asks for them.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class CompiledKernelTests
{
    private static readonly string s_model = Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime");

    [Test]
    public async Task AModelCompilesToTheSameFileTwice()
    {
        string folder = Checkout.NewFolder(), first = Path.Combine(folder, "first.g.cs"), second = Path.Combine(folder, "second.g.cs");
        JsonElement report = (await CrimeCommand.RunAsync("compile", s_model, "-o", first, "--class", "Mine", "--json")).Json();
        Assert.That((await CrimeCommand.RunAsync("compile", s_model, "-o", second, "--class", "Mine")).ExitCode, Is.Zero);
        Assert.That(File.ReadAllBytes(second), Is.EqualTo(File.ReadAllBytes(first)));
        Assert.That(File.ReadAllText(first), Does.Contain("public sealed class Mine : CompiledModel"));
        Assert.That(report.GetProperty("il_bytes").GetInt32(), Is.InRange(1, report.GetProperty("il_bytes_max").GetInt32()));
        Assert.That(report.GetProperty("il_per_step").GetDouble(), Is.Positive);
        Assert.That(report.GetProperty("heap_bytes").GetInt32(), Is.Positive);
    }

    [TestCase("k.pe", null, "NFMRK1")]
    [TestCase("k.bin", "pe", "NFMRK1")]
    [TestCase("k.kernel", null, "CRKN")]
    [TestCase("k.pe", "package", "CRKN")]
    [TestCase("k.dll", null, "MZ")]
    [TestCase("k.pe", "cs", "// <")]
    [TestCase("k.g.cs", null, "// <")]
    public async Task TheFormatIsWhatTheOptionOrTheExtensionSays(string file, string? format, string start)
    {
        string path = Path.Combine(Checkout.NewFolder(), file);
        string[] option = format == null ? [] : ["--format", format];
        JsonElement report = (await CrimeCommand.RunAsync(["compile", s_model, "-o", path, "--json", .. option])).Json();
        Assert.That(File.ReadAllText(path), Does.StartWith(start));
        JsonElement written = report.GetProperty("files").EnumerateArray().Single();
        Assert.That((written.GetProperty("path").GetString(), written.GetProperty("size").GetInt64()), Is.EqualTo((path, new FileInfo(path).Length)));
        Assert.That(report.GetProperty("parts").ValueKind, Is.EqualTo(start is "NFMRK1" or "CRKN" ? JsonValueKind.Array : JsonValueKind.Null));
    }

    [Test]
    public async Task ALargeKernelIsSeveralAssemblies()
    {
        string folder = Checkout.NewFolder(), path = Path.Combine(folder, "large.pe");
        JsonElement report = (await CrimeCommand.RunAsync("compile", "synthetic:13x32", "-o", path, "--json")).Json();
        string[] files = report.GetProperty("files").EnumerateArray().Select(file => Path.GetFileName(file.GetProperty("path").GetString()!)).ToArray();
        Assert.That(files, Is.EqualTo(new[] { "large.1.pe", "large.pe" }));
        Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName), Is.EquivalentTo(files));
    }

    [Test]
    public async Task AnUnknownFormatIsRefusedInOneLine()
    {
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("compile", s_model, "-o", "k.exe", "--format", "exe");
        Assert.That((outcome.ExitCode, outcome.Error.Trim().Split('\n').Length), Is.EqualTo((2, 1)));
        Assert.That(outcome.Error, Does.Contain("'package'"));
    }

    [Test]
    public async Task CountsAreGivenPerStepAndByOpcode()
    {
        string[] command = ["ilcount", s_model, "--limit", "2", "--json"];
        CrimeCommand.Outcome first = await CrimeCommand.RunAsync(command), second = await CrimeCommand.RunAsync(command);
        Assert.That(second.Out, Is.EqualTo(first.Out));
        JsonElement report = first.Json();
        JsonElement textbook = report.GetProperty("textbook"), table = report.GetProperty("table"), compiled = report.GetProperty("compiled");
        double PerStep(JsonElement kernel) => kernel.GetProperty("il_per_step").GetDouble();
        Assert.That(PerStep(compiled), Is.LessThan(PerStep(table)));
        Assert.That(PerStep(table), Is.LessThan(PerStep(textbook)));
        Assert.That(table.GetProperty("gate_il_per_mac").GetDouble(), Is.InRange(1, 9));
        Assert.That(compiled.GetProperty("elementwise_il_per_unit").GetDouble(), Is.Positive);
        Assert.That(compiled.GetProperty("opcodes").GetProperty("ldc.i8").GetInt64(), Is.Positive);
    }
}
