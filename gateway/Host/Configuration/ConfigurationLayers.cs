// Where settings come from: the file beside the program, a file named on the command line, the environment, the command line.
// The later wins. Layers are kept apart so that a message can say which of them a bad value stands in.

using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Crime.Gateway.Configuration;

/// <summary>The layers of a configuration, weakest first.</summary>
public sealed class ConfigurationLayers
{
    /// <summary>Name of the file beside the program.</summary>
    public const string FileName = "appsettings.json";

    private const string LoggingSection = "Logging";
    private const string EnvironmentSeparator = "__";

    private static readonly HashSet<string> s_sections =
        new(Settings.All.Select(setting => SectionOf(setting.Name)).Append(LoggingSection), StringComparer.OrdinalIgnoreCase);

    private readonly List<(Func<string, string> Origin, IConfiguration Values)> _layers = [];

    private ConfigurationLayers()
    {
    }

    /// <summary>All layers in one.</summary>
    public IConfiguration Merged { get; private set; } = null!;

    /// <summary>Reads all layers. One that cannot be read is left out, so that the mistakes in the others are found as well.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="problems">Receives one line per thing that cannot be read, and per section that nobody knows.</param>
    public static ConfigurationLayers Read(IReadOnlyList<string> arguments, List<string> problems)
    {
        var layers = new ConfigurationLayers();
        Dictionary<string, string?> commandLine = CommandLine.Read(arguments, problems);
        string bundled = Path.Combine(AppContext.BaseDirectory, FileName);
        if (File.Exists(bundled)) layers.AddFile(bundled, problems);
        if (commandLine.Remove(CommandLine.FileOption, out string? file)) layers.AddFile(file!, problems);
        layers.AddEnvironment(problems);
        layers.Add(_ => "on the command line", new ConfigurationBuilder().AddInMemoryCollection(commandLine).Build());
        var merged = new ConfigurationBuilder();
        foreach (var (_, values) in layers._layers) merged.AddConfiguration(values);
        layers.Merged = merged.Build();
        return layers;
    }

    /// <summary>Where a value was set, to follow "set"; null where the default holds.</summary>
    public string? OriginOf(string key) =>
        Enumerable.Reverse(_layers).Where(layer => layer.Values[key] != null).Select(layer => layer.Origin(key)).FirstOrDefault();

    private static string SectionOf(string key) => key.Split(':')[0];

    private void Add(Func<string, string> origin, IConfiguration values) => _layers.Add((origin, values));

    private void AddFile(string path, List<string> problems)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            IConfigurationRoot values = new ConfigurationBuilder().AddJsonStream(stream).Build();
            foreach (var (key, value) in values.AsEnumerable())
                if (value != null && !s_sections.Contains(SectionOf(key)))
                    problems.Add($"{GatewayOptions.Shown(key)}: no such setting (--help lists them), set in {path}");
            Add(_ => $"in {path}", values);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or JsonException)
        {
            string reason = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.GetBaseException().Message;
            problems.Add($"{GatewayOptions.Shown(path)}: cannot be read, it must be a JSON file with settings: {reason}");
        }
    }

    /// <summary>Variables that have the prefix but not the form of a setting belong to somebody else.</summary>
    private void AddEnvironment(List<string> problems)
    {
        foreach (string name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => (string)entry.Key))
        {
            if (!name.StartsWith(Settings.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            string key = name[Settings.EnvironmentPrefix.Length..].Replace(EnvironmentSeparator, ":", StringComparison.Ordinal);
            if (key.Contains(':', StringComparison.Ordinal) && !s_sections.Contains(SectionOf(key)))
                problems.Add($"{GatewayOptions.Shown(name)}: no such setting (--help lists them), set in the environment");
        }
        Add(
            key => $"in the environment as {Settings.EnvironmentPrefix}{key.Replace(":", EnvironmentSeparator, StringComparison.Ordinal)}",
            new ConfigurationBuilder().AddEnvironmentVariables(Settings.EnvironmentPrefix).Build());
    }
}
