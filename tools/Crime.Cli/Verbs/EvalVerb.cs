// crime eval: what the fixed-point network costs in accuracy.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
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
            + "95 % interval (Wilson), and each class its recall.\n\n"
            + "Example:\n  crime eval vowels.crime --data data/japanese-vowels")
        {
            model, data, testLines, kernel, limit, json,
        };
        command.SetAction((parsed, cancellation) => Run(
            parsed.GetRequiredValue(model), parsed.GetRequiredValue(data), parsed.GetValue(testLines),
            parsed.GetRequiredValue(kernel), parsed.GetValue(limit), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> Run(
        string modelPath, string dataPath, string? testLines, string kernel, int limit, bool json, CancellationToken cancellation)
    {
        ModelFile model = ModelLoading.Load(modelPath);
        Dataset data = LoadedData.Read(dataPath, testLines);
        var evaluator = new Evaluator(model);
        EvaluationResult result = await Output.WithProgress(
            "evaluating",
            limit > 0 ? Math.Min(limit, data.Test.Count) : data.Test.Count,
            done => evaluator.Evaluate(data, kernel != "fixed", kernel != "float", limit, done, cancellation));

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
        Row("accuracy, float", EvaluationText.Accuracy(result.AccuracyFloat, result.AccuracyFloatInterval));
        if (result.InputSaturations > 0) Row("accuracy, float, no input cut off", EvaluationText.Percent(result.AccuracyRawInputs));
        Row("accuracy, fixed", EvaluationText.Accuracy(result.AccuracyFixed, result.AccuracyFixedInterval));
        Row("same class", EvaluationText.Percent(result.Agreement));
        Row("largest logit difference", result.MaxLogitDifference?.ToString("0.0000", CultureInfo.InvariantCulture));
        Row("inputs cut off", EvaluationText.CutOffInputs(result));
        Row("gate inputs beyond the table", result.GateSaturations?.ToString(CultureInfo.InvariantCulture));
        Row("saturated cell states", result.CellSaturations?.ToString(CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
        AnsiConsole.Write(Recalls(result));
        if (result.Hint is { } hint) Console.Out.WriteLine(hint);
    }

    private static Table Recalls(EvaluationResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("class").AddColumn(new TableColumn("sequences").RightAligned());
        if (result.AccuracyFloat != null) table.AddColumn(new TableColumn("recall, float").RightAligned());
        if (result.AccuracyFixed != null) table.AddColumn(new TableColumn("recall, fixed").RightAligned());
        foreach (ClassResult of in result.Classes)
        {
            List<Text> cells = [new Text(of.Class), new Text(of.Sequences.ToString(CultureInfo.InvariantCulture))];
            if (result.AccuracyFloat != null) cells.Add(new Text(EvaluationText.Percent(of.RecallFloat) ?? "-"));
            if (result.AccuracyFixed != null) cells.Add(new Text(EvaluationText.Percent(of.RecallFixed) ?? "-"));
            table.AddRow(cells);
        }
        return table;
    }
}
