// crime data import: logs of a sensor, or a data set in another layout, become a pair of .ts files.

using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using Crime.Cli.Data;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Verbs;

internal sealed class DataImportVerb
{
    private readonly Argument<string[]> _logs = new("LOG")
    {
        Description = "CSV or TSV files of a sensor, each a take; or one folder in the layout of the UCR archive or of UCI HAR.",
        Arity = new ArgumentArity(1, 100_000),
    };
    private readonly LogOptions _columns = new();
    private readonly Option<string> _labelFrom = Options.OneOf(
        "--label-from", "Place of the class: the label column, the file's name up to its number (wave_01.csv), or the name of the file's folder.",
        "column", "file", "folder");
    private readonly Option<bool> _cut = new("--cut")
    {
        Description = "Cut the logs with the segmenter of a board, with proposed settings or those given; unless given, the known parts, or with\n"
            + "--label-from the whole logs between their gaps, are the sequences.",
    };
    private readonly SegmenterOptions _segmenter = new();
    private readonly Option<double> _share = DataVerb.Share();
    private readonly Option<string> _by = DataVerb.By();
    private readonly Option<int> _seed = Options.Number("--seed", "Chooses the test part.", 1, 0, int.MaxValue);
    private readonly Option<string> _output = DataVerb.Folder();
    private readonly Option<bool> _force = DataVerb.Force();
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON: files, details (logs, by, seed), data." };

    private DataImportVerb()
    {
    }

    public static Command Create()
    {
        var verb = new DataImportVerb();
        var command = new Command(
            "import",
            "Makes a pair of .ts files of logs of a sensor, or of a data set in the layout of the UCR archive or of UCI HAR.\n\n"
            + "Examples:\n  crime data import monday.csv tuesday.csv -o gestures\n  crime data import wave_*.csv rest_*.csv --label-from file --cut -o gestures\n"
            + "  crime data import \"UCI HAR Dataset\" -o har")
        {
            verb._logs, verb._labelFrom, verb._cut, verb._share, verb._by, verb._seed, verb._output, verb._force, verb._json,
        };
        verb._columns.AddTo(command);
        verb._segmenter.AddTo(command);
        command.SetAction(verb.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string[] paths = parsed.GetRequiredValue(_logs);
        var target = new DatasetOutput(parsed.GetRequiredValue(_output), parsed.GetValue(_force));
        int seed = parsed.GetValue(_seed);
        Dataset data = Read(parsed, paths, target.Name);
        string way = "its own split";
        if (data.Test.Count == 0)
        {
            (Dataset divided, way) = DataVerb.Divide(data with { Remarks = [] }, parsed.GetValue(_share), parsed.GetRequiredValue(_by), seed);
            data = divided with { Remarks = data.Remarks };
        }
        return DataVerb.Write(target, data, new { logs = paths, by = way, seed }, $"; divided by {way}", parsed.GetValue(_json));
    }

    private Dataset Read(ParseResult parsed, string[] paths, string name)
    {
        if (paths is [var only] && Directory.Exists(only))
        {
            Dataset read = DatasetFolder.Load(only, isTestNeeded: false);
            return read.IsText ? throw new UserInputException($"{only}: text, which needs no import; give logs of a sensor, or numeric data") : read;
        }
        if (paths.FirstOrDefault(Directory.Exists) is { } folder)
            throw new UserInputException($"{folder}: a folder beside other arguments; give its files, or this folder alone");
        bool isCut = parsed.GetValue(_cut);
        SegmenterOptions.Given given = _segmenter.Read(parsed);
        if (!isCut && given.IsAny) throw new UserInputException("settings of the segmenter need --cut");
        var from = Enum.Parse<LabelSource>(parsed.GetRequiredValue(_labelFrom), ignoreCase: true);
        return new ImportSettings(_columns.Read(parsed), from, isCut ? given.SettingsFor : null).Read(paths, name);
    }
}
