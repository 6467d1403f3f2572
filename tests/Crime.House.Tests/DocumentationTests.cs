using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Crime.Device.Settings;
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.House.Tests;

/// <summary>What documents and data files say is what the code does.</summary>
public sealed partial class DocumentationTests
{
    private static IEnumerable<string> Documents() => SourceTree.Files(".md");

    [TestCaseSource(nameof(Documents))]
    public void EveryLinkInADocumentLeadsSomewhere(string path)
    {
        string folder = Path.GetDirectoryName(Path.Combine(SourceTree.Root, path))!;
        var broken = Link().Matches(string.Join('\n', SourceTree.Lines(path))).Select(match => match.Groups[1].Value)
            .Where(target => !target.StartsWith("http"))
            .Where(target => !Path.Exists(Path.Combine(folder, target.Split('#')[0])));
        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void TheFirmwaresDefaultsAreTheBundledBoards()
    {
        BoardProfile profile = BoardProfile.Bundled("esp32-devkitc");
        var defaults = new BoardSettings();
        Assert.That(
            (defaults.ComputeMw, defaults.WaitMw, defaults.TransmitMw, defaults.TransmitNsPerByte, defaults.TransmitOverheadUs,
                defaults.RadioUpMs, defaults.RadioUpMw),
            Is.EqualTo(((int)Math.Round(profile.ComputeMw), (int)Math.Round(profile.WaitMw), (int)Math.Round(profile.TransmitMw),
                (int)profile.TransmitNsPerByte, (int)profile.TransmitOverheadUs, (int)profile.AssociateMs, (int)Math.Round(profile.AssociateMw))));
        Assert.That((defaults.ListenMw, defaults.ListenOnMs * 1000), Is.EqualTo(((int)Math.Round(profile.ReceiveMw), (int)profile.ListenOnUs)));
    }

    [Test]
    public void EveryNumberOfABoardHasItsSource()
    {
        foreach (string path in SourceTree.Files("board.json"))
        {
            BoardProfile profile = BoardProfile.Load(Path.Combine(SourceTree.Root, path));
            foreach (var (name, number) in profile.Numbers)
            {
                Assert.That(number.Source, Is.Not.Empty, $"{path}: {name}");
                Assert.That(number.Confidence, Is.AnyOf("published", "measured", "estimate"), $"{path}: {name}");
            }
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
