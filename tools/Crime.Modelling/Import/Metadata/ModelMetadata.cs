// Reads the metadata of a trained network: class names, normalisation and vocabulary. All file formats use the same keys.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Crime.Model;

namespace Crime.Modelling.Import.Metadata;

/// <summary>Metadata of a network file: texts by key. A list is JSON in the text.</summary>
/// <param name="entries">The metadata of a file.</param>
/// <param name="path">Name of the file in error messages.</param>
public sealed class ModelMetadata(IReadOnlyDictionary<string, string> entries, string path)
{
    /// <summary>The keys of a file that says itself how its layers are joined.</summary>
    public static IReadOnlyList<string> Keys { get; } = 
    [
        "classes", "feature_mean", "feature_std", "vocabulary_codepoints", "answer", "value_offset", "value_scale", "value_unit", "threshold", "normal",
        "forecast_steps", "forecast_channel",
    ];

    /// <summary>Returns the names of the classes, or their numbers if the file has no names.</summary>
    public IReadOnlyList<string> ClassNames(int classes)
    {
        if (!entries.TryGetValue("classes", out string? text))
            return Enumerable.Range(0, classes).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        string[] names = Json<string[]>("classes", text);
        if (names.Length != classes) throw new UserInputException($"{path}: metadata names {names.Length} classes, but the head has {classes} rows");
        return names;
    }

    /// <summary>Returns the texts of a list; empty if the file does not have the key.</summary>
    public IReadOnlyList<string> Texts(string key) => entries.TryGetValue(key, out string? text) ? Json<string[]>(key, text) : [];

    /// <summary>Returns the numbers of a list; empty if the file does not have the key.</summary>
    public IReadOnlyList<float> Numbers(string key)
    {
        float[] values = entries.TryGetValue(key, out string? text) ? Json<float[]>(key, text) : [];
        return values.All(float.IsFinite) ? values : throw new UserInputException($"{path}: metadata '{key}' holds a number that is not usable");
    }

    /// <summary>Returns a number; null if the file does not have the key.</summary>
    public float? Number(string key)
    {
        if (!entries.TryGetValue(key, out string? text)) return null;
        if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)) return value;
        throw new UserInputException($"{path}: metadata '{key}' is '{text}', which is no usable number");
    }

    /// <summary>Returns an entry as it is; null if the file does not have the key.</summary>
    public string? Text(string key) => entries.TryGetValue(key, out string? text) ? text : null;

    /// <summary>True when the file names two classes.</summary>
    public bool NamesTwoClasses => entries.TryGetValue("classes", out string? text) && Json<string[]>("classes", text).Length == 2;

    /// <summary>Returns one number per feature, or null if the file does not have the key.</summary>
    public float[]? Floats(string key, int count)
    {
        if (!entries.TryGetValue(key, out string? text)) return null;
        float[] values = Json<float[]>(key, text);
        if (values.Length != count) throw new UserInputException($"{path}: metadata '{key}' has {values.Length} numbers; {count} were expected");
        if (values.Any(value => !float.IsFinite(value)) || (key == "feature_std" && values.Any(value => value <= 0)))
            throw new UserInputException($"{path}: metadata '{key}' holds a number that is not usable");
        return values;
    }

    /// <summary>Returns the code points of the tokens of an embedding, without token 0, "unknown".</summary>
    public int[] CodePoints(int vocabulary)
    {
        if (!entries.TryGetValue("vocabulary_codepoints", out string? text))
            throw new UserInputException($"{path}: a model with an embedding needs the metadata 'vocabulary_codepoints': a JSON list with the code point of "
                + "each token from 1 on, as in [97,98,99] (docs/import.md shows how to save it)");
        int[] codePoints = Json<int[]>("vocabulary_codepoints", text);
        if (codePoints.Length != vocabulary - 1 || vocabulary > ModelFormat.MaxVocabulary)
            throw new UserInputException($"{path}: {codePoints.Length} code points do not fit an embedding of {vocabulary} tokens (token 0 is 'unknown')");
        return codePoints;
    }

    private T Json<T>(string key, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(text) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new UserInputException($"{path}: metadata '{key}' is not the JSON list it should be", e);
        }
    }
}
