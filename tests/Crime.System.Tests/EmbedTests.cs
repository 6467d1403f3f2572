using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The golden vectors that the bench carries are those in the tree.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class EmbedTests
{
    private static IEnumerable<string> EmbeddedModels() =>
        Directory.GetFiles(Checkout.PathOf("firmware", "apps", "Bench", "Golden"))
            .Select(path => File.ReadLines(path).First().Split(' ')).Where(words => words is ["//", "Golden", "vectors", "of", ..]).Select(words => words[4]);

    [Test]
    public void TheBenchCarriesAllOfThem() => Assert.That(
        EmbeddedModels(), Is.EquivalentTo(Directory.GetFiles(Checkout.PathOf("tests", "golden"), "*.golden.json")
            .Select(path => Path.GetFileName(path)[..^".golden.json".Length])));

    [TestCaseSource(nameof(EmbeddedModels))]
    public async Task TheBenchCarriesTheTreesGoldenVectors(string model)
    {
        string output = Path.Combine(Checkout.NewFolder(), "Golden.cs"), golden = Checkout.PathOf("tests", "golden", model + ".golden.json");
        // The product's models lie with the gateway, those made for the tests beside their vectors.
        string modelFile = new[] { Path.Combine("tests", "golden"), Path.Combine("gateway", "assets") }
            .Select(folder => Checkout.PathOf(folder, model + ".crime")).First(File.Exists);
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync("embed", golden, "-m", modelFile, "-o", output, "--json");
        Assert.That(outcome.ExitCode, Is.Zero, outcome.Error);
        string inTree = Directory.GetFiles(Checkout.PathOf("firmware", "apps", "Bench", "Golden"))
            .Single(path => File.ReadLines(path).First().StartsWith($"// Golden vectors of {model} "));
        Assert.That(File.ReadAllText(output), Is.EqualTo(File.ReadAllText(inTree)), "run crime embed anew");
    }

    [Test]
    public async Task TheCodeOfTheSweepIsTheTrees()
    {
        string output = Path.Combine(Checkout.NewFolder(), "CodeBlocks.g.cs");
        Assert.That((await CrimeCommand.RunAsync("embed", "code-sweep", "-o", output)).ExitCode, Is.Zero);
        string inTree = Checkout.PathOf("firmware", "apps", "Bench.Kernels", "Code", "CodeBlocks.g.cs");
        Assert.That(File.ReadAllText(output) == File.ReadAllText(inTree), Is.True, "run crime embed code-sweep anew");
    }

    [TestCase("--model is missing", "x.golden.json")]
    [TestCase("leave --model out", "code-sweep", "-m", "x.crime")]
    public async Task AModelBelongsToVectorsAndToNothingElse(string expected, params string[] arguments)
    {
        string output = Path.Combine(Checkout.NewFolder(), "x.cs");
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(["embed", .. arguments, "-o", output]);
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain(expected));
        Assert.That(File.Exists(output), Is.False);
    }

    [Test]
    public async Task VectorsOfAnotherModelAreRefused()
    {
        string folder = Checkout.NewFolder(), golden = Path.Combine(folder, "other.golden.json");
        string text = File.ReadAllText(Checkout.PathOf("tests", "golden", "gestures.golden.json"));
        File.WriteAllText(golden, text.Replace("\"model_checksum\":\"", "\"model_checksum\":\"f"));
        CrimeCommand.Outcome outcome = await CrimeCommand.RunAsync(
            "embed", golden, "-m", Checkout.PathOf("gateway", "assets", "gestures.crime"), "-o", Path.Combine(folder, "Golden.cs"));
        Assert.That(outcome.ExitCode, Is.EqualTo(2));
        Assert.That(outcome.Error, Does.Contain("were made with another file"));
        Assert.That(Directory.GetFiles(folder), Is.EqualTo(new[] { golden }));
    }
}
