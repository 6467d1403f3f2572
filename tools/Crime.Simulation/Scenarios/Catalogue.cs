// Kinds of boards, gateways and links that scenarios are built from. They are written down once, each with where its numbers
// come from, so that no scenario has figures of its own to make it come out well.

using System.Collections.Generic;
using System.Linq;
using Crime.Modelling;
using Crime.Simulation.Inputs;
using Crime.Simulation.Reading;
using Crime.VirtualBoard;

namespace Crime.Simulation.Scenarios;

/// <summary>Kinds by name.</summary>
public sealed class Catalogue
{
    private const double MaxRttMs = 60_000;
    private const double MaxS = 1e7;

    private readonly Dictionary<string, BoardKind> _boards = [];
    private readonly Dictionary<string, GatewayKind> _gateways = [];
    private readonly Dictionary<string, LinkKind> _links = [];

    private Catalogue(YamlSection section)
    {
        YamlSection boards = section.Section("boards")!, gateways = section.Section("gateways")!, links = section.Section("links")!;
        foreach (string name in boards.Keys) _boards[name] = Board(name, boards.Section(name)!);
        foreach (string name in gateways.Keys) _gateways[name] = Gateway(name, gateways.Section(name)!);
        foreach (string name in links.Keys) _links[name] = Link(name, links.Section(name)!);
        section.Finish();
    }

    /// <summary>Kinds of boards by name.</summary>
    public IReadOnlyDictionary<string, BoardKind> Boards => _boards;

    /// <summary>Kinds of gateways by name.</summary>
    public IReadOnlyDictionary<string, GatewayKind> Gateways => _gateways;

    /// <summary>Kinds of links by name.</summary>
    public IReadOnlyDictionary<string, LinkKind> Links => _links;

    /// <summary>Reads a catalogue.</summary>
    /// <exception cref="UserInputException">The file is none; the message says where.</exception>
    public static Catalogue Load(string path) => new(YamlSection.Read(path, "a catalogue"));

    private static BoardKind Board(string name, YamlSection section)
    {
        string profile = section.Word("profile");
        if (!BoardProfile.BundledNames.Contains(profile))
            throw section.WrongIn("profile", $"'profile' is '{profile}'; allowed are {string.Join(", ", BoardProfile.BundledNames)}");
        var kind = new BoardKind(name, profile, section.Number("us_per_il", 0.001, 100), section.OneOf<KernelKind>("kernel"), section.Number("awake_ma", 1, 1000));
        section.Word("source");
        section.Finish();
        return kind;
    }

    private static GatewayKind Gateway(string name, YamlSection section)
    {
        var kind = new GatewayKind(
            name, section.Whole("workers", 1, 255), section.Number("ns_per_mac", 0, 1e6), section.Number("request_us", 0, 1e7),
            section.Number("noise_sigma", 0, 2));
        section.Word("source");
        section.Finish();
        return kind;
    }

    private static LinkKind Link(string name, YamlSection section)
    {
        // Either levels that take turns, or a distribution that they are drawn from.
        IReadOnlyList<double> levels = section.Numbers("levels_ms", 0, MaxRttMs);
        bool isDrawn = levels.Count == 0;
        double rttMs = isDrawn ? section.Number("rtt_ms", 0, MaxRttMs) : levels[0];
        var kind = new LinkKind(name, rttMs, section.Number("hold_s", 1, MaxS), section.Number("bytes_per_ms", 0.01, 1e9))
        {
            LevelSigma = isDrawn ? section.Number("level_sigma", 0, 3) : 0, NoiseSigma = section.Number("noise_sigma", 0, 2),
            Loss = section.Number("loss", 0, 0.5), ResendMs = section.Number("resend_ms", 0, MaxRttMs),
            OutageEveryS = section.Number("outage_every_s", 0, MaxS, 0), OutageS = section.Number("outage_s", 0, MaxS, 0), LevelsMs = levels,
        };
        section.Word("source");
        section.Finish();
        return kind;
    }
}
