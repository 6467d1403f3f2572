// From a scenario's YAML to its data. The catalogue of kinds lies beside it, unless it names another.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Mapping;
using Crime.Modelling;
using Crime.Simulation.Reading;

namespace Crime.Simulation.Scenarios;

/// <summary>Reads scenario files.</summary>
public sealed class ScenarioFile
{
    private const int MaxBoards = 1_000_000;
    private const double MaxS = 1e7;
    // A telemetry record counts up to 71 minutes.
    private const double LongestWaitS = 3600;

    private readonly Catalogue _catalogue;
    private readonly Dictionary<string, int> _gatewayIndex = new(StringComparer.Ordinal);

    private ScenarioFile(Catalogue catalogue) => _catalogue = catalogue;

    /// <summary>Folder of the scenarios that come with the project.</summary>
    public static string BundledFolder => Path.Combine(AppContext.BaseDirectory, "scenarios");

    /// <summary>Folder of the input sets that come with the project.</summary>
    public static string BundledInputsFolder => Path.Combine(BundledFolder, "inputs");

    /// <summary>Reads a scenario.</summary>
    /// <param name="path">The file; its catalogue is <c>catalogue.yaml</c> beside it, or else the one of the project.</param>
    /// <exception cref="UserInputException">The file is no scenario; the message says where and what is allowed.</exception>
    public static Scenario Load(string path)
    {
        YamlSection section = YamlSection.Read(path, "a scenario");
        string beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "catalogue.yaml");
        Catalogue catalogue = Catalogue.Load(File.Exists(beside) ? beside : Path.Combine(BundledFolder, "catalogue.yaml"));
        return new ScenarioFile(catalogue).Read(section);
    }

    private Scenario Read(YamlSection section)
    {
        string name = section.Word("scenario"), about = section.Word("about");
        double durationS = section.Number("duration_s", 1, MaxS);
        int copies = section.Whole("copies", 1, 100_000, 1);
        LoadShape load = Load(section.Section("load", isOptional: true));
        IReadOnlyList<YamlSection> gatewaySections = section.Sections("gateways"), boardSections = section.Sections("boards");
        section.Finish();

        foreach (YamlSection gateway in gatewaySections)
        {
            string id = gateway.Word("id");
            if (!_gatewayIndex.TryAdd(id, _gatewayIndex.Count)) throw gateway.WrongIn("id", $"gateway '{id}' is there twice");
        }
        List<GatewayNode> gateways = gatewaySections.Select(Gateway).ToList();
        CheckUpstreams(gateways, gatewaySections);
        List<BoardGroup> boards = boardSections.SelectMany(Boards).ToList();
        int count = boards.Sum(group => group.Count);
        if (count > MaxBoards) throw section.WrongIn("boards", $"{count} boards; allowed are {MaxBoards} in one copy");
        return new Scenario(name, about, durationS, load, gateways, boards) { Copies = copies };
    }

    private static LoadShape Load(YamlSection? section)
    {
        if (section == null) return new LoadShape(LoadPattern.Steady, 0, 1, 0);
        LoadPattern pattern = section.OneOf<LoadPattern>("pattern");
        LoadShape shape = pattern switch
        {
            LoadPattern.Diurnal => new LoadShape(pattern, section.Number("swing", 0, 1), section.Number("period_s", 1, MaxS), 0),
            LoadPattern.Flash => new LoadShape(pattern, section.Number("times", 1, 1e6), section.Number("begins_s", 0, MaxS), section.Number("lasts_s", 0.001, MaxS)),
            _ => new LoadShape(pattern, 0, 1, 0),
        };
        section.Finish();
        return shape;
    }

    private GatewayNode Gateway(YamlSection section)
    {
        GatewayKind kind = Find(section, "kind", _catalogue.Gateways);
        BackgroundLoad? background = null;
        if (section.Section("background", isOptional: true) is { } work)
        {
            background = new BackgroundLoad(
                work.Number("work_ms", 0.001, 1e6), work.Number("busy_share", 0, 0.99), work.Number("calm_share", 0, 0.99), work.Number("hold_s", 1, MaxS));
            work.Finish();
        }
        var node = new GatewayNode(section.Word("id"), kind, background, Links(section, "upstreams", isOptional: true));
        section.Finish();
        return node;
    }

    private IEnumerable<BoardGroup> Boards(YamlSection section)
    {
        int count = section.Whole("count", 1, MaxBoards);
        IReadOnlyList<string> kinds = section.Words("kinds");
        RadioKind radio = section.OneOf<RadioKind>("radio");
        double everyS = section.Number("input_every_s", 1e-4, MaxS);
        double reportEveryS = section.Number("report_every_s", 0, MaxS, 0), withinS = section.Number("result_within_s", 0, LongestWaitS, 0);
        double urgentShare = section.Number("urgent_share", 0, 1, 0), urgentWithinS = section.Number("urgent_within_s", 0, LongestWaitS, 0);
        int keepBytes = section.Whole("keep_bytes", 0, 1 << 24, 0);
        bool isResultAtGateway = section.OneOf<ResultReader>("result_to", ResultReader.Board) == ResultReader.Gateway;
        double associateS = section.Number("associate_s", 0, 60, 0);
        IReadOnlyList<NodeLink> links = Links(section, "links", isOptional: false);
        section.Finish();
        if (radio != RadioKind.Off && (reportEveryS > 0 || withinS > 0 || associateS > 0))
            throw section.WrongIn("radio", "'report_every_s', 'result_within_s' and 'associate_s' need 'radio: off'");
        if ((withinS > 0) != (keepBytes > 0)) throw section.WrongIn("keep_bytes", "'result_within_s' and 'keep_bytes' need each other");
        if ((urgentShare > 0) != (urgentWithinS > 0)) throw section.WrongIn("urgent_share", "'urgent_share' and 'urgent_within_s' need each other");
        if (count % kinds.Count != 0) throw section.WrongIn("count", $"'count' is {count}; allowed are multiples of the {kinds.Count} kinds");
        foreach (string kind in kinds)
        {
            if (!_catalogue.Boards.TryGetValue(kind, out BoardKind? found))
                throw section.WrongIn("kinds", $"no kind of board '{kind}' in the catalogue; allowed are {string.Join(", ", _catalogue.Boards.Keys)}");
            yield return new BoardGroup(count / kinds.Count, found, radio, everyS, links)
            {
                ReportEveryS = reportEveryS, ResultWithinS = withinS, UrgentShare = urgentShare, UrgentWithinS = urgentWithinS, KeepBytes = keepBytes,
                ResultsAtGateway = isResultAtGateway,
                AssociateS = associateS > 0 ? associateS : null,
            };
        }
    }

    private IReadOnlyList<NodeLink> Links(YamlSection section, string key, bool isOptional)
    {
        List<NodeLink> links = [];
        foreach (YamlSection entry in section.Sections(key, isOptional))
        {
            string id = entry.Word("gateway");
            if (!_gatewayIndex.TryGetValue(id, out int gateway))
                throw entry.WrongIn("gateway", $"no gateway '{id}' in this scenario; allowed are {string.Join(", ", _gatewayIndex.Keys)}");
            links.Add(new NodeLink(gateway, Find(entry, "link", _catalogue.Links)));
            entry.Finish();
        }
        if (links.Count > DecisionTable.MaxCandidates)
            throw section.WrongIn(key, $"{links.Count} {key}; allowed are {DecisionTable.MaxCandidates}");
        return links;
    }

    /// <summary>Upstreams lead away from boards: a gateway's have to stand below it, so that no request can go round.</summary>
    private static void CheckUpstreams(List<GatewayNode> gateways, IReadOnlyList<YamlSection> sections)
    {
        for (int i = 0; i < gateways.Count; i++)
            foreach (NodeLink link in gateways[i].Upstreams)
                if (link.Gateway <= i)
                    throw sections[i].WrongIn(
                        "upstreams", $"gateway '{gateways[i].Id}' passes on to '{gateways[link.Gateway].Id}'; allowed are gateways listed below it");
    }

    private static T Find<T>(YamlSection section, string key, IReadOnlyDictionary<string, T> kinds)
    {
        string name = section.Word(key);
        return kinds.TryGetValue(name, out T? kind)
            ? kind
            : throw section.WrongIn(key, $"'{key}' is '{name}'; allowed are {string.Join(", ", kinds.Keys)}");
    }
}
