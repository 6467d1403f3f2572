using System.IO;
using System.Linq;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

public sealed class DatasetFolderTests
{
    [Test]
    public void LabelledLinesAreSplitByLineNumbers()
    {
        string folder = Checkout.NewFolder(), lines = Path.Combine(Checkout.NewFolder(), "lines");
        File.WriteAllText(Path.Combine(folder, "texts"), "a\tone\nb\ttwo\na\tthree\n");
        File.WriteAllText(lines, "1\n");
        Dataset data = DatasetFolder.Load(folder, lines);
        Assert.That((data.IsText, data.Train.Count, data.Test.Single().Label), Is.EqualTo((true, 2, "b")));
        Assert.That(data.Test.Single().CodePoints, Is.EqualTo(new int[] { 't', 'w', 'o' }));
    }

    [Test]
    public void AFilePerClassIsSplitEveryFifth()
    {
        string folder = Checkout.NewFolder();
        foreach (string label in new[] { "cats", "dogs" })
            File.WriteAllLines(Path.Combine(folder, label + ".txt"), Enumerable.Range(0, 10).Select(i => $"{label}{i}"));
        Dataset data = DatasetFolder.Load(folder);
        Assert.That((data.Train.Count, data.Test.Count), Is.EqualTo((16, 4)));
        Assert.That(data.Test.Select(sequence => sequence.Label).Distinct(), Is.EquivalentTo(new[] { "cats", "dogs" }));
    }

    [Test]
    public void LengthIsInCodePoints()
    {
        string folder = Checkout.NewFolder();
        File.WriteAllText(Path.Combine(folder, "texts"), "a\t\U0001F600x\nb\ty\n");
        Assert.That(DatasetFolder.Load(folder).Train[0].Length, Is.EqualTo(2));
    }

    [TestCase("nothing", "holds no data set")]
    [TestCase("half", "needs both a *_TRAIN.ts and a *_TEST.ts file")]
    [TestCase("untabbed", ":2: no class and tab before the text")]
    [TestCase("mute", ":1: the text is empty")]
    public void AFolderThatCannotBeUsedIsRefused(string kind, string expected)
    {
        string folder = Checkout.NewFolder();
        if (kind == "half") File.WriteAllText(Path.Combine(folder, "X_TRAIN.ts"), "@data\n1:a\n");
        if (kind == "untabbed") File.WriteAllText(Path.Combine(folder, "texts"), "a\tb\nnothing\n");
        if (kind == "mute") File.WriteAllText(Path.Combine(folder, "texts"), "a\t\n");
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
    }

    [Test]
    public void AMissingFolderIsRefused() =>
        Assert.That(() => DatasetFolder.Load("no/such/folder"), Throws.TypeOf<UserInputException>().With.Message.Contains("no such folder"));
}
