using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.DeviceCode.Rules;

namespace Crime.DeviceCode.Tests;

/// <summary>Small sources that the gate checks.</summary>
internal static class Planted
{
    private const string Mark = "/*!*/";

    /// <summary>Returns what the gate finds in a source of one file.</summary>
    public static IReadOnlyList<Finding> Check(string source)
    {
        string folder = Path.Combine(Path.GetTempPath(), "crime-gate-" + Guid.NewGuid().ToString("n"));
        Directory.CreateDirectory(folder);
        try
        {
            File.WriteAllText(Path.Combine(folder, "Planted.cs"), source);
            return DeviceGate.CheckFolder(folder).Findings;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Returns what the gate finds in the members of a class, which has a topic to compare with and a log to write to.</summary>
    public static IReadOnlyList<Finding> CheckMembers(string members) => Check(
        "using System;\nnamespace Planted\n{\npublic class Sample\n{\npublic static void Log(string text) { Console.WriteLine(text); }\n" + members + "\n}\n}\n");

    /// <summary>Returns the lines of the findings.</summary>
    public static int[] LinesOf(IEnumerable<Finding> findings) => findings.Select(found => found.Line).Distinct().Order().ToArray();

    /// <summary>Returns the lines of a source that carry the mark.</summary>
    public static int[] MarkedLines(string members) => members.Split('\n')
        .Select((line, index) => (line, index)).Where(item => item.line.Contains(Mark)).Select(item => item.index + 7).ToArray();
}
