// The command line, read strictly: .NET's own provider drops what it does not understand, and a misspelt option would
// silently leave a default in place.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Crime.Gateway.Configuration;

/// <summary>Options of the form <c>--Section:Name=value</c> or <c>--Section:Name value</c>.</summary>
public static class CommandLine
{
    /// <summary>Names a file with settings. Not a setting itself: it cannot stand in such a file.</summary>
    public const string FileOption = "config";

    private const string Prefix = "--";
    private const string LogLevelPrefix = "Logging:LogLevel:";

    /// <summary>True when help is asked for.</summary>
    public static bool AsksForHelp(IEnumerable<string> arguments) =>
        arguments.Any(argument => argument is "--help" or "-h" or "-?" or "/?");

    /// <summary>Reads the options.</summary>
    /// <param name="arguments">As the program received them.</param>
    /// <param name="problems">Receives one line per argument that is not an option.</param>
    /// <returns>Values by configuration key. Paths are absolute: they are relative to where the command was typed.</returns>
    public static Dictionary<string, string?> Read(IReadOnlyList<string> arguments, List<string> problems)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string option = equals < 0 ? argument : argument[..equals];
            string? value = equals < 0 ? null : argument[(equals + 1)..];
            bool takesNext = equals < 0 && i + 1 < arguments.Count && !arguments[i + 1].StartsWith(Prefix, StringComparison.Ordinal);
            if (takesNext && option.StartsWith(Prefix, StringComparison.Ordinal)) value = arguments[++i];

            string? problem = Add(values, option, value);
            if (problem != null) problems.Add(problem);
        }
        return values;
    }

    /// <summary>What <c>--help</c> prints.</summary>
    public static string Usage()
    {
        var text = new StringBuilder();
        text.AppendLine("Crime.Gateway: answers inference requests of boards over MQTT, and hands out their models over HTTP.");
        text.AppendLine();
        text.AppendLine("Usage: Crime.Gateway [--Section:Name=value ...]");
        text.AppendLine();
        foreach (Setting setting in Settings.All)
        {
            text.AppendLine($"  --{setting.Name}=");
            text.AppendLine($"        {Sentence(setting.Meaning)}");
            string defaultText = setting.DefaultText.Length > 0 ? $" Default: {setting.DefaultText}" : "";
            text.AppendLine($"        {Sentence(setting.Accepted)}{defaultText}");
        }
        text.AppendLine("  --Logging:LogLevel:Default=");
        text.AppendLine("        What to log: Debug, Information, Warning or Error. Default: Information");
        text.AppendLine();
        text.AppendLine($"  --{FileOption}=");
        text.AppendLine("        A JSON file with settings, like the appsettings.json beside the program.");
        text.AppendLine();
        text.AppendLine("Each can also stand in appsettings.json beside the program, or in the environment: CRIME_Broker__Port=1883.");
        text.AppendLine("The file named wins over the one beside the program, the environment over both, the command line over all.");
        text.AppendLine("Exit code 2: it could not start as asked.");
        text.AppendLine();
        text.AppendLine("Example: Crime.Gateway --Broker:Mode=external --Broker:Host=192.168.1.10 --Models:Folder=out/models");
        return text.ToString();
    }

    private static string Sentence(string clause) => char.ToUpperInvariant(clause[0]) + clause[1..] + ".";

    private static string? Add(Dictionary<string, string?> values, string option, string? value)
    {
        string shown = GatewayOptions.Shown(option);
        if (!option.StartsWith(Prefix, StringComparison.Ordinal)) return $"'{shown}' is not an option (--help lists them)";
        string name = option[Prefix.Length..];
        Setting? setting = Settings.Find(name);
        bool isFile = name.Equals(FileOption, StringComparison.OrdinalIgnoreCase);
        if (isFile && string.IsNullOrEmpty(value)) return $"{shown}: has no value, it must be a JSON file with settings";
        if (setting == null && !isFile && !name.StartsWith(LogLevelPrefix, StringComparison.OrdinalIgnoreCase))
            return $"{shown}: no such option (--help lists them)";
        if (value == null) return $"{shown}: has no value" + (setting == null ? "" : $", it must be {setting.Accepted}");
        values[name] = (isFile || setting is { IsPath: true }) && value.Length > 0 && !value.Contains('\0') ? Path.GetFullPath(value) : value;
        return null;
    }
}
