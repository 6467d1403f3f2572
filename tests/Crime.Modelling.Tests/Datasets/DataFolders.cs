using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Tests.Datasets;

/// <summary>Writes small data sets.</summary>
internal static class DataFolders
{
    /// <summary>Returns a new folder with files.</summary>
    public static string With(params (string Name, string Content)[] files)
    {
        string folder = Checkout.NewFolder();
        foreach ((string name, string content) in files)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content);
        }
        return folder;
    }

    /// <summary>Returns a .ts file of two channels.</summary>
    /// <param name="classes">Classes, by turns.</param>
    /// <param name="count">Its sequences.</param>
    /// <param name="header">Lines before "@data".</param>
    public static string Ts(string[] classes, int count = 12, string header = "") =>
        header + "@data\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"{i},2.5,1:4,{i},6:{classes[i % classes.Length]}\n"));

    /// <summary>Returns labelled lines.</summary>
    /// <param name="between">Between class and text.</param>
    /// <param name="count">Lines.</param>
    public static string Labelled(string between = "\t", int count = 20) =>
        string.Concat(Enumerable.Range(0, count).Select(i => $"{(i % 2 == 0 ? "on" : "off")}{between}turn it {i} please\n"));

    /// <summary>Returns lines of numbers.</summary>
    /// <param name="count">Lines.</param>
    /// <param name="width">Numbers a line.</param>
    /// <param name="first">First cell of a line by its number; null for none.</param>
    /// <param name="separator">Between two cells.</param>
    public static string Numbers(int count, int width, Func<int, string>? first = null, string separator = " ") =>
        string.Concat(Enumerable.Range(0, count).Select(line => string.Join(separator, Enumerable.Range(0, width)
            .Select(i => (line + 0.25 * i).ToString("0.00", CultureInfo.InvariantCulture)).Prepend(first?.Invoke(line)).Where(cell => cell != null)) + "\n"));
}
