// crime ilcount: what a step costs on an interpreter, counted instead of timed.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class IlCountVerb
{
    private const int KernelCount = 3;
    private const int OpCodesShown = 12;

    public static Command Create()
    {
        var model = new Argument<string?>("MODEL.crime") { Description = "The model file; or --assembly and --method instead.", Arity = ArgumentArity.ZeroOrOne };
        var assembly = new Option<string?>("--assembly") { Description = "Count a static method of this assembly instead of a model's kernels." };
        var method = new Option<string?>("--method") { Description = "That method: Namespace.Type.Method. It is run once." };
        var methodArguments = new Option<string[]>("--args")
        {
            Description = "Its arguments: numbers, true or false, or text.",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.ZeroOrMore,
        };
        var data = new Option<string?>("--data")
        {
            Description = "Folder of a data set; its test part is run. Without it: the bundled gestures where they fit, otherwise random inputs from a seed.",
        };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var limit = Options.Number("--limit", "Sequences to run.", 20, 1, int.MaxValue);
        var json = new Option<bool>("--json") { Description = "Print the counts as JSON." };
        var command = new Command(
            "ilcount",
            "Counts the IL instructions that one timestep executes: textbook kernel, table-driven kernel, compiled kernel. For a network that\n"
            + "writes sequences also those of a step of output.\n"
            + "Everything that happens per step is counted; a call into a library counts as one. Two runs give the same numbers.\n\n"
            + "With --assembly and --method: what a static method of any assembly executes, as compiled (a debug build executes more).\n\n"
            + "Examples:\n  crime ilcount vowels.crime --data data/japanese-vowels\n"
            + "  crime ilcount --assembly Idea.dll --method Ideas.Filter.Run --args 100 3")
        {
            model, data, testLines, limit, assembly, method, methodArguments, json,
        };
        command.SetAction(parsed => parsed.GetValue(assembly) != null || parsed.GetValue(method) != null
            ? CountMethod(
                parsed.GetValue(model), parsed.GetValue(assembly), parsed.GetValue(method), parsed.GetValue(methodArguments) ?? [], parsed.GetValue(json))
            : Run(parsed.GetValue(model), parsed.GetValue(data), parsed.GetValue(testLines), parsed.GetValue(limit), parsed.GetValue(json)));
        return command;
    }

    private static Task<int> CountMethod(string? model, string? assembly, string? method, string[] arguments, bool json)
    {
        if (model != null) throw new UserInputException("a model's kernels are counted, or a method with --assembly and --method: not both");
        if (assembly == null || method == null) throw new UserInputException("--assembly and --method belong together");
        IlCount count = MethodCounter.Count(assembly, method, arguments);
        if (json)
        {
            Output.WriteJson(new { assembly, method, arguments, il_total = count.Total, opcodes = count.ByOpCode, methods = count.ByMethod });
            return Task.FromResult(0);
        }
        var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape($"{method}: {count.Total} IL instructions"))
            .AddColumn("opcode").AddColumn(new TableColumn("executed").RightAligned());
        foreach (var (name, times) in count.ByOpCode.OrderByDescending(pair => pair.Value))
            table.AddRow(name, times.ToString(CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
        return Task.FromResult(0);
    }

    private static async Task<int> Run(string? modelPath, string? dataPath, string? testLines, int limit, bool json)
    {
        if (modelPath == null) throw new UserInputException("give a MODEL.crime, or --assembly and --method");
        byte[] bytes = ModelLoading.ReadModel(modelPath);
        ModelFile model = ModelLoading.Parse(bytes, modelPath);
        Dataset? data = dataPath == null ? null : LoadedData.Read(dataPath, testLines, hasOutputs: model.Answer == AnswerKind.Sequence);
        CountedInputs inputs = data == null ? CountedInputs.Default(model, limit) : CountedInputs.From(data, model, limit);
        IlReport report = await Output.WithProgress("counting", KernelCount, done => IlReport.Make(bytes, model, inputs, done));
        if (json) Output.WriteJson(report, data);
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
        if (report.OutputIlPerStep is { } output) Row("a step of output, by the table-driven decoder", _ => output);
        Row("per gate multiply-accumulate", kernel => kernel.GateIlPerMac);
        Row("apart from those, per hidden unit", kernel => kernel.ElementwiseIlPerUnit);
        foreach (string name in report.Compiled.Opcodes.OrderByDescending(pair => pair.Value).Select(pair => pair.Key).Take(OpCodesShown))
            Row("  " + name, kernel => (double)kernel.Opcodes.GetValueOrDefault(name) / report.Steps);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"{report.GateMacsPerStep} multiply-accumulates per timestep; the compiled kernel has {report.CompiledTerms} terms of two, "
            + $"{report.CompiledSkippedPairs} pairs left out, {report.CompiledIlBytes} bytes of byte code.");
    }
}
