// Reads YAML strictly: every key is known, every number in its range, and what is wrong is said with its line.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Crime.Modelling;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Crime.Simulation.Reading;

/// <summary>A mapping of a YAML file. A key that nobody asked for is a mistake: <see cref="Finish"/> says so.</summary>
internal sealed class YamlSection
{
    private readonly Dictionary<string, (YamlNode Key, YamlNode Value)> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly string _name;
    private readonly long _line;

    private YamlSection(string path, YamlNode node, string name)
    {
        _path = path;
        _name = name;
        _line = node.Start.Line;
        if (node is not YamlMappingNode mapping) throw Wrong(node, $"{name} must be keys with values, such as 'id: hub'");
        foreach (var (key, value) in mapping)
            if (!_entries.TryAdd(Text(key), (key, value))) throw Wrong(key, $"'{Text(key)}' is there twice");
    }

    /// <summary>Reads a file that holds one mapping.</summary>
    /// <exception cref="UserInputException">It does not.</exception>
    public static YamlSection Read(string path, string name)
    {
        if (!File.Exists(path)) throw new UserInputException($"{path}: no such file");
        var stream = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            stream.Load(reader);
        }
        catch (YamlException e)
        {
            throw new UserInputException($"{path}:{e.Start.Line}: no YAML: {(e.InnerException ?? e).Message}", e);
        }
        if (stream.Documents.Count != 1) throw new UserInputException($"{path}:1: must hold one YAML document; it holds {stream.Documents.Count}");
        return new YamlSection(path, stream.Documents[0].RootNode, name);
    }

    /// <summary>Keys in the order of the file.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>A mistake in the value of a key.</summary>
    public UserInputException WrongIn(string key, string what) => Wrong(_entries[key].Value, what);

    /// <summary>A word.</summary>
    public string Word(string key, string? fallback = null)
    {
        if (!TryTake(key, fallback != null, out YamlNode? node)) return fallback!;
        string text = Text(node);
        if (text.Length == 0) throw Wrong(node, $"'{key}' is empty");
        return text;
    }

    /// <summary>One of a few words.</summary>
    public T OneOf<T>(string key, T? fallback = null) where T : struct, Enum
    {
        if (!TryTake(key, fallback != null, out YamlNode? node)) return fallback!.Value;
        string text = Text(node);
        foreach (T value in Enum.GetValues<T>())
            if (NameOf(value) == text) return value;
        throw Wrong(node, $"'{key}' is '{text}'; allowed are {string.Join(", ", Enum.GetValues<T>().Select(NameOf))}");
    }

    /// <summary>A number in a range.</summary>
    public double Number(string key, double min, double max, double? fallback = null) =>
        TryTake(key, fallback != null, out YamlNode? node) ? Number(key, node, min, max) : fallback!.Value;

    /// <summary>A list of numbers in a range; empty where it is absent.</summary>
    public IReadOnlyList<double> Numbers(string key, double min, double max) =>
        Items(key, isOptional: true).Select(item => Number(key, item, min, max)).ToList();

    private double Number(string key, YamlNode node, double min, double max)
    {
        string text = Text(node);
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if (!isNumber || !(value >= min && value <= max))
            throw Wrong(node, string.Create(CultureInfo.InvariantCulture, $"'{key}' is '{text}'; allowed is a number from {min} to {max}"));
        return value;
    }

    /// <summary>A whole number in a range.</summary>
    public int Whole(string key, int min, int max, int? fallback = null)
    {
        if (!TryTake(key, fallback != null, out YamlNode? node)) return fallback!.Value;
        string text = Text(node);
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) || value < min || value > max)
            throw Wrong(node, $"'{key}' is '{text}'; allowed is a whole number from {min} to {max}");
        return value;
    }

    /// <summary>A section below; null where it may be absent and is.</summary>
    public YamlSection? Section(string key, bool isOptional = false) =>
        TryTake(key, isOptional, out YamlNode? node) ? new YamlSection(_path, node, $"'{key}'") : null;

    /// <summary>A list of sections; empty where it may be absent and is.</summary>
    public IReadOnlyList<YamlSection> Sections(string key, bool isOptional = false) =>
        Items(key, isOptional).Select(item => new YamlSection(_path, item, $"an entry of '{key}'")).ToList();

    /// <summary>A list of words.</summary>
    public IReadOnlyList<string> Words(string key) => Items(key, isOptional: false).Select(Text).ToList();

    /// <summary>Complains about what nobody asked for.</summary>
    public void Finish()
    {
        foreach (var (name, (key, _)) in _entries)
            if (!_asked.Contains(name)) throw Wrong(key, $"'{name}' is unknown here; allowed are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}");
    }

    /// <summary>How a value of an enum is written: lower case, words joined by hyphens.</summary>
    internal static string NameOf<T>(T value) where T : struct, Enum =>
        string.Concat(value.ToString().Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(letter) : letter.ToString()));

    private IEnumerable<YamlNode> Items(string key, bool isOptional)
    {
        if (!TryTake(key, isOptional, out YamlNode? node)) return [];
        if (node is not YamlSequenceNode { Children.Count: > 0 } list) throw Wrong(node, $"'{key}' must be a list with at least one entry");
        return list;
    }

    private bool TryTake(string key, bool isOptional, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out YamlNode? node)
    {
        _asked.Add(key);
        node = _entries.TryGetValue(key, out var entry) ? entry.Value : null;
        if (node == null && !isOptional) throw new UserInputException($"{_path}:{_line}: {_name} lacks '{key}'");
        return node != null;
    }

    private string Text(YamlNode node) =>
        node is YamlScalarNode scalar ? scalar.Value ?? "" : throw Wrong(node, "a single value is wanted here, not a list or keys");

    private UserInputException Wrong(YamlNode node, string what) => new($"{_path}:{node.Start.Line}: {what}");
}
