using System.Linq;
using Crime.Modelling;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using NUnit.Framework;

namespace Crime.Simulation.Tests.Scenarios;

public sealed class ScenarioFileTests
{
    private const string Good = """
        scenario: mine
        about: for a test
        duration_s: 60
        gateways:
          - {id: hub, kind: raspberry-pi-4}
        boards:
          - count: 2
            kinds: [esp32-240-table, esp32-s3-table]
            radio: doze
            input_every_s: 5
            links:
              - {gateway: hub, link: wifi-good}
        """;

    [Test]
    public void ReadsWhatIsThere()
    {
        Scenario scenario = ScenarioFile.Load(Worlds.Write("mine.yaml", Good));
        Assert.That(scenario.Boards.Select(group => (group.Count, group.Kind.Name)), Is.EqualTo(new[] { (1, "esp32-240-table"), (1, "esp32-s3-table") }));
        Assert.That(scenario.Boards[0].Radio, Is.EqualTo(RadioKind.Doze));
        Assert.That(scenario.Boards[0].Links[0].Kind.RttMs, Is.EqualTo(3));
        Assert.That(scenario.HasOutages, Is.False);
    }

    [TestCase("duration_s: 60", "duration_s: soon", "mine.yaml:3: 'duration_s' is 'soon'; allowed is a number from 1 to 10000000")]
    [TestCase("duration_s: 60", "duration_s: NaN", "mine.yaml:3: 'duration_s' is 'NaN'; allowed is a number")]
    [TestCase("radio: doze", "radio: dreaming", "mine.yaml:9: 'radio' is 'dreaming'; allowed are awake, doze, off")]
    [TestCase(
        "radio: doze", "radio: doze\n    colour: red",
        "mine.yaml:10: 'colour' is unknown here; allowed are associate_s, count, input_every_s, keep_bytes, kinds, links, radio, report_every_s, "
        + "result_to, result_within_s, urgent_share, urgent_within_s")]
    [TestCase("kind: raspberry-pi-4", "kind: toaster", "mine.yaml:5: 'kind' is 'toaster'; allowed are raspberry-pi-4,")]
    [TestCase("gateway: hub", "gateway: attic", "mine.yaml:12: no gateway 'attic' in this scenario; allowed are hub")]
    [TestCase("link: wifi-good", "link: string", "mine.yaml:12: 'link' is 'string'; allowed are wifi-good,")]
    [TestCase("count: 2", "count: 3", "mine.yaml:7: 'count' is 3; allowed are multiples of the 2 kinds")]
    [TestCase("esp32-s3-table", "esp8266", "mine.yaml:8: no kind of board 'esp8266' in the catalogue; allowed are")]
    [TestCase("about: for a test\n", "", "mine.yaml:1: a scenario lacks 'about'")]
    [TestCase("about: for a test", "about: for a test\nabout: twice", "mine.yaml:3: ")]
    [TestCase("gateways:", "gateways: [", "mine.yaml:")]
    [TestCase("pi-4}", "pi-4}\n  - {id: hub, kind: raspberry-pi-4}", "mine.yaml:6: gateway 'hub' is there twice")]
    [TestCase("kind: raspberry-pi-4}", "kind: raspberry-pi-4, upstreams: [{gateway: hub, link: lte}]}", "allowed are gateways listed below it")]
    public void SaysWhereWhatIsWrongAndWhatIsAllowed(string good, string bad, string expected)
    {
        string text = Good.Replace(good, bad);
        Assert.That(text, Is.Not.EqualTo(Good));
        Assert.That(
            () => ScenarioFile.Load(Worlds.Write("mine.yaml", text)),
            Throws.TypeOf<UserInputException>().With.Message.Contains(expected).And.Message.Not.Contains("\n"));
    }

    [TestCaseSource(typeof(Worlds), nameof(Worlds.GridNames))]
    public void TheProjectsOwnAreGood(string name)
    {
        Scenario scenario = Worlds.Bundled(name);
        Assert.That(scenario.Name, Is.EqualTo(name));
        Assert.That(scenario.Boards.Select(group => group.Kind).Distinct().Count(), Is.EqualTo(8), "a fleet is mixed");
    }

    [Test]
    public void TheProjectsNetworksAreGood() =>
        Assert.That(InputSet.LoadAll(ScenarioFile.BundledInputsFolder).Select(set => set.Name), Has.Exactly(5).Items);
}
