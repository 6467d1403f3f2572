// A layer as the configuration of a model describes it.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import.Keras;

/// <summary>Advice that several refusals share.</summary>
internal static class KerasRemedy
{
    /// <summary>For a layer that has no place.</summary>
    public const string Listed = "docs/import.md lists the Keras layers that convert";

    /// <summary>For a file that does not fit together.</summary>
    public const string Save = "save the model again with model.save()";
}

/// <summary>A layer of a model.</summary>
internal sealed partial class KerasLayer : ISignalSource
{
    private readonly JsonElement _config;

    private KerasLayer(string className, string name, JsonElement config, JsonElement whole)
    {
        ClassName = className;
        Name = name;
        _config = config;
        Whole = whole;
    }

    /// <summary>Its class, such as LSTM.</summary>
    public string ClassName { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The name of its group in a .keras file: its class, with a number from the second one on.</summary>
    public string Key { get; private set; } = "";

    /// <summary>The entry of the layer, with what joins it to others.</summary>
    public JsonElement Whole { get; }

    /// <summary>Reads an entry of a list of layers.</summary>
    /// <exception cref="UserInputException">It is no layer.</exception>
    public static KerasLayer Of(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("class_name", out JsonElement kind) || kind.ValueKind != JsonValueKind.String
            || !entry.TryGetProperty("config", out JsonElement config) || config.ValueKind != JsonValueKind.Object)
            throw new UserInputException($"an entry of its layers has no class_name and config; {KerasRemedy.Save}");
        string className = kind.GetString()!;
        string? name = TextOf(config, "name") ?? TextOf(entry, "name");
        return new KerasLayer(className, name ?? className, config, entry);
    }

    /// <summary>Gives layers the names of their groups.</summary>
    public static void Number(IEnumerable<KerasLayer> layers)
    {
        var used = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (KerasLayer layer in layers)
        {
            string key = SnakeCase(layer.ClassName);
            int number = used[key] = used.GetValueOrDefault(key, -1) + 1;
            layer.Key = number == 0 ? key : $"{key}_{number}";
        }
    }

    /// <summary>Returns the layer that a layer wraps. It has the group of the layer around it.</summary>
    /// <param name="name">Its place in the configuration, as in "layer".</param>
    public KerasLayer Inner(string name)
    {
        KerasLayer inner = Of(Value(name) ?? throw Refuse($"its configuration has no '{name}'", KerasRemedy.Save));
        return new KerasLayer(inner.ClassName, Name, inner._config, inner.Whole) { Key = Key };
    }

    /// <summary>True when a part of the layer's weights is not its last one.</summary>
    public bool HasMoreParts(string part) => ClassName == "Bidirectional" && part.StartsWith("forward", StringComparison.Ordinal);

    /// <summary>Returns a setting; null when it is missing or null.</summary>
    public JsonElement? Value(string name) => _config.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Returns a setting that is true or false.</summary>
    public bool Flag(string name, bool otherwise) => Value(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Refuse($"its '{name}' is neither true nor false", KerasRemedy.Save),
    };

    /// <summary>Returns a setting that is a whole number above 0.</summary>
    public int Count(string name, int most) => Value(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int count) && count >= 1 && count <= most
        ? count
        : throw Refuse($"its '{name}' is {Value(name)?.ToString() ?? "missing"}; 1 to {most} are supported", KerasRemedy.Listed);

    /// <summary>Returns a setting that is a number.</summary>
    public double Real(string name, double otherwise) => Value(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) && double.IsFinite(number) => number,
        _ => throw Refuse($"its '{name}' is no number", KerasRemedy.Save),
    };

    /// <summary>Returns a setting that is a text.</summary>
    public string Text(string name, string otherwise) => Value(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        _ => throw Refuse($"its '{name}' is no text", KerasRemedy.Save),
    };

    /// <summary>Returns the name of a function. A function of Keras may stand as an object with its name.</summary>
    public string Function(string name, string otherwise)
    {
        JsonElement? value = Value(name);
        if (value is { ValueKind: JsonValueKind.Object } function && TextOf(function, "class_name") == "function" && TextOf(function, "config") is { } text)
            return text;
        // No function is the function that changes nothing.
        if (value == null) return _config.TryGetProperty(name, out _) ? "linear" : otherwise;
        return value is { ValueKind: JsonValueKind.String }
            ? value.Value.GetString()!
            : throw Refuse($"its '{name}' is a function of its own", KerasRemedy.Listed);
    }

    /// <summary>Returns the axes of a setting: one number or a list.</summary>
    public int[] Axes(string name, int otherwise) => Value(name) switch
    {
        null => [otherwise],
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out int axis) => [axis],
        { ValueKind: JsonValueKind.Array } value when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _))
            => [.. value.EnumerateArray().Select(item => item.GetInt32())],
        _ => throw Refuse($"its '{name}' is no axis", KerasRemedy.Save),
    };

    /// <summary>Returns sizes, -1 for an open one; null when the setting is missing.</summary>
    public int[]? Sizes(string name) => Value(name) is { } value ? SizesOf(value) ?? throw Refuse($"its '{name}' is no list of sizes", KerasRemedy.Save) : null;

    /// <summary>Returns a list of sizes, -1 for an open one; null for anything else.</summary>
    public static int[]? SizesOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 8) return null;
        var sizes = new List<int>();
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Null) sizes.Add(-1);
            else if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int size) && size >= -1) sizes.Add(size);
            else return null;
        }
        return [.. sizes];
    }

    /// <inheritdoc/>
    public UserInputException Refuse(string reason, string remedy) => new($"layer '{Name}' ({ClassName}): {reason}; {remedy}");

    private static string? TextOf(JsonElement from, string name) =>
        from.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Returns "simple_rnn" of "SimpleRNN", by the rule of Keras.</summary>
    private static string SnakeCase(string name) =>
        LowerToUpper().Replace(AnyToWord().Replace(NoWord().Replace(name, ""), "$1_$2"), "$1_$2").ToLowerInvariant();

    [GeneratedRegex(@"\W+", RegexOptions.CultureInvariant)]
    private static partial Regex NoWord();

    [GeneratedRegex("(.)([A-Z][a-z]+)", RegexOptions.CultureInvariant)]
    private static partial Regex AnyToWord();

    [GeneratedRegex("([a-z])([A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex LowerToUpper();
}
