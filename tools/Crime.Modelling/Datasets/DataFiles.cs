// The files of a folder that can be data. Files that people put beside data are none: they would become classes.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Lists the files of a data set's folder.</summary>
internal static class DataFiles
{
    private static readonly string[] s_notes =
        ["readme", "read_me", "license", "licence", "licenses", "notes", "note", "changelog", "changes", "copying", "authors", "citation", "contributing", "notice"];

    private static readonly string[] s_notData = [".md", ".rst", ".pdf", ".png", ".jpg", ".svg", ".bak", ".tmp", ".partial", ".py", ".sh", ".ini", ".db"];

    /// <summary>Returns the files that can be data, in the order of their names. Hidden files and files of notes are left out.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="remarks">Receives a remark that names the files left out. Hidden files are not named.</param>
    public static string[] In(string folder, List<string> remarks)
    {
        string[] files = [.. Directory.GetFiles(folder).Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal)];
        string[] notes = [.. files.Where(IsNote)];
        if (notes.Length > 0) remarks.Add($"left out: {string.Join(", ", notes.Select(Path.GetFileName))}");
        return [.. files.Except(notes)];
    }

    private static bool IsNote(string file)
    {
        string name = Path.GetFileName(file).ToLowerInvariant();
        int dot = name.IndexOf('.');
        return name.EndsWith('~') || s_notData.Contains(Path.GetExtension(name)) || s_notes.Contains(dot < 0 ? name : name[..dot]);
    }
}
