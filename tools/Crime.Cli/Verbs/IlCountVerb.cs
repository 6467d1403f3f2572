// crime ilcount: what a step costs on an interpreter, counted instead of timed.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class IlCountVerb
{
    private const int KernelCount = 3;
    private const int OpCodesShown = 12;

    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = "The model file." };
        var data = new Option<string?>("--data")
        {
            Description = "Folder of a data set; its test part is run. Without it: the bundled gestures where they fit, otherwise random inputs from a seed.",
        };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var limit = Options.Number("--limit", "Sequences to run.", 20, 1, int.MaxValue);
        var json = new Option<bool>("--json") { Description = "Print the counts as JSON." };
        var command = new Command(
            "ilcount",
            "Counts the IL instructions that one timestep executes: textbook kernel, table-driven kernel, compiled kernel.\n"
            + "Everything that happens per step is counted; a call into a library counts as one. Two runs give the same numbers.\n\n"
            + "Example:\n  crime ilcount vowels.crime --data data/japanese-vowels")
        {
            model, data, testLines, limit, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(model), parsed.GetValue(data), parsed.GetValue(testLines), parsed.GetValue(limit), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> Run(string modelPath, string? dataPath, string? testLines, int limit, bool json)
    {
        byte[] bytes = ModelLoading.Read(modelPath);
        ModelFile model = ModelLoading.Parse(bytes, modelPath);
        CountedInputs inputs = dataPath == null
            ? CountedInputs.Default(model, limit)
            : CountedInputs.From(DatasetFolder.Load(dataPath, testLines), model, limit);
        IlReport report = await Output.WithProgress("counting", KernelCount, done => IlReport.Make(bytes, model, inputs, done));
        if (json) Output.WriteJson(report);
        else Print(report);
        return 0;
    }

    private static void Print(IlReport report)
    {
        string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
        KernelCount[] kernels = [report.Textbook, report.Table, report.Compiled];
        var table = new Table().Border(TableBorder.Rounded)
            .Title(Markup.Escape($"{report.Model}: IL instructions per timestep, {report.Steps} timesteps of {report.Inputs}"))
            .AddColumn("").AddColumn(new TableColumn("textbook").RightAligned()).AddColumn(new TableColumn("table-driven").RightAligned())
            .AddColumn(new TableColumn("compiled").RightAligned());
        void Row(string label, Func<KernelCount, double> value) => table.AddRow([new Text(label), .. kernels.Select(kernel => new Text(Number(value(kernel))))]);
        Row("all", kernel => kernel.IlPerStep);
        Row("per gate multiply-accumulate", kernel => kernel.GateIlPerMac);
        Row("apart from those, per hidden unit", kernel => kernel.ElementwiseIlPerUnit);
        foreach (string name in report.Compiled.Opcodes.OrderByDescending(pair => pair.Value).Select(pair => pair.Key).Take(OpCodesShown))
            Row("  " + name, kernel => (double)kernel.Opcodes.GetValueOrDefault(name) / report.Steps);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"{report.GateMacsPerStep} multiply-accumulates per timestep; the compiled kernel has {report.CompiledTerms} terms of two, "
            + $"{report.CompiledSkippedPairs} pairs left out, {report.CompiledIlBytes} bytes of byte code.");
    }
}
