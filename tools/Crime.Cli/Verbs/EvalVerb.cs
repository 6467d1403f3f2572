// crime eval: what the fixed-point network costs in accuracy.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.ModelFiles;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class EvalVerb
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = "The model file." };
        var data = new Option<string>("--data") { Description = "Folder of the data set; its test part is used.", Required = true };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var kernel = Options.OneOf("--kernel", "Which network to run.", "both", "float", "fixed");
        var limit = Options.Number("--limit", "Evaluate at most so many sequences; 0 for all.", 0, 0, int.MaxValue);
        var json = new Option<bool>("--json") { Description = "Print the result as JSON." };
        var command = new Command(
            "eval",
            "Compares the board's fixed-point network with the gateway's float network on the test part of a data set.\n"
            + "Both get the 16-bit inputs that a board computes with and sends, cut off at the end of the input format. Accuracies have a\n"
            + "95 % interval (Wilson), and each class its recall. Values have their errors in their unit, anomalies detection and false alarms.\n\n"
            + "Examples:\n  crime eval vowels.crime --data data/japanese-vowels\n"
            + "  crime eval forecast.crime --data data/japanese-vowels --forecast 3 --channel 1\n"
            + "  crime eval watch.crime --data data/japanese-vowels --normal 1,2,3")
        {
            model, data, testLines, kernel, limit, json,
        };
        var answers = new AnswerOptions();
        answers.AddTo(command);
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetValue(testLines),
            file => answers.Read(parsed, parsed.GetRequiredValue(data), parsed.GetValue(testLines), file), parsed.GetRequiredValue(kernel),
            parsed.GetValue(limit), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(
        string modelPath, string dataPath, string? testLines, Func<ModelFile, TestAnswers> load, string kernel, int limit, bool json,
        CancellationToken cancellation)
    {
        ModelFile model = ModelLoading.Load(modelPath);
        if (model.Answer == AnswerKind.Sequence)
        {
            Dataset outputs = LoadedData.Read(dataPath, testLines, hasOutputs: true);
            WriterResult written = await Output.WithProgress(
                "evaluating", outputs.Test.Count, done => new WriterEvaluator(model).Evaluate(outputs, limit, done, cancellation));
            if (json) Output.WriteJson(written, outputs);
            else foreach (string line in WriterText.Of(written)) Console.Out.WriteLine(line);
            return 0;
        }
        TestAnswers answers = load(model);
        Dataset data = answers.Data;
        var evaluator = new Evaluator(model);
        EvaluationResult result = await Output.WithProgress(
            "evaluating",
            limit > 0 ? Math.Min(limit, data.Test.Count) : data.Test.Count,
            done => evaluator.Evaluate(answers, kernel != "fixed", kernel != "float", limit, done, cancellation));

        if (json)
        {
            Output.WriteJson(result, data);
            return 0;
        }
        Print(model, data, result);
        return 0;
    }

    private static void Print(ModelFile model, Dataset data, EvaluationResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn($"{model.Name} on {data.Name}").AddColumn(new TableColumn("").RightAligned());
        void Row(string name, string? value)
        {
            if (value != null) table.AddRow(new Text(name), new Text(value));
        }
        Row("test sequences", result.Sequences.ToString(CultureInfo.InvariantCulture));
        foreach ((string name, string value) in EvaluationText.Rows(result)) Row(name, value);
        Row("inputs cut off", EvaluationText.CutOffInputs(result));
        Row("gate inputs beyond the table", result.GateSaturations?.ToString(CultureInfo.InvariantCulture));
        Row("saturated cell states", result.CellSaturations?.ToString(CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
        if (result.Steps is { } steps) AnsiConsole.Write(StepRecalls(steps));
        else if (result.Classes.Count > 0) AnsiConsole.Write(Recalls(result));
        if (result.Hint is { } hint) Console.Out.WriteLine(hint);
    }

    private static Table Recalls(EvaluationResult result) => Recalls(
        "sequences", result.AccuracyFloat != null, result.AccuracyFixed != null,
        result.Classes.Select(of => (of.Class, of.Sequences, of.RecallFloat, of.RecallFixed)));

    private static Table StepRecalls(StepClassResult steps) => Recalls(
        "timesteps", steps.AccuracyFloat != null, steps.AccuracyFixed != null,
        steps.Classes.Select(of => (of.Class, of.Timesteps, of.RecallFloat, of.RecallFixed)));

    private static Table Recalls(
        string counted, bool hasFloat, bool hasFixed, IEnumerable<(string Class, int Count, double? RecallFloat, double? RecallFixed)> classes)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("class").AddColumn(new TableColumn(counted).RightAligned());
        if (hasFloat) table.AddColumn(new TableColumn("recall, float").RightAligned());
        if (hasFixed) table.AddColumn(new TableColumn("recall, fixed").RightAligned());
        foreach (var of in classes)
        {
            List<Text> cells = [new Text(of.Class), new Text(of.Count.ToString(CultureInfo.InvariantCulture))];
            if (hasFloat) cells.Add(new Text(EvaluationText.Percent(of.RecallFloat) ?? "-"));
            if (hasFixed) cells.Add(new Text(EvaluationText.Percent(of.RecallFixed) ?? "-"));
            table.AddRow(cells);
        }
        return table;
    }
}
