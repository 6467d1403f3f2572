// Continues a .ts file. What is in the file stays as it is, letter by letter: its comments, and numbers with more digits than a float has.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Adds sequences to the text of a <c>.ts</c> file.</summary>
internal static class TsAppend
{
    private const string ClassTag = "@classlabel";

    /// <summary>Returns the text of a new file.</summary>
    /// <param name="name">Name of the data set.</param>
    /// <param name="sequence">The first sequence.</param>
    /// <param name="classes">All class names.</param>
    /// <param name="rateMilliHz">Timesteps per 1000 s; 0 where it is not known.</param>
    public static string New(string name, LabelledSequence sequence, IReadOnlyList<string> classes, int rateMilliHz)
    {
        string text = System.Text.Encoding.UTF8.GetString(TsFile.ToBytes(name, [sequence], classes));
        return rateMilliHz == 0 ? text : TsHeader.RateLine(rateMilliHz) + "\n" + text;
    }

    /// <summary>Returns the text with one more sequence.</summary>
    /// <param name="text">Text of a file that can be read.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="namesTakes">True when the text names the take of each of its sequences.</param>
    public static string Add(string text, LabelledSequence sequence, bool namesTakes)
    {
        var writer = new StringWriter { NewLine = "\n" };
        if (namesTakes)
        {
            int first = Lines(text).First(line => line.Text.StartsWith('@')).Start;
            writer.Write(text[..first]);
            writer.WriteLine(TsHeader.TakeLine(sequence.Take!, 1));
            writer.Write(text[first..]);
        }
        else
        {
            writer.Write(text);
        }
        if (!text.EndsWith('\n')) writer.WriteLine();
        TsFile.WriteSequence(writer, sequence);
        return writer.ToString();
    }

    /// <summary>Returns the text with all classes in its header. A header without classes stays as it is.</summary>
    /// <param name="text">Text of a file that can be read.</param>
    /// <param name="classes">The class names.</param>
    public static string WithClasses(string text, IReadOnlyList<string> classes)
    {
        (string Text, int Start)? found = Lines(text).Cast<(string Text, int Start)?>().FirstOrDefault(
            line => line!.Value.Text.StartsWith(ClassTag, StringComparison.OrdinalIgnoreCase));
        if (found is not (string header, int start)) return text;
        string[] words = header.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string[] known = words[Math.Min(2, words.Length)..];
        // A name with blanks is several words.
        string[] added = [.. classes.Where(name => !name.Split(' ').All(known.Contains))];
        return added.Length == 0 || known.Length == 0 ? text : text.Insert(start + header.TrimEnd().Length, " " + string.Join(' ', added));
    }

    private static IEnumerable<(string Text, int Start)> Lines(string text)
    {
        for (int start = 0, end; start < text.Length; start = end + 1)
        {
            end = text.IndexOf('\n', start);
            if (end < 0) end = text.Length;
            yield return (text[start..end], start);
        }
    }
}
