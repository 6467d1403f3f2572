// What each class of instructions costs on a board: a line per class, with where it comes from.

using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;
using Crime.Modelling.Counting;
using Crime.VirtualBoard;

namespace Crime.Modelling.Prediction;

/// <summary>Cost of a class of instructions.</summary>
/// <param name="Ns">Time of one in ns, at least 0.</param>
/// <param name="LowNs">Lower end of its 95 % confidence interval; null when it was not fitted.</param>
/// <param name="HighNs">Upper end.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Confidence">"published", "measured" or "estimate".</param>
public sealed record OperationCost(
    double Ns, string Source, string Confidence,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LowNs = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? HighNs = null);

/// <summary>Costs of all classes of instructions.</summary>
public sealed class OperationTable
{
    /// <summary>Makes a table.</summary>
    /// <param name="costs">A cost for every class of <see cref="Operation.All"/>.</param>
    /// <exception cref="JsonException">One is missing, unknown, or no cost; the message says which.</exception>
    public OperationTable(IReadOnlyDictionary<string, OperationCost> costs)
    {
        string[] missing = Operation.All.Where(name => !costs.ContainsKey(name)).ToArray(), unknown = costs.Keys.Except(Operation.All).ToArray();
        if (missing.Length > 0) throw new JsonException($"'operations' lacks {string.Join(", ", missing)}");
        if (unknown.Length > 0) throw new JsonException($"'operations' has {string.Join(", ", unknown)}, which is no class of instructions");
        foreach (var (name, cost) in costs)
            if (!(cost.Ns >= 0 && double.IsFinite(cost.Ns))) throw new JsonException($"'operations' has {name} at {cost.Ns} ns");
        Costs = costs;
    }

    /// <summary>Cost by class.</summary>
    public IReadOnlyDictionary<string, OperationCost> Costs { get; }

    /// <summary>The table of a board of which only the mean cost of an instruction is known.</summary>
    /// <param name="profile">The board.</param>
    /// <remarks>Prices as the virtual board does: every instruction alike, and a call into a library as so many more.</remarks>
    public static OperationTable Uniform(BoardProfile profile)
    {
        ProfileNumber perIl = profile.Numbers["cpu_us_per_il"];
        OperationCost Of(string name) => new(
            perIl.Value * 1000 * InstructionsOf(name, profile.LibraryCallIl),
            $"cpu_us_per_il of this profile, every instruction alike: {perIl.Source}", perIl.Confidence);
        return new OperationTable(Operation.All.ToDictionary(name => name, Of));
    }

    /// <summary>Time of executed instructions.</summary>
    /// <param name="operations">How many of each class.</param>
    /// <returns>Nanoseconds.</returns>
    public double Nanoseconds(IEnumerable<KeyValuePair<string, double>> operations) => operations.Sum(pair => pair.Value * Costs[pair.Key].Ns);

    /// <inheritdoc cref="Nanoseconds(IEnumerable{KeyValuePair{string, double}})"/>
    public double Nanoseconds(IlCount count) => count.ByOperation.Sum(pair => pair.Value * Costs[pair.Key].Ns);

    /// <summary>Instructions that a class stands for: a call has its return in it.</summary>
    private static int InstructionsOf(string name, int libraryCallIl) => name switch
    {
        Operation.StaticCall or Operation.InstanceCall or Operation.VirtualCall or Operation.InterfaceCall or Operation.NewObject => 2,
        Operation.LibraryCall => 1 + libraryCallIl,
        _ => 1,
    };
}
