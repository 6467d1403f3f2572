using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling.Datasets;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>Lines of numbers: UCR, UCI HAR, and what only looks like them.</summary>
public sealed class NumberLinesTests
{
    private static readonly string s_classes = string.Concat(Enumerable.Range(0, 12).Select(i => $"{i % 3 + 1}\n"));
    private static readonly string s_rows = DataFolders.Numbers(12, 8);

    private static string Line(string folder) => new DatasetSummary(DatasetFolder.Load(folder)).ToLine();

    private static string Ucr(string separator, string format) => DataFolders.Numbers(12, 9, line => string.Format(format, line % 3), separator);

    [TestCase("Gun_TRAIN.tsv", "Gun_TEST.tsv", "\t", "{0}")]
    [TestCase("Gun_TRAIN.txt", "Gun_TEST.txt", "  ", "{0}.0000000e+00")]
    [TestCase("Gun_TRAIN", "Gun_TEST", ",", "{0}")]
    [TestCase("X_TRAIN.tsv", "X_TEST.tsv", "\t", "-{0}")]
    [TestCase("Gun_TRAIN.tsv", "Gun_TEST.tsv", "\t", "class{0}")]
    public void UcrIsNumeric(string train, string test, string separator, string format)
    {
        string folder = DataFolders.With((train, Ucr(separator, format)), (test, Ucr(separator, format)));
        Assert.That(Line(folder), Is.EqualTo("numeric, 1 channel, 3 classes, 12 + 12 sequences of 9 steps"));
    }

    [Test]
    public void ShortSequencesOfUcrEndBeforeTheirNaN()
    {
        const string rows = "1\t1\t2\t3\n2\t1\t2\tNaN\n1\t4\tNaN\tNaN\n2\t1\t1\t1\n";
        Assert.That(Line(DataFolders.With(("G_TRAIN.tsv", rows), ("G_TEST.tsv", rows))), Does.EndWith("4 + 4 sequences of 1 to 3 steps"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void UciHarIsNumeric(bool isInFolders)
    {
        string train = isInFolders ? "train/" : "", test = isInFolders ? "test/" : "";
        var files = new List<(string, string)> { ("activity_labels.txt", "1 WALKING\n2 SITTING\n3 STANDING\n") };
        foreach (string part in new[] { "train", "test" })
        {
            string place = part == "train" ? train : test;
            files.AddRange([(place + $"X_{part}.txt", s_rows), (place + $"y_{part}.txt", s_classes), (place + $"subject_{part}.txt", s_classes)]);
        }
        string folder = DataFolders.With([.. files]);
        Assert.That(Line(folder), Does.StartWith("numeric, 1 channel, 3 classes, 12 + 12 sequences of 8 steps"));
        LabelledSequence first = DatasetFolder.Load(folder).Train[0];
        Assert.That((first.Label, first.Take), Is.EqualTo(("WALKING", "subject 1")));
    }

    [Test]
    public void InertialSignalsAreChannels()
    {
        var files = new List<(string, string)> { ("features.txt", "1 tBodyAcc-mean()-X\n") };
        foreach (string part in new[] { "train", "test" })
        {
            files.Add(($"{part}/y_{part}.txt", s_classes));
            files.Add(($"{part}/X_{part}.txt", s_rows));
            foreach (string axis in new[] { "x", "y", "z" }) files.Add(($"{part}/Inertial Signals/body_acc_{axis}_{part}.txt", s_rows));
        }
        Assert.That(
            Line(DataFolders.With([.. files])), Is.EqualTo("numeric, 3 channels, 3 classes, 12 + 12 sequences of 8 steps; channels: body_acc_x, body_acc_y, body_acc_z"));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return new TestCaseData("X_train.txt: lines of computed features", new[] {
            ("X_train.txt", s_rows), ("y_train.txt", s_classes), ("X_test.txt", s_rows), ("y_test.txt", s_classes), ("features.txt", "1 mean\n") });
        yield return new TestCaseData("only X_TRAIN.tsv is there", new[] { ("X_TRAIN.tsv", Ucr("\t", "{0}")) });
        yield return new TestCaseData("y_train.txt is missing", new[] {
            ("body_acc_x_train.txt", s_rows), ("body_acc_y_train.txt", s_rows), ("body_acc_x_test.txt", s_rows), ("y_test.txt", s_classes) });
        yield return new TestCaseData("test part is missing", new[] { ("body_acc_x_train.txt", s_rows), ("body_acc_y_train.txt", s_rows) });
        yield return new TestCaseData("lines of numbers only, no text of a class", new[] { ("a.txt", s_rows), ("b.txt", s_rows) });
        yield return new TestCaseData("lines of numbers only, no text of a class", new[] { ("a.txt", s_rows), ("b.txt", "words\nof text\n") });
        yield return new TestCaseData("lines of numbers only, no text;", new[] { ("data.tsv", Ucr("\t", "{0}")) });
        yield return new TestCaseData("lines of numbers only, no text;", new[] { ("log.tsv", "time\tx\ty\n0\t1\t2\n1\t2\t3\n2\t3\t4\n") });
        yield return new TestCaseData("lines of numbers only", new[] { ("data.txt", DataFolders.Numbers(9, 4, line => line % 2 == 0 ? "on" : "off", "\t")) });
        yield return new TestCaseData("'0.53' is no class", new[] { ("R_TRAIN.txt", DataFolders.Numbers(9, 4, _ => "0.53")), ("R_TEST.txt", s_rows) });
        yield return new TestCaseData("12 lines, and 1 in y_train.txt", new[] {
            ("X_train.txt", s_rows), ("y_train.txt", "1\n"), ("X_test.txt", s_rows), ("y_test.txt", s_classes) });
        yield return new TestCaseData("G_TRAIN.tsv:1: missing values are not supported", new[] { ("G_TRAIN.tsv", "1\t1\tNaN\t3\n"), ("G_TEST.tsv", "1\t1\t2\t3\n") });
        yield return new TestCaseData("9 classes in 9 training sequences", new[] {
            ("R_TRAIN.txt", DataFolders.Numbers(9, 4, line => $"{line + 100}")), ("R_TEST.txt", s_rows) });
    }

    [TestCaseSource(nameof(Refused))]
    public void OtherLinesOfNumbersAreRefused(string expected, (string, string)[] files) => Assert.That(
        () => DatasetFolder.Load(DataFolders.With(files)),
        Throws.TypeOf<UserInputException>().With.Message.Contains(expected).And.Message.Not.Contains("\n"));

    [Test]
    public void ALoneTrainingPartIsEnoughWhereNoTestIsNeeded()
    {
        string folder = DataFolders.With(("X_TRAIN.tsv", Ucr("\t", "{0}")));
        Dataset data = DatasetFolder.Load(folder, isTestNeeded: false);
        Assert.That((data.Train.Count, data.Test.Count), Is.EqualTo((12, 0)));
        Assert.That(DatasetFolder.Load(Path.Combine(folder, "X_TRAIN.tsv"), isTestNeeded: false).Train, Has.Count.EqualTo(12));
    }
}
