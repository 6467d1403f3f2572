// crime compile: a model becomes code for the device.

using System;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Text;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Packaging;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;
using Crime.Packages;
using Crime.VirtualBoard.Loading;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class CompileVerb
{
    private const int PredictionSequences = 2;

    private const string Source = "cs";
    private const string Library = "dll";
    private const string Assemblies = "pe";
    private const string Package = "package";

    /// <summary>Extensions that choose a format.</summary>
    private static readonly (string Extension, string Format)[] s_extensions = [(".dll", Library), (".pe", Assemblies), (".kernel", Package)];

    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = "The model file; synthetic:INPUTSxHIDDEN for a model of the bench." };
        var output = new Option<string>("--output", "-o") { Description = "The file to write.", Required = true };
        var name = new Option<string?>("--class") { Description = "Name of the class; without it one made from the model's name." };
        var format = new Option<string?>("--format")
        {
            Description = "cs: C# for the firmware. dll: a .NET assembly. pe: a nanoFramework assembly that a board loads from memory. "
                + "package: such assemblies with golden vectors, as gateways serve them. Without it the extension of FILE decides: "
                + ".dll, .pe, .kernel (package), anything else cs.",
        };
        format.AcceptOnlyFromAmong(Source, Library, Assemblies, Package);
        var json = new Option<bool>("--json") { Description = "Print the sizes as JSON." };
        var command = new Command(
            "compile",
            "Compiles a model into straight-line code for the board: weights as literals, two rows to a number, zero pairs left out.\n"
            + "C#: put the file into firmware/apps/Gestures and add its class to BundledKernels there. The board uses it whenever its model\n"
            + "has these very weights. The assembly of a large kernel is divided: FILE.pe has the class, and the parts to load before it\n"
            + "are FILE.1.pe, FILE.2.pe and so on.\n\n"
            + "Examples:\n"
            + "  crime compile vowels.crime -o firmware/apps/Gestures/VowelsKernel.g.cs --class VowelsKernel\n"
            + "  crime compile vowels.crime --format pe -o vowels.pe\n"
            + "  crime compile vowels.crime -o vowels.kernel")
        {
            model, output, name, format, json,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(model), parsed.GetRequiredValue(output), parsed.GetValue(name), parsed.GetValue(format), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string modelPath, string outputPath, string? className, string? format, bool json)
    {
        byte[] bytes = ModelLoading.ReadModel(modelPath);
        ModelFile model = ModelLoading.Parse(bytes, modelPath);
        format ??= s_extensions.FirstOrDefault(item => outputPath.EndsWith(item.Extension, StringComparison.OrdinalIgnoreCase)).Format ?? Source;
        EmittedKernel kernel = KernelEmitter.Emit(model, className);
        byte[] library = DeviceCompiler.Compile(kernel.ClassName, kernel.Source);
        KernelFootprint footprint = KernelFootprint.Measure(library, model);
        // Several assemblies hold what one cannot.
        bool isForAir = format is Assemblies or Package;
        if (!isForAir) footprint.CheckFits(model);
        KernelAssemblies? assemblies = isForAir ? KernelAssemblies.Compile(model, className) : null;
        (string Path, byte[] Content)[] files = format switch
        {
            Library => [(outputPath, library)],
            Assemblies => PartFiles(outputPath, assemblies!),
            Package => [(outputPath, KernelPackager.Pack(model, assemblies!))],
            _ => [(outputPath, Encoding.UTF8.GetBytes(kernel.Source))],
        };
        CountedInputs inputs = CountedInputs.Random(model, PredictionSequences);
        IlCount count = new IlCounter(bytes, kernel).Count(CountedKernel.Compiled, inputs.Sequences);
        double ilPerStep = Math.Round((double)count.Total / (PredictionSequences * CountedInputs.RandomLength), 1);
        foreach ((string path, byte[] content) in files) Output.WriteFile(path, content);
        if (json) WriteJson(model, format, kernel, footprint, assemblies, ilPerStep, files);
        else WriteTable(model, kernel, footprint, assemblies, (ilPerStep, inputs.Source), files);
        return 0;
    }

    /// <summary>The last part, which has the class, under the given name; those before it with a number before the extension.</summary>
    private static (string Path, byte[] Content)[] PartFiles(string outputPath, KernelAssemblies assemblies)
    {
        string stem = outputPath.EndsWith(".pe", StringComparison.OrdinalIgnoreCase) ? outputPath[..^3] : outputPath;
        return assemblies.Parts.Select((part, index) => (index == assemblies.Parts.Count - 1 ? outputPath : $"{stem}.{index + 1}.pe", part)).ToArray();
    }

    private static void WriteJson(
        ModelFile model, string format, EmittedKernel kernel, KernelFootprint footprint, KernelAssemblies? assemblies, double ilPerStep,
        (string Path, byte[] Content)[] files)
    {
        HeapSize heap = footprint.HeapSize;
        Output.WriteJson(new
        {
            model = model.Name,
            id = model.Id.ToString("x8"),
            fixed_point_checksum = model.FixedPointChecksum().ToString("x8"),
            class_name = kernel.ClassName,
            format,
            il_bytes = footprint.ByteCodeSize,
            il_bytes_max = KernelFootprint.MaxByteCodeSize,
            il_bytes_beside_firmware = Room(),
            il_bytes_largest_method = footprint.LargestMethodSize,
            il_per_step = ilPerStep,
            methods = kernel.MethodCount,
            terms = kernel.TermCount,
            skipped_pairs = kernel.SkippedTermCount,
            heap_bytes = heap.Total + (assemblies?.SizeBytes ?? 0),
            heap_bytes_tables = heap.Tables,
            heap_bytes_state = heap.State,
            heap_bytes_front = heap.Front,
            heap_bytes_head = heap.Head,
            heap_bytes_embedding = heap.Embedding,
            heap_bytes_assemblies = assemblies?.SizeBytes ?? 0,
            parts = assemblies?.Parts.Select(part => part.Length),
            files = files.Select(file => new { path = file.Path, size = file.Content.Length }),
        });
    }

    private static void WriteTable(
        ModelFile model, EmittedKernel kernel, KernelFootprint footprint, KernelAssemblies? assemblies, (double PerStep, string Source) il,
        (string Path, byte[] Content)[] files)
    {
        HeapSize heap = footprint.HeapSize;
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        void Row(string label, string value) => table.AddRow(new Text(label), new Text(value));
        Row("model", $"{model.Name} (id {model.Id:x8}, fixed-point weights {model.FixedPointChecksum():x8})");
        Row("class", assemblies?.FullName ?? $"{kernel.FullName}, {kernel.MethodCount} method(s) per step");
        if (assemblies == null)
        {
            int room = Room();
            Row("byte code", $"{Count(footprint.ByteCodeSize)} of the {Count(KernelFootprint.MaxByteCodeSize)} bytes that one assembly holds; "
                + (footprint.ByteCodeSize <= room
                    ? $"fits beside the firmware, which leaves {Count(room)}"
                    : $"too large beside the firmware, which leaves {Count(room)}: prune it, or build it into an assembly of its own"));
        }
        else
        {
            string sizes = string.Join(", ", assemblies.Parts.Select(part => Count(part.Length)));
            Row("assemblies", $"{Count(assemblies.Parts.Count)} of at most {Count(KernelPackageFormat.MaxPartSize)} bytes: {sizes}");
        }
        Row("executed per step", il.PerStep.ToString("0.0", CultureInfo.InvariantCulture) + $" IL instructions, counted on {il.Source}");
        Row("terms", $"{Count(kernel.TermCount)} of two products each; {Count(kernel.SkippedTermCount)} pairs are zero and left out");
        Row("heap", $"{Count(heap.Total + (assemblies?.SizeBytes ?? 0))} bytes, none of them for tables of weights: activation tables {Count(heap.Tables)}, "
            + $"state {Count(heap.State)}, head and logits {Count(heap.Head)}" + (heap.Embedding > 0 ? $", embedding {Count(heap.Embedding)}" : "")
            + (assemblies != null ? $", loaded assemblies {Count(assemblies.SizeBytes)}" : ""));
        foreach ((string path, byte[] content) in files) Row("written", $"{path}, {Count(content.Length)} bytes");
        AnsiConsole.Write(table);
    }

    private static int Room() => KernelFootprint.MaxByteCodeSize - KernelFootprint.MeasureAssembly(DeviceAssemblies.Gestures);

    private static string Count(long value) => value.ToString(CultureInfo.InvariantCulture);
}
