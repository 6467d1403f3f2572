// crime data: shows, imports, divides, merges and augments data sets.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Crime.Cli.Data;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Verbs;

internal static class DataVerb
{
    private const string Automatic = "auto";
    private const string Take = "take";
    private const string Balanced = "class-balanced";

    public static Command Create() => new(
        "data",
        "Shows, imports, divides, merges and augments data sets. Each has --help and --json.\n\n"
        + "Examples:\n  crime data show gestures -o gestures.png\n  crime data import wave_*.csv rest_*.csv --label-from file -o gestures\n"
        + "  crime data split gestures --test 0.3 -o gestures-2\n  crime data merge gestures more-gestures -o all-gestures\n"
        + "  crime data augment gestures --copies 20 --turn 60 -o gestures-augmented\n"
        + "  crime data numbers -o numbers")
    {
        CreateShow(), DataImportVerb.Create(), CreateSplit(), CreateMerge(), DataAugmentVerb.Create(), DataNumbersVerb.Create(),
    };

    /// <summary>Option of the folder that is written.</summary>
    public static Option<string> Folder() => new("--output", "-o") { Description = "Folder to write the data set to.", Required = true };

    /// <summary>Option that lets files be replaced.</summary>
    public static Option<bool> Force() => new("--force") { Description = "Replace files that are there." };

    /// <summary>Option of the share of the test part.</summary>
    public static Option<double> Share() => Options.Real(
        "--test", "Share of the sequences in the test part", 0.3, share => share is > 0 and < 1, "above 0 and below 1");

    /// <summary>Option of the way to divide.</summary>
    public static Option<string> By() => Options.OneOf(
        "--by", "Way to divide: whole takes, or the same share of each class; auto takes whole takes where they are known.", Automatic, Take, Balanced);

    /// <summary>Divides a data set.</summary>
    /// <returns>The data set, and the way that was used.</returns>
    /// <exception cref="UserInputException">It cannot be divided in the way that is given.</exception>
    public static (Dataset Data, string By) Divide(Dataset data, double share, string by, int seed)
    {
        if (by != Balanced)
        {
            try
            {
                return (DatasetSplit.ByTake(data, share, seed), Take);
            }
            catch (UserInputException) when (by == Automatic)
            {
                // The takes are not known, or a class has one only.
            }
        }
        return (DatasetSplit.ClassBalanced(data, share, seed), Balanced);
    }

    /// <summary>Writes a data set and prints the result.</summary>
    public static int Write(DatasetOutput output, Dataset data, object details, string line, bool isJson)
    {
        IReadOnlyList<string> files = output.Write(data);
        if (isJson) Output.WriteJson(new { files, details }, data);
        else Console.Out.WriteLine($"{string.Join(", ", files)}: {new DatasetSummary(data).ToLine()}{line}");
        return 0;
    }

    private static Command CreateShow()
    {
        var data = new Argument<string>("DATA") { Description = "Folder of the data set, or one of its files." };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var outputs = new Option<bool>("--outputs") { Description = "The labels of text are outputs of a network that writes, words with spaces between them." };
        var picture = new Option<string?>("--output", "-o") { Description = "Picture to write (.png): sequences and lengths per class." };
        var json = new Option<bool>("--json")
        {
            Description = "Print the figures as JSON: balance, lengths, ranges, takes, and 'data' (kind, classes, train, test, remarks).",
        };
        var command = new Command(
            "show", "Shows kind, classes, counts, lengths and ranges of a data set.\n\nExample:\n  crime data show gestures -o gestures.png")
        {
            data, testLines, outputs, picture, json,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(data);
            string? place = parsed.GetValue(picture);
            if (place != null) Output.CheckPicture("--output", place);
            var figures = new DatasetFigures(path, DatasetFolder.LoadAny(
                path, parsed.GetValue(testLines), isTestNeeded: false, parsed.GetValue(outputs)));
            if (place != null) DatasetPlot.Save(figures, place);
            if (parsed.GetValue(json)) Output.WriteJson(figures.ToJson(place), figures.Data);
            else foreach (string line in figures.ToText()) Console.Out.WriteLine(line);
            return 0;
        });
        return command;
    }

    private static Command CreateSplit()
    {
        var data = new Argument<string>("DATA") { Description = "Folder of the data set, or one of its files. Its own split does not count." };
        Option<double> share = Share();
        Option<string> by = By();
        Option<int> seed = Options.Number("--seed", "Chooses the test part; the same seed gives the same parts.", 1, 0, int.MaxValue);
        Option<string> output = Folder();
        Option<bool> force = Force();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON: files, details (by, seed), data." };
        var command = new Command(
            "split",
            "Divides a data set anew into training and test part.\n\n"
            + "Examples:\n  crime data split gestures --test 0.3 --by class-balanced --seed 1 -o gestures-2\n  crime data split walks.ts --by take -o walks")
        {
            data, share, by, seed, output, force, json,
        };
        command.SetAction(parsed =>
        {
            var target = new DatasetOutput(parsed.GetRequiredValue(output), parsed.GetValue(force));
            Dataset read = DatasetFolder.LoadAny(parsed.GetRequiredValue(data), isTestNeeded: false);
            (Dataset divided, string way) = Divide(read with { Remarks = [] }, parsed.GetValue(share), parsed.GetRequiredValue(by), parsed.GetValue(seed));
            return Write(target, divided with { Remarks = read.Remarks }, new { by = way, seed = parsed.GetValue(seed) }, $"; by {way}", parsed.GetValue(json));
        });
        return command;
    }

    private static Command CreateMerge()
    {
        var sets = new Argument<string[]>("DATA") { Description = "Folders of two data sets or more, with the same channels.", Arity = new ArgumentArity(2, 1000) };
        Option<string> output = Folder();
        Option<bool> force = Force();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON: files, details (duplicates, conflicts), data." };
        var command = new Command(
            "merge",
            "Makes one data set of several. Classes are united. A sequence that another set has as well is kept once, in the test part where it is in one.\n\n"
            + "Example:\n  crime data merge gestures more-gestures -o all-gestures")
        {
            sets, output, force, json,
        };
        command.SetAction(parsed =>
        {
            var target = new DatasetOutput(parsed.GetRequiredValue(output), parsed.GetValue(force));
            Dataset[] read = [.. parsed.GetRequiredValue(sets).Select(path => DatasetFolder.LoadAny(path))];
            DatasetMerge merged = DatasetMerge.Of(target.Name, read);
            string line = $"; {merged.DuplicateCount} duplicates dropped"
                + (merged.ConflictCount > 0 ? $"; {merged.ConflictCount} sequences have two classes: they are kept, look at them" : "");
            return Write(target, merged.Data, new { duplicates = merged.DuplicateCount, conflicts = merged.ConflictCount }, line, parsed.GetValue(json));
        });
        return command;
    }
}
