// Weights by layer. A .keras file has a group for each layer, named by class and number, with its weights as 0, 1, 2 below. A .h5 file
// has a group for each layer, named as the layer, with a list of the weights' names in order.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Hdf5;
using static System.FormattableString;

namespace Crime.Modelling.Import.Keras;

/// <summary>The weights of a model.</summary>
internal abstract class KerasWeights
{
    /// <summary>Returns the weights of a part of a layer, in order.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="part">Path of the part within the layer, as in "forward_layer/cell"; empty for the layer itself.</param>
    /// <param name="names">The names of the weights that the part has to have.</param>
    public Hdf5Array[] Take(KerasLayer layer, string part, params string[] names)
    {
        Hdf5Array[] arrays = Read(layer, part, names);
        for (int n = 0; n < arrays.Length; n++)
            if (arrays[n].Values.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
                throw layer.Refuse($"its weight '{names[n]}' holds NaN or infinity", KerasRemedy.Save);
        return arrays;
    }

    /// <summary>Reads the weights of a part of a layer.</summary>
    protected abstract Hdf5Array[] Read(KerasLayer layer, string part, string[] names);

    /// <summary>Returns the refusal of a layer that has other weights than its configuration asks for.</summary>
    protected static UserInputException Missing(KerasLayer layer, string part, string[] names, string found) =>
        layer.Refuse($"its weights {(part.Length > 0 ? $"({part}) " : "")}are {found}; {string.Join(", ", names)} were expected", KerasRemedy.Save);
}

/// <summary>The weights of a .keras file.</summary>
/// <param name="file">Its model.weights.h5.</param>
internal sealed class NumberedWeights(Hdf5File file) : KerasWeights
{
    // The second is what TensorFlow 2.12 and 2.13 wrote.
    private static readonly string[] s_roots = ["layers", "_layer_checkpoint_dependencies"];

    /// <inheritdoc/>
    protected override Hdf5Array[] Read(KerasLayer layer, string part, string[] names)
    {
        string below = $"{layer.Key}/{part}/vars";
        Hdf5Object? group = s_roots.Select(root => file.Find($"{root}/{below}")).FirstOrDefault(found => found != null);
        int count = group == null ? 0 : file.Names(group).Count();
        if (group == null || count != names.Length) throw Missing(layer, part, names, Invariant($"{count} in number"));
        return [.. names.Select((name, n) => (file.Find(group, Invariant($"{n}"))
            ?? throw Missing(layer, part, names, $"without a '{n}'")).Read())];
    }
}

/// <summary>The weights of a .h5 file.</summary>
/// <param name="file">The file.</param>
/// <param name="root">Its group model_weights.</param>
internal sealed class NamedWeights(Hdf5File file, Hdf5Object root) : KerasWeights
{
    private const int MaxParts = 8;

    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override Hdf5Array[] Read(KerasLayer layer, string part, string[] names)
    {
        Hdf5Object group = file.Find(root, layer.Name) ?? throw Missing(layer, part, names, "not in the file");
        string[] all = Names(group);
        // The parts of a layer come one after the other.
        int start = _taken.GetValueOrDefault(layer.Name);
        _taken[layer.Name] = start + names.Length;
        string[] own = [.. all.Skip(start).Take(names.Length)];
        bool fits = own.Length == names.Length && !own.Where((name, n) => LastPart(name) != names[n]).Any();
        if (!fits || (!layer.HasMoreParts(part) && all.Length > start + names.Length))
            throw Missing(layer, part, names, all.Length == 0 ? "not in the file" : string.Join(", ", all.Take(MaxParts)));
        return [.. own.Select(name => (file.Find(group, name) ?? throw Missing(layer, part, names, $"without '{name}'")).Read())];
    }

    private static string[] Names(Hdf5Object group)
    {
        if (group.Texts("weight_names") is { } names) return names;
        // A list of more than 64 KiB is cut into several.
        var all = new List<string>();
        for (int n = 0; group.Texts($"weight_names{n}") is { } some; n++) all.AddRange(some);
        return [.. all];
    }

    /// <summary>Returns "kernel" of "lstm/lstm_cell/kernel:0".</summary>
    private static string LastPart(string name)
    {
        string last = name[(name.LastIndexOf('/') + 1)..];
        int colon = last.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? last : last[..colon];
    }
}
