using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>Encodings, headers and files beside text data.</summary>
public sealed class TextDataTests
{
    private static readonly string s_text = DataFolders.Labelled();

    private static string WithBytes(string name, byte[] content)
    {
        string folder = Checkout.NewFolder();
        File.WriteAllBytes(Path.Combine(folder, name), content);
        return folder;
    }

    private static string Line(string folder) => new DatasetSummary(DatasetFolder.Load(folder)).ToLine();

    [TestCase("iso-8859-1", ":3: not UTF-8")]
    [TestCase("utf-16", ":1: UTF-16, which is not read")]
    [TestCase("utf-16BE", ":1: UTF-16, which is not read")]
    [TestCase("utf-32", ":1: UTF-32, which is not read")]
    public void AnotherEncodingIsRefusedWithItsLine(string encoding, string expected)
    {
        var other = Encoding.GetEncoding(encoding);
        string folder = WithBytes("data.tsv", [.. other.GetPreamble(), .. other.GetBytes("de\tgut\nde\tschlecht\nde\tgr\u00FCn\nde\tblau\n")]);
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains("data.tsv" + expected));
    }

    [Test]
    public void Utf16WithoutMarkIsRefused() => Assert.That(
        () => DatasetFolder.Load(WithBytes("data.tsv", Encoding.Unicode.GetBytes(s_text))), Throws.TypeOf<UserInputException>().With.Message.Contains(":1: a zero byte"));

    [Test]
    public void WindowsTextBehindMuchGoodTextIsRefusedWithItsLine()
    {
        byte[] good = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ru\tпривет как дела\n", 3000)));
        Assert.That(
            () => DatasetFolder.Load(WithBytes("data.tsv", [.. good, .. "ru\t"u8, 0xEF, 0xF0, 0xE8, (byte)'\n'])),
            Throws.TypeOf<UserInputException>().With.Message.Contains("data.tsv:3001: not UTF-8"));
    }

    [Test]
    public void ClassNamesOfTsFilesAreUtf8Too()
    {
        string folder = WithBytes("X_TRAIN.ts", [.. "@data\n1,2:"u8, 0xE4, (byte)'\n']);
        File.WriteAllText(Path.Combine(folder, "X_TEST.ts"), "@data\n1,2:a\n");
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains("X_TRAIN.ts:2: not UTF-8"));
    }

    [Test]
    public void AByteOrderMarkIsNoPartOfAClass()
    {
        string folder = WithBytes("data.tsv", [.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(s_text)]);
        Assert.That(Line(folder), Does.StartWith("text, 2 classes: off, on, 16 training / 4 test"));
    }

    [TestCase("\n")]
    [TestCase("   \n\t\n")]
    [TestCase("\r\n\r\n")]
    public void BlankLinesAreSkipped(string blank)
    {
        string folder = DataFolders.With(("data.tsv", blank + s_text + blank));
        Assert.That(Line(folder), Does.StartWith("text, 2 classes: off, on, 16 training / 4 test"));
    }

    [TestCase("label\ttext")]
    [TestCase("Category\tMessage")]
    [TestCase("class\tan utterance of a user")]
    [TestCase("\"label\"\t\"sentence\"")]
    public void AHeaderIsNoClass(string header)
    {
        string line = Line(DataFolders.With(("data.tsv", header + "\n" + s_text)));
        Assert.That(line, Does.StartWith("text, 2 classes: off, on, 16 training / 4 test"));
        Assert.That(line, Does.Contain("header line skipped: "));
    }

    [TestCase("kind\tphrase", ":1: only this line is of class 'kind', and it looks like a header")]
    [TestCase("sentence\tlabel", ":1: a header whose first column is 'sentence'")]
    [TestCase("id\ttext\tlabel", ":1: a header whose first column is 'id'")]
    [TestCase("label\ttext\tsource", ":1: a header with 3 columns")]
    public void AnUnclearHeaderIsRefused(string header, string expected) => Assert.That(
        () => DatasetFolder.Load(DataFolders.With(("data.tsv", header + "\n" + s_text))),
        Throws.TypeOf<UserInputException>().With.Message.Contains("data.tsv" + expected));

    [Test]
    public void NumbersOfLinesAreNoClasses()
    {
        string rows = string.Concat(Enumerable.Range(0, 12).Select(i => $"{i}\tsome words\n"));
        Assert.That(() => DatasetFolder.Load(DataFolders.With(("data.tsv", rows))), Throws.TypeOf<UserInputException>().With.Message.Contains("12 classes"));
    }

    [TestCase("readme.txt")]
    [TestCase("ReadMe.TXT")]
    [TestCase("NOTES.txt")]
    [TestCase("licence.txt")]
    [TestCase("LICENSE")]
    [TestCase("Changelog.txt")]
    [TestCase("about.md")]
    [TestCase("Readme.de.txt")]
    public void FilesOfNotesAreNoClassesAndAreReported(string name)
    {
        string words = "one two\nthree four\nfive six\nseven\neight\n";
        string line = Line(DataFolders.With(("de.txt", words), ("ru.txt", words), (name, words)));
        Assert.That(line, Does.StartWith("text, 2 classes: de, ru, 8 training / 2 test"));
        Assert.That(line, Does.EndWith("; left out: " + name));
    }

    [Test]
    public void HiddenFilesAreNoClasses()
    {
        string words = "one two\nthree four\nfive six\nseven\neight\n";
        Assert.That(Line(DataFolders.With(("de.txt", words), ("ru.txt", words), (".hidden.txt", words), ("._de.txt", words))), Does.Contain("2 classes: de, ru"));
    }

    [Test]
    public void LineNumbersOfTheTestPartCountSkippedLines()
    {
        string folder = DataFolders.With(("data.tsv", "label\ttext\non\tone\n\noff\ttwo\non\tthree\n")), lines = Path.Combine(Checkout.NewFolder(), "lines");
        File.WriteAllText(lines, "3\n");
        IReadOnlyList<LabelledSequence> test = DatasetFolder.Load(folder, lines).Test;
        Assert.That(test.Single().Label, Is.EqualTo("off"));
    }

    [Test]
    public void ReplacedLettersAreReported() => Assert.That(
        Line(DataFolders.With(("data.tsv", s_text.Replace("please", "\uFFFD\uFFFD")))), Does.Contain("20 texts hold U+FFFD"));
}
