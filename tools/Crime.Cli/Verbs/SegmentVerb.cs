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
        var time = new Option<string?>("--time") { Description = "Column of the time, or none; time, t, timestamp, ms, s, time_ms and the like unless given." };
        var unit = new Option<string?>("--time-unit") { Description = "Unit of the time: s, ms or us. Unless given, the unit in the column's name, else s." };
        unit.AcceptOnlyFromAmong([.. SensorLogColumns.Units]);
        var label = new Option<string?>("--label")
        {
            Description = "Column of the known parts; label, class or activity unless given. A run of equal labels is a part; empty, rest, none and null are rest.",
        };
        var channels = new Option<string?>("--channels") { Description = "Columns of the channels, as in x,y,z; all other columns with numbers unless given." };
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
            "Proposes the settings of a segmenter from a log of a sensor, and divides the log with them as a board does. The settings are those of the\n"
            + "class Segmenter in the device library Crime.Sensing. The bundled firmware does not read the keys segment.* yet.\n\n"
            + "Examples:\n  crime segment --example gestures.csv\n  crime segment gestures.csv -o gestures.png\n"
            + "  crime segment log.tsv --time clock --time-unit ms --channels x,y,z --start-level 300")
        {
            log, time, unit, label, channels, output, example, json,
        };
        settings.AddTo(command);
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(log), target = parsed.GetValue(example), picture = parsed.GetValue(output);
            if (path == null == (target == null)) throw new UserInputException("give a LOG, or --example FILE.csv");
            if (target != null) return WriteExample(target, parsed.GetValue(json));
            if (picture != null) Output.CheckPicture("--output", picture);
            string[]? names = parsed.GetValue(channels)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var columns = new SensorLogColumns(parsed.GetValue(time), parsed.GetValue(unit), parsed.GetValue(label), names);
            return Run(path!, columns, settings.Read(parsed), picture, parsed.GetValue(json));
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
        SegmenterSettings settings = Propose(path, content.Log, given);
        given.ApplyTo(settings);
        if (settings.Problem() is { } problem) throw new UserInputException(problem);
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

    private static SegmenterSettings Propose(string path, SensorLog log, SegmenterOptions.Given given)
    {
        try
        {
            return SegmenterProposal.Of(log, given.Span);
        }
        catch (UserInputException) when (given.HasLevels)
        {
            // The other settings have defaults.
            return new SegmenterSettings();
        }
        catch (UserInputException e)
        {
            throw new UserInputException($"{path}: {e.Message}; or give --start-level and --end-level", e);
        }
    }
}
