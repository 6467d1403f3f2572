// crime settings: the reference of a board's settings.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Text;
using Crime.Cli.Outputs;
using Crime.Cli.Reference;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class SettingsVerb
{
    public static Command Create()
    {
        var search = new Argument<string?>("TEXT") { Description = "Shows only settings with this text in their key.", Arity = ArgumentArity.ZeroOrOne };
        var output = new Option<string?>("--output", "-o") { Description = "Markdown file to write, with all settings." };
        var json = new Option<bool>("--json") { Description = "Print the settings as JSON; with --output what was written." };
        var command = new Command(
            "settings",
            "Shows the settings of a board: values, unit, default, when a change counts, and the meaning.\n\n"
            + "Examples:\n  crime settings inputs\n  crime settings -o docs/settings.md")
        {
            search, output, json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(search), parsed.GetValue(output), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string? text, string? path, bool json)
    {
        IReadOnlyList<BoardSetting> all = BoardSettingsReference.All();
        if (path != null)
        {
            if (text != null) throw new UserInputException($"--output {path}: the file has all settings; leave '{text}' out");
            Output.WriteFile(path, Encoding.UTF8.GetBytes(SettingsDocument.Write(all)));
            if (json) Output.WriteJson(new { path, settings = all.Count });
            else AnsiConsole.WriteLine($"{path}: {all.Count} settings");
            return 0;
        }
        BoardSetting[] found = [.. all.Where(setting => text == null || setting.Key.Contains(text, StringComparison.OrdinalIgnoreCase))];
        if (found.Length == 0) throw new UserInputException($"no setting has '{text}' in its key{Suggestion.For(text!, all.Select(setting => setting.Key))}");
        if (json)
        {
            Output.WriteJson(new
            {
                settings = found.Select(setting => new
                {
                    setting.Key, setting.Values, setting.Unit, setting.Default, at_once = setting.IsAtOnce, over_the_air = setting.IsOverTheAir, setting.Meaning,
                }),
            });
            return 0;
        }
        foreach (BoardSetting setting in found)
        {
            string value = setting.Default.Length == 0 ? "" : $"  default {setting.Default}", unit = setting.Unit.Length == 0 ? "" : " " + setting.Unit;
            Console.Out.WriteLine($"{setting.Key}={setting.Values}{unit}{value}  ({SettingsDocument.Changes(setting)})");
            Console.Out.WriteLine($"    {setting.Meaning}");
        }
        return 0;
    }
}
