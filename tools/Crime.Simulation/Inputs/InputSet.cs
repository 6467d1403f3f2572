// A network with the inputs it gets: what a timestep costs on a board and at a gateway, how many bytes it takes on the air,
// and how long inputs are.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Frames;
using Crime.Modelling;
using Crime.Simulation.Reading;

namespace Crime.Simulation.Inputs;

/// <summary>How a board computes a network.</summary>
public enum KernelKind
{
    /// <summary>Compiled into the firmware.</summary>
    Compiled,

    /// <summary>Read from a model file, such as one fetched over the air.</summary>
    Table,
}

/// <summary>Costs of a network on a board, in executed IL instructions.</summary>
/// <param name="PerStep">Per timestep read.</param>
/// <param name="PerOutputStep">Per timestep written; 0 for a classifier.</param>
/// <param name="PerInput">Per input, whatever its length.</param>
public sealed record KernelCost(double PerStep, double PerOutputStep, double PerInput);

/// <summary>A network and its inputs.</summary>
public sealed class InputSet
{
    private readonly Dictionary<KernelKind, KernelCost> _kernels = [];

    private InputSet(YamlSection section, string folder)
    {
        Name = section.Word("set");
        About = section.Word("about");
        BytesPerStep = section.Whole("bytes_per_step", 1, 2 * FrameFormat.MaxValuesPerStep);
        EncodeIlPerStep = section.Number("encode_il_per_step", 0, 1e6);
        EncodeIlPerInput = section.Number("encode_il_per_input", 0, 1e6);
        MacsPerStep = section.Number("macs_per_step", 1, 1e9);
        MacsPerOutputStep = section.Number("macs_per_output_step", 0, 1e9, 0);
        foreach (KernelKind kind in (KernelKind[])[KernelKind.Compiled, KernelKind.Table])
        {
            YamlSection kernel = section.Section(YamlSection.NameOf(kind))!;
            _kernels[kind] = new KernelCost(
                kernel.Number("il_per_step", 1, 1e9), kernel.Number("il_per_output_step", 0, 1e9, 0), kernel.Number("il_per_input", 0, 1e9));
            kernel.Finish();
        }
        section.Word("source");
        Lengths = LengthDistribution.Load(Path.Combine(folder, section.Word("lengths")));
        section.Finish();
        int longest = RequestFrame.LongestLength(BytesPerStep, 0);
        if (Lengths.MaxLength > longest)
            throw new UserInputException(
                $"{Name}: inputs of {Lengths.MaxLength} timesteps, and a request carries at most {longest} of {BytesPerStep} bytes; leave the long ones out");
    }

    private InputSet(
        string name, int bytesPerStep, KernelCost encode, IReadOnlyDictionary<KernelKind, KernelCost> kernels, int alphaNs,
        LengthDistribution lengths)
    {
        Name = name;
        About = name + ", costs as measured";
        BytesPerStep = bytesPerStep;
        EncodeIlPerStep = encode.PerStep;
        EncodeIlPerInput = encode.PerInput;
        MacsPerStep = alphaNs;
        Lengths = lengths;
        foreach (var (kind, cost) in kernels) _kernels[kind] = cost;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it is, in one line.</summary>
    public string About { get; }

    /// <summary>Bytes of a request per timestep.</summary>
    public int BytesPerStep { get; }

    /// <summary>Executed IL to write a request, per timestep.</summary>
    public double EncodeIlPerStep { get; }

    /// <summary>Executed IL to write a request, apart from its timesteps.</summary>
    public double EncodeIlPerInput { get; }

    /// <summary>Multiply-accumulates per timestep read.</summary>
    public double MacsPerStep { get; }

    /// <summary>Multiply-accumulates per timestep written; 0 for a classifier.</summary>
    public double MacsPerOutputStep { get; }

    /// <summary>How long inputs are.</summary>
    public LengthDistribution Lengths { get; }

    /// <summary>What it costs on a board.</summary>
    public KernelCost Kernel(KernelKind kind) => _kernels[kind];

    /// <summary>Reads a set.</summary>
    /// <exception cref="UserInputException">The file is no set; the message says where.</exception>
    public static InputSet Load(string path) => new(YamlSection.Read(path, "an input set"), Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>A set whose costs were measured on running boards and a running gateway.</summary>
    /// <param name="name">What was run.</param>
    /// <param name="bytesPerStep">Bytes of a request per timestep.</param>
    /// <param name="encode">Executed IL to write a request.</param>
    /// <param name="kernels">Executed IL to compute an input, per kind of kernel that boards of the scenario have.</param>
    /// <param name="gatewayAlphaNs">Time per timestep at the gateway in ns: the gateway's kind counts it at 1 ns per multiply-accumulate.</param>
    /// <param name="lengths">How long inputs are.</param>
    public static InputSet Measured(
        string name, int bytesPerStep, KernelCost encode, IReadOnlyDictionary<KernelKind, KernelCost> kernels, int gatewayAlphaNs,
        LengthDistribution lengths) => new(name, bytesPerStep, encode, kernels, gatewayAlphaNs, lengths);

    /// <summary>The sets in a folder, by name.</summary>
    public static IReadOnlyList<InputSet> LoadAll(string folder) =>
        Directory.GetFiles(folder, "*.yaml").Order(System.StringComparer.Ordinal).Select(Load).ToList();
}
