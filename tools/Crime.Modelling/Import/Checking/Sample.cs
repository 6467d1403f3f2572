// An input of the original network and the output that it gave: what a conversion is checked with.

using System.Collections.Generic;
using System.Linq;

namespace Crime.Modelling.Import.Checking;

/// <summary>An array of numbers as a file holds it.</summary>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Values">The numbers, row-major.</param>
internal sealed record SampleArray(int[] Shape, double[] Values)
{
    /// <summary>The shape as a message writes it.</summary>
    public string ShapeText => "[" + string.Join(", ", Shape) + "]";
}

/// <summary>One input of the original network and its output.</summary>
/// <param name="Input">The input.</param>
/// <param name="Output">The output.</param>
internal sealed record Sample(SampleArray Input, SampleArray Output)
{
    private static readonly string[] s_inputs = ["input", "inputs", "x", "arr_0"];
    private static readonly string[] s_outputs = ["output", "outputs", "y", "logits", "pytorch", "arr_1"];

    /// <summary>Returns the sample among named arrays.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="arrays">The arrays by name.</param>
    public static Sample Of(string path, IReadOnlyDictionary<string, SampleArray> arrays)
    {
        SampleArray? Named(string[] names) => arrays.FirstOrDefault(entry => names.Contains(entry.Key.ToLowerInvariant())).Value;
        return Named(s_inputs) is { } input && Named(s_outputs) is { } output
            ? new Sample(input, output)
            : throw new UserInputException(
                $"{path}: it holds {(arrays.Count == 0 ? "no arrays" : string.Join(", ", arrays.Keys))}; 'input' and 'output' of the original were expected");
    }
}
