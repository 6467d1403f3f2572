using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>Names of files that are parts of a split.</summary>
public sealed class SplitFilesTests
{
    private static readonly string s_text = DataFolders.Labelled();

    private static string Line(string folder) => new DatasetSummary(DatasetFolder.Load(folder)).ToLine();

    [TestCase("train.txt", "test.txt", "\t")]
    [TestCase("train.txt", "test.txt", ":detail ")]
    [TestCase("train.txt", "test.txt", ": ")]
    [TestCase("TRAIN.TXT", "Test.txt", "\t")]
    [TestCase("train.tsv", "dev.tsv", "\t")]
    [TestCase("intents-train.csv", "intents-val.csv", "\t")]
    [TestCase("intentsTraining", "intentsTesting", "\t")]
    [TestCase("data.train", "data.valid", "\t")]
    [TestCase("trainset.txt", "evalset.txt", "\t")]
    [TestCase("train", "eval", "\t")]
    public void PartsAreUsedAsTheSplit(string train, string test, string between)
    {
        string folder = DataFolders.With((train, DataFolders.Labelled(between)), (test, DataFolders.Labelled(between, 6)));
        Assert.That(Line(folder), Does.StartWith("text, 2 classes: off, on, 20 training / 6 test"));
    }

    [Test]
    public void FastTextLinesAreRead()
    {
        string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"__label__{i % 2} turn it\n"));
        Assert.That(Line(DataFolders.With(("train.txt", Lines(10)), ("test.txt", Lines(4)))), Does.StartWith("text, 2 classes: 0, 1, 10 training / 4 test"));
    }

    [Test]
    public void AValidationPartIsLeftOutBesideATestPart()
    {
        string folder = DataFolders.With(("train.txt", s_text), ("val.txt", s_text), ("test.txt", DataFolders.Labelled(count: 4)));
        Assert.That(Line(folder), Does.StartWith("text, 2 classes: off, on, 20 training / 4 test").And.EndsWith("; left out: val.txt"));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return new TestCaseData(new[] { "train.txt", "vocabulary.txt" }, "vocabulary.txt is not");
        yield return new TestCaseData(new[] { "train.txt" }, "only train.txt is there: add the test part");
        yield return new TestCaseData(new[] { "val.txt", "test.txt" }, "add the training part");
        yield return new TestCaseData(new[] { "train.txt", "train.tsv", "test.txt" }, "train.tsv, train.txt are the same part");
        yield return new TestCaseData(new[] { "a_train.txt", "b_test.txt" }, "a_train.txt, b_test.txt are parts of different data sets");
        yield return new TestCaseData(new[] { "a_train.txt", "a_test.txt", "b_train.txt", "b_test.txt" }, "holds 2 data sets: a, b;");
    }

    [TestCaseSource(nameof(Refused))]
    public void OtherPartsAreRefusedAndNeverClasses(string[] names, string expected)
    {
        string folder = DataFolders.With([.. names.Select(name => (name, s_text))]);
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains(expected).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void UnlabelledLinesAreRefused()
    {
        string folder = DataFolders.With(("train.txt", "turn it on\nturn it off\n"), ("test.txt", "turn it on\n"));
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains("train.txt:1: no class and tab before the text"));
    }

    [TestCase("Alpha_TRAIN.ts", "Beta_TEST.ts", "Alpha_TRAIN.ts, Beta_TEST.ts are parts of different data sets")]
    [TestCase("UnitTestTimeStamps_TRAIN.ts", "UnitTest_TEST.ts", "are parts of different data sets")]
    [TestCase("A_eq_TRAIN.ts.gz", "A_TEST.ts", "are parts of different data sets")]
    public void TsFilesArePairedByName(string train, string test, string expected)
    {
        string folder = DataFolders.With((train.Replace(".gz", ""), DataFolders.Ts(["a", "b"])), (test, DataFolders.Ts(["a", "b"])));
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains(expected.Replace(".gz", "")));
    }

    [Test]
    public void OnePairAmongSeveralIsGivenByItsTrainingFile()
    {
        string ts = DataFolders.Ts(["a", "b"]);
        string folder = DataFolders.With(("V_TRAIN.ts", ts), ("V_TEST.ts", ts), ("V_eq_TRAIN.ts", ts), ("V_eq_TEST.ts", ts));
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains("holds 2 data sets: V, V_eq;"));
        Assert.That(DatasetFolder.Load(Path.Combine(folder, "V_eq_TRAIN.ts")).Name, Is.EqualTo("V_eq"));
    }

    [Test]
    public void APartWithoutPartnerIsLeftOutAndReported()
    {
        string ts = DataFolders.Ts(["a", "b"]);
        string folder = DataFolders.With(("UnitTest_TRAIN.ts", ts), ("UnitTest_TEST.ts", ts), ("UnitTestTimeStamps_TRAIN.ts", "@timeStamps true\n@data\n"));
        Assert.That(Line(folder), Is.EqualTo("numeric, 2 channels, 2 classes, 12 + 12 sequences of 3 steps; left out: UnitTestTimeStamps_TRAIN.ts"));
    }

    [Test]
    public void OtherChannelsInTheTestPartAreRefused()
    {
        string folder = DataFolders.With(("X_TRAIN.ts", DataFolders.Ts(["a", "b"])), ("X_TEST.ts", "@data\n1,2:a\n"));
        Assert.That(() => DatasetFolder.Load(folder), Throws.TypeOf<UserInputException>().With.Message.Contains("has 1 channels"));
    }

    [Test]
    public void ClassesThatAreNeverLearntAreReported()
    {
        string folder = DataFolders.With(("X_TRAIN.ts", DataFolders.Ts(["a", "b"])), ("X_TEST.ts", DataFolders.Ts(["a", "c", "d"])));
        Assert.That(Line(folder), Does.EndWith("; the test part has classes that the training part lacks: c, d"));
        Assert.That(
            () => new Crime.Modelling.Training.TrainingData(DatasetFolder.Load(folder)),
            Throws.TypeOf<UserInputException>().With.Message.Contains("the test part has 2 classes that the training part lacks: c, d"));
    }
}
