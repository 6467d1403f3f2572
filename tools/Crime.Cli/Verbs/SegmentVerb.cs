// crime segment: a log of a sensor divided into sequences, and the settings with which a board does the same.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text;
using Crime.Cli.Outputs;
using Crime.Cli.Segmenting;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using Crime.Sensing;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class SegmentVerb
{
    private const int ExampleSeed = 1;
    private const int ExampleGestures = 36;

    private static readonly string[] s_exampleChannels = ["x", "y", "z"];

    public static Command Create()
    {
        var log = new Argument<string?>("LOG")
        {
            Description = "CSV or TSV file of a sensor: a header and one line per sample. Columns with numbers are the channels.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var columns = new LogOptions();
        var settings = new SegmenterOptions();
        var output = new Option<string?>("--output", "-o") { Description = "Picture to write (.png): level, thresholds, sequences and known parts." };
        var example = new Option<string?>("--example") { Description = "Write a generated log of 36 gestures to this file, instead of reading one." };
        var json = new Option<bool>("--json")
        {
            Description = "Print the result as JSON: channels, samples, rate_hz, gaps, settings, sequences (with 'list': start, length, is_cut) and known_parts "
                + "(null without labels).",
        };
        var command = new Command(
            "segment",
            "Proposes the settings of a segmenter from a log of a sensor, and divides the log with them as a board does.\n"
            + "The settings are lines for the board's crime.cfg.\n\n"
            + "Examples:\n  crime segment --example gestures.csv\n  crime segment gestures.csv -o gestures.png\n"
            + "  crime segment log.tsv --time clock --time-unit ms --channels x,y,z --start-level 300")
        {
            log, output, example, json,
        };
        columns.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(log), target = parsed.GetValue(example), picture = parsed.GetValue(output);
            if (path == null == (target == null)) throw new UserInputException("give a LOG, or --example FILE.csv");
            if (target != null) return WriteExample(target, parsed.GetValue(json));
            if (picture != null) Output.CheckPicture("--output", picture);
            return Run(path!, columns.Read(parsed), settings.Read(parsed), picture, parsed.GetValue(json));
        });
        return command;
    }

    private static int WriteExample(string path, bool json)
    {
        SensorLog log = GestureStream.Generate(ExampleSeed, ExampleGestures);
        Output.WriteFile(path, Encoding.UTF8.GetBytes(SensorLogFile.ToText(log, s_exampleChannels)));
        if (json) Output.WriteJson(new { file = path, samples = log.Length, known_parts = log.Marks.Count });
        else AnsiConsole.WriteLine($"{path}: {log.Length} samples with {log.Marks.Count} gestures");
        return 0;
    }

    private static int Run(string path, SensorLogColumns columns, SegmenterOptions.Given given, string? picture, bool json)
    {
        SensorLogContent content = SensorLogFile.Read(path, columns);
        SegmenterSettings settings = given.SettingsFor(path, content.Log);
        var result = new SegmentResult(path, content, settings, Segmentation.Of(content.Log, settings));
        if (picture != null) SegmentPlot.Save(result, picture);
        if (json)
        {
            Output.WriteJson(result.ToJson(picture));
            return 0;
        }
        IEnumerable<string> lines = result.ToText();
        if (picture != null)
        {
            bool isPart = content.Log.Length > SegmentPlot.MostSteps;
            lines = lines.Append($"{picture}: {(isPart ? $"the first {SegmentPlot.MostSteps} samples" : "all samples")}");
        }
        foreach (string line in lines) Console.Out.WriteLine(line);
        return 0;
    }
}
