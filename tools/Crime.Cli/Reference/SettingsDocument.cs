// docs/settings.md.

using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Crime.Cli.Reference;

/// <summary>Writes the reference of settings as Markdown.</summary>
internal static class SettingsDocument
{
    private const string Start = """
        # Settings of a board

        Lines of `key=value` in `I:\crime.cfg`, on the console (`set key=value`), or over the air (`crime board set`). [device.md](device.md#4-settings)
        describes how they are set, and which of them belong together. A board ignores a line that it does not understand, with one line on the console.

        This file is written by `crime settings -o docs/settings.md`. The program asks the parser of the firmware; a test compares.

        *At once*: the setting changes in a running board. *Restart*: the board restarts between two inputs. *Local*: the setting cannot be set over the air,
        where a wrong value would cut the board off.


        """;

    /// <summary>Returns the text of the file.</summary>
    /// <param name="settings">The settings.</param>
    public static string Write(IReadOnlyList<BoardSetting> settings)
    {
        var text = new StringBuilder(Start.ReplaceLineEndings("\n"));
        text.Append("| key | values | unit | default | changes | meaning |\n|---|---|---|---|---|---|\n");
        foreach (BoardSetting setting in settings)
        {
            string[] cells =
            [
                $"`{setting.Key}`", setting.Values.Replace("<", "&lt;"), setting.Unit, setting.Default.Length == 0 ? "" : $"`{setting.Default}`",
                Changes(setting), setting.Meaning,
            ];
            text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|"))).Append(" |\n");
        }
        return text.ToString();
    }

    /// <summary>Returns when a setting counts.</summary>
    public static string Changes(BoardSetting setting) => (setting.IsAtOnce ? "at once" : "restart") + (setting.IsOverTheAir ? "" : ", local");
}
