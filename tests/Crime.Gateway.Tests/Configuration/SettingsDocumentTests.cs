using System;
using System.IO;
using System.Linq;
using Crime.Gateway.Configuration;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Configuration;

public sealed class SettingsDocumentTests
{
    /// <summary>The table of docs/gateway.md is the table of the program: same settings, same order, same words.</summary>
    [Test]
    public void TheDocumentsTableIsTheProgramsOwn()
    {
        string[] rows = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "gateway.md"))
            .SkipWhile(line => !line.StartsWith("| setting |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|')).ToArray();
        Assert.That(rows, Is.EqualTo(Settings.All.Select(Row)));
    }

    private static string Row(Setting setting)
    {
        // The one default that depends on the machine.
        string value = setting == Settings.WorkersCount ? "cores - 1, at least 1" : setting.DefaultText.Length > 0 ? $"`{setting.DefaultText}`" : "";
        return $"| `{setting.Name}` | {setting.Meaning} | {setting.Accepted} | {value} |";
    }
}
