using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Crime.Cli.Reference;
using Crime.Device.Settings;
using NUnit.Framework;

namespace Crime.Cli.Tests.Data;

/// <summary>The reference of settings, which comes from the firmware's parser.</summary>
public sealed partial class SettingsReferenceTests
{
    private static readonly IReadOnlyList<BoardSetting> s_all = BoardSettingsReference.All();

    /// <summary>Run the verb when a setting has changed: crime settings -o docs/settings.md.</summary>
    [Test]
    public void TheDocumentIsOfThisCode() => Assert.That(File.ReadAllText(Checkout.PathOf("docs/settings.md")), Is.EqualTo(SettingsDocument.Write(s_all)));

    /// <summary>The source names each key in a case of the parser, or where it recognises a group.</summary>
    [Test]
    public void EveryKeyOfTheSourceIsThere()
    {
        string[] inSource = [.. Directory.GetFiles(Checkout.PathOf("firmware/Crime.Device/Settings"), "*.cs").SelectMany(file => Key().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value).Distinct()];
        Assert.That(inSource, Has.Length.GreaterThan(60));
        Assert.That(inSource.Except(s_all.Select(setting => setting.Key)), Is.Empty);
    }

    [Test]
    public void EveryDefaultIsTakenAndEverySettingHasAMeaning()
    {
        foreach (BoardSetting setting in s_all)
        {
            Assert.That(setting.Meaning, Is.Not.Empty.And.Not.Contain("cref"), setting.Key);
            Assert.That(setting.Values, Is.Not.Empty.And.Not.Contain("unknown key"), setting.Key);
            if (setting.Default.Length > 0) Assert.That(SettingsFile.ProblemOf($"{setting.Key}={setting.Default}"), Is.Null, setting.Key);
        }
    }

    [TestCase("broker.port", "1 to 65535", "", "1883", false, false)]
    [TestCase("objective", "time, energy, weighted <time's share, 0 to 1>, deadline <ms, 1 to 60000> <percent, 50 to 99>", "", "time", true, true)]
    [TestCase("inputs.result-within-ms", "0 to 3600000, or at-report", "ms", "0", false, true)]
    [TestCase("sensor.rate-hz", "1 to 1000, with up to three decimals", "Hz", "100", false, true)]
    [TestCase("kernel", "auto or table", "", "auto", false, true)]
    [TestCase("on.<class>", "gpio <pin, 0 to 48> high|low [<ms, 1 to 3600000>], or gpio <pin> toggle", "", "", false, true)]
    public void ASettingIsAsTheParserKnowsIt(string key, string values, string unit, string value, bool isAtOnce, bool isOverTheAir)
    {
        BoardSetting setting = s_all.Single(setting => setting.Key == key);
        Assert.That(
            (setting.Values, setting.Unit, setting.Default, setting.IsAtOnce, setting.IsOverTheAir), Is.EqualTo((values, unit, value, isAtOnce, isOverTheAir)));
    }

    /// <summary>The default that is printed is the one that a board has: the file with all of them changes nothing.</summary>
    [Test]
    public void AFileWithAllDefaultsIsThatOfAnEmptyOne()
    {
        var remarks = new ArrayList();
        IEnumerable<string> lines = s_all.Where(setting => setting.Default.Length > 0).Select(setting => $"{setting.Key}={setting.Default}");
        BoardSettings all = SettingsFile.Parse(string.Join('\n', lines), remarks), none = SettingsFile.Parse("", remarks);
        Assert.That(remarks, Is.Empty);
        foreach (var field in typeof(BoardSettings).GetFields().Where(field => field.FieldType.IsValueType || field.FieldType == typeof(string)))
            Assert.That(field.GetValue(all), Is.EqualTo(field.GetValue(none)), field.Name);
    }

    [Test]
    public async Task TheVerbShowsAndSearches()
    {
        string folder = Checkout.NewFolder();
        (int code, string output, string error) = await CrimeProcess.RunAsync(folder, "settings", "hedge");
        Assert.That(code, Is.Zero, error);
        Assert.That(output.Split('\n')[0], Is.EqualTo("hedge=on or off  default on  (restart)"));
        Assert.That(output, Does.Contain("hedge.quantile=50 to 99 %  default 95  (restart)"));
        var json = await CrimeProcess.JsonAsync(folder, "settings");
        Assert.That(
            json.GetProperty("settings").EnumerateArray().Select(setting => setting.GetProperty("key").GetString()),
            Is.EqualTo(s_all.Select(setting => setting.Key)));
        await CrimeProcess.RefusesAsync(folder, "no setting has 'objectiv3' in its key; did you mean 'objective'?", "settings", "objectiv3");
        await CrimeProcess.RefusesAsync(folder, "the file has all settings; leave 'hedge' out", "settings", "hedge", "-o", "s.md");
    }

    [GeneratedRegex("case \"([a-z][a-z0-9-]*(?:\\.[a-z0-9-]+)+)\"|key == \"(?<1>[a-z0-9-]+\\.[a-z0-9.-]+)\"")]
    private static partial Regex Key();
}
