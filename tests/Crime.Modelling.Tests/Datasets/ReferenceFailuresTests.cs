using System.IO;
using Crime.Modelling.Datasets;
using Crime.Modelling.Training;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>Data sets of the reference material that were once taken for something else. The other tests write the same kinds themselves.</summary>
public sealed class ReferenceFailuresTests
{
    private static readonly (string Path, string Expected)[] s_sets =
    [
        ("05-train-test-txt-taken-as-classes/intents", "text, 3 classes: ASK, OFF, ON, 120 training / 30 test"),
        ("06-uci-har-taken-as-text/d41_ucr_tsv_single", "only X_TRAIN.tsv is there"),
        ("06-uci-har-taken-as-text/d44_ucihar", "numeric, 1 channel, 6 classes, 30 + 30 sequences"),
        ("06-uci-har-taken-as-text/d45_ucihar_inertial", "looks like the layout of UCI HAR, and its test part is missing"),
        ("07-regression-ts-taken-as-classes/d17_regression", "a regression set"),
        ("08-classLabel-false-eats-a-channel/d16_no_label", "the sequences have no class"),
        ("15-text-in-another-encoding/d63_text_cp1251", "data.tsv:2: not UTF-8"),
        ("15-text-in-another-encoding/d64_text_blank_line", "text, 2 classes: de, ru, 96 training / 24 test"),
        ("15-text-in-another-encoding/d78_text_per_class_readme", "text, 2 classes: de, ru, 96 training / 24 test"),
        ("16-train-and-test-of-two-sets/d36_mixed_pair", "Alpha_TRAIN.ts, Beta_TEST.ts are parts of different data sets"),
        ("17-ts-features-missing/d02_missing_qmark", ":3: missing values are not supported"),
        ("17-ts-features-missing/d04_timestamps_int", ":2: time stamps are not supported"),
        ("17-ts-features-missing/d21_channels_differ", "channels of different length are not supported"),
        ("17-ts-features-missing/d22_percent_comment", "numeric, 2 channels, 2 classes"),
        ("18-fails-late/d12_label_emoji", "outside the basic plane"),
        ("18-fails-late/d27_300classes", "300 classes, and a model holds at most 255"),
    ];

    [Test]
    public void EverySetIsReadAsItIsOrRefused()
    {
        if (ReferenceData.Folder == null || !Directory.Exists(Path.Combine(ReferenceData.Folder, "failures")))
            Assert.Ignore("the reference material (../shared beside the checkout, or CRIME_SHARED) is absent: its faulty data sets are not read");
        Assert.Multiple(() =>
        {
            foreach ((string path, string expected) in s_sets) Assert.That(ResultOf(ReferenceData.PathOf("failures/" + path)), Does.Contain(expected), path);
        });
    }

    private static string ResultOf(string path)
    {
        try
        {
            Dataset data = DatasetFolder.Load(path);
            _ = new TrainingData(data);
            return new DatasetSummary(data).ToLine();
        }
        catch (UserInputException e)
        {
            return e.Message;
        }
    }
}
