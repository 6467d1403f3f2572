// crime compile: a model becomes code for the device.

using System.CommandLine;
using System.Globalization;
using System.Text;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;
using Crime.VirtualBoard.Loading;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class CompileVerb
{
    private const int PredictionSequences = 2;

    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = "The model file; synthetic:INPUTSxHIDDEN for a model of the bench." };
        var output = new Option<string>("--output", "-o") { Description = "The C# file to write.", Required = true };
        var name = new Option<string?>("--class") { Description = "Name of the class; without it one made from the model's name." };
        var json = new Option<bool>("--json") { Description = "Print the sizes as JSON." };
        var command = new Command(
            "compile",
            "Compiles a model into straight-line C# for the board: weights as literals, two rows to a number, zero pairs left out.\n"
            + "Put the file into firmware/apps/Gestures and add its class to BundledKernels there. The board uses it whenever its model has\n"
            + "these very weights.\n\n"
            + "Example:\n  crime compile vowels.crime -o firmware/apps/Gestures/VowelsKernel.g.cs --class VowelsKernel")
        {
            model, output, name, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(model), parsed.GetRequiredValue(output), parsed.GetValue(name), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string modelPath, string outputPath, string? className, bool json)
    {
        byte[] bytes = ModelLoading.ReadModel(modelPath);
        ModelFile model = ModelLoading.Parse(bytes, modelPath);
        EmittedKernel kernel = KernelEmitter.Emit(model, className);
        KernelFootprint footprint = KernelFootprint.Measure(DeviceCompiler.Compile(kernel.ClassName, kernel.Source), model);
        footprint.CheckFits(model);
        int room = KernelFootprint.MaxByteCodeSize - KernelFootprint.MeasureAssembly(DeviceAssemblies.Gestures);
        CountedInputs inputs = CountedInputs.Random(model, PredictionSequences);
        IlCount count = new IlCounter(bytes, kernel).Count(CountedKernel.Compiled, inputs.Sequences);
        double ilPerStep = System.Math.Round((double)count.Total / (PredictionSequences * CountedInputs.RandomLength), 1);
        Output.WriteFile(outputPath, Encoding.UTF8.GetBytes(kernel.Source));

        HeapSize heap = footprint.HeapSize;
        if (json)
        {
            Output.WriteJson(new
            {
                model = model.Name,
                id = model.Id.ToString("x8"),
                fixed_point_checksum = model.FixedPointChecksum().ToString("x8"),
                class_name = kernel.ClassName,
                il_bytes = footprint.ByteCodeSize,
                il_bytes_max = KernelFootprint.MaxByteCodeSize,
                il_bytes_beside_firmware = room,
                il_bytes_largest_method = footprint.LargestMethodSize,
                il_per_step = ilPerStep,
                methods = kernel.MethodCount,
                terms = kernel.TermCount,
                skipped_pairs = kernel.SkippedTermCount,
                heap_bytes = heap.Total,
                heap_bytes_tables = heap.Tables,
                heap_bytes_state = heap.State,
                heap_bytes_head = heap.Head,
                heap_bytes_embedding = heap.Embedding,
            });
            return 0;
        }
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        void Row(string label, string value) => table.AddRow(new Text(label), new Text(value));
        string Count(long value) => value.ToString(CultureInfo.InvariantCulture);
        Row("model", $"{model.Name} (id {model.Id:x8}, fixed-point weights {model.FixedPointChecksum():x8})");
        Row("class", $"{kernel.FullName}, {kernel.MethodCount} method(s) per step");
        Row("byte code", $"{Count(footprint.ByteCodeSize)} of the {Count(KernelFootprint.MaxByteCodeSize)} bytes that one assembly holds; "
            + (footprint.ByteCodeSize <= room ? $"fits beside the firmware, which leaves {Count(room)}" : $"too large beside the firmware, which leaves {Count(room)}: "
            + "prune it, or build it into an assembly of its own"));
        Row("executed per step", ilPerStep.ToString("0.0", CultureInfo.InvariantCulture) + $" IL instructions, counted on {inputs.Source}");
        Row("terms", $"{Count(kernel.TermCount)} of two products each; {Count(kernel.SkippedTermCount)} pairs are zero and left out");
        Row("heap", $"{Count(heap.Total)} bytes, none of them for the layers' weights: tables {Count(heap.Tables)}, state {Count(heap.State)}, "
            + $"head and logits {Count(heap.Head)}" + (heap.Embedding > 0 ? $", embedding {Count(heap.Embedding)}" : ""));
        Row("written", $"{outputPath}, {Count(Encoding.UTF8.GetByteCount(kernel.Source))} bytes");
        AnsiConsole.Write(table);
        return 0;
    }
}
