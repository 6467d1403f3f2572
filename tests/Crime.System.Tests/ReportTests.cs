using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>The page that a person gets about a model.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ReportTests
{
    private static readonly string s_model = Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime");

    [Test]
    public async Task ThePageHoldsEverythingAndLoadsNothing()
    {
        string folder = Checkout.NewFolder(), data = Path.Combine(folder, "data"), page = Path.Combine(folder, "report.html");
        (await CrimeCommand.RunAsync("gestures", "-o", data, "--train", "12", "--test", "60", "--json")).Json();
        JsonElement report = (await CrimeCommand.RunAsync("report", s_model, "--data", data, "-o", page, "--json")).Json();
        Assert.That(report.GetProperty("evaluation").GetProperty("sequences").GetInt32(), Is.EqualTo(60));
        double[] ilPerStep = report.GetProperty("kernels").EnumerateArray().Select(kernel => kernel.GetProperty("il_per_step").GetDouble()).ToArray();
        Assert.That(ilPerStep, Is.Ordered.Ascending, "compiled, table-driven, textbook");

        string html = File.ReadAllText(page);
        Assert.That(Regex.Count(html, "src=\"data:image/svg\\+xml;base64,"), Is.EqualTo(5));
        Assert.That(Regex.Matches(html, "(src|href)=\"(?!data:)"), Is.Empty);
        Assert.That(html, Does.Contain("same class").And.Contain("IL per timestep"));
        Assert.That(Directory.GetFiles(folder), Is.EqualTo(new[] { page }));
        Assert.That((report.GetProperty("battery").ValueKind, html.Contains("Battery life")), Is.EqualTo((JsonValueKind.Null, false)));

        string[] battery = ["--battery", "2500", "--inputs-per-hour", "120", "--json"];
        JsonElement life = (await CrimeCommand.RunAsync(["report", s_model, "--data", data, "-o", page, .. battery])).Json().GetProperty("battery");
        JsonElement predicted = (await CrimeCommand.RunAsync(["predict", s_model, "--data", data, .. battery])).Json().GetProperty("battery");
        Assert.That(life.GetRawText(), Is.EqualTo(predicted.GetRawText()), "one computation");
        html = File.ReadAllText(page);
        Assert.That(html, Does.Contain("Battery life").And.Contain("light-sleep, mapping=auto").And.Contain("longest: light-sleep"));
        Assert.That(Regex.Count(html, "src=\"data:image/svg\\+xml;base64,"), Is.EqualTo(6));
    }
}
