// The .ts text format of UEA, sktime and aeon: after "@data", one sequence a line, its channels separated by ':', the
// samples of a channel by ',', the class last. May be gzipped.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;

namespace Crime.Modelling.Datasets;

/// <summary>Reads and writes <c>.ts</c> and <c>.ts.gz</c> files.</summary>
public static class TsFile
{
    /// <summary>Reads all sequences of a file with one class for each.</summary>
    /// <exception cref="UserInputException">The file cannot be read or a line is malformed, or it has other labels; the message names the line.</exception>
    public static List<LabelledSequence> Read(string path)
    {
        Dataset set = ReadSet(path);
        return set.Labels == LabelKind.Class ? [.. set.Train] : throw new UserInputException($"{set.LabelsWhere}: {set.LabelsText}; only classes are read here");
    }

    /// <summary>Reads all sequences of a file, whatever their labels.</summary>
    /// <returns>The sequences as a training part, and what the header says of their labels.</returns>
    /// <exception cref="UserInputException">The file cannot be read or a line is malformed; the message names the line.</exception>
    public static Dataset ReadSet(string path)
    {
        var sequences = new List<LabelledSequence>();
        var header = new TsHeader();
        var takes = new List<string>();
        bool inData = false;
        int features = 0;
        foreach (TextLine line in TextLines.Read(path))
        {
            ReadOnlySpan<char> text = line.Text.AsSpan().Trim();
            if (text[0] is '#' or '%')
            {
                if (TsHeader.TryReadTake(line.Text, out string take, out int takeCount)) takes.AddRange(Enumerable.Repeat(take, takeCount));
                continue;
            }
            if (!inData)
            {
                if (text[0] != '@') throw new UserInputException($"{line.Where}: data before the line '@data'");
                inData = header.Read(line);
                continue;
            }
            var sequence = ParseLine(text, sequences.Count, line.Where);
            int count = sequence.Features.Length / sequence.Length;
            header.Check(sequence.Label, count, line.Where);
            if (features != 0 && count != features)
                throw new UserInputException($"{line.Where}: {count} channels where the lines before have {features}");
            features = count;
            sequences.Add(WithLabel(sequence, header, sequences.Count == 0 ? 0 : sequences[0].Values.Length, line.Where));
        }
        if (!inData) throw new UserInputException($"{path}: no line '@data' (not a .ts file, or truncated)");
        if (sequences.Count == 0) throw new UserInputException($"{path}: no sequence after '@data'");
        // Comments that do not fit were made for other sequences.
        if (takes.Count == sequences.Count)
            for (int i = 0; i < takes.Count; i++) sequences[i] = sequences[i] with { Take = takes[i] };
        return new Dataset(Path.GetFileName(path), IsText: false, features, sequences, [])
        {
            Labels = header.Labels,
            LabelsWhere = header.LabelsWhere,
            ValueNames = header.ValueNames.Length > 0 ? header.ValueNames : NamesOf(sequences[0].Values.Length),
        };
    }

    /// <summary>Returns the names of values that have none: "value", or "value 1", "value 2" and so on.</summary>
    /// <param name="count">Values; 0 for classes.</param>
    internal static string[] NamesOf(int count) =>
        count == 1 ? ["value"] : [.. Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"value {number}"))];

    private static LabelledSequence WithLabel(LabelledSequence sequence, TsHeader header, int valueCount, string where)
    {
        if (header.Labels == LabelKind.Class) return sequence;
        if (header.Labels == LabelKind.Values) return sequence with { Values = ParseValues(sequence.Label, header.ValueNames.Length, valueCount, where) };
        string[] classes = StepLabels.Parse(sequence.Label, sequence.Length, where);
        foreach (string name in classes.Distinct()) header.CheckClass(name, where);
        return sequence with { StepClasses = classes };
    }

    private static float[] ParseValues(string label, int nameCount, int before, string where)
    {
        string[] cells = label.Split(',', StringSplitOptions.TrimEntries);
        var values = new float[cells.Length];
        for (int i = 0; i < values.Length; i++)
            if (!float.TryParse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]) || !float.IsFinite(values[i]))
                throw new UserInputException($"{where}: '{cells[i]}' is no value: after the last ':' a regression set has numbers");
        if (nameCount > 0 && values.Length != nameCount)
            throw new UserInputException($"{where}: {values.Length} values, where the header names {nameCount} (@targetLabel)");
        if (before > 0 && values.Length != before) throw new UserInputException($"{where}: {values.Length} values where the lines before have {before}");
        return values;
    }

    private static LabelledSequence ParseLine(ReadOnlySpan<char> text, int index, string where)
    {
        int labelAt = text.LastIndexOf(':');
        if (labelAt < 0) throw new UserInputException($"{where}: no ':' between the channels and the class");
        string label = text[(labelAt + 1)..].Trim().ToString();
        var channels = new List<float[]>();
        foreach (Range channel in text[..labelAt].Split(':'))
        {
            var samples = new List<float>();
            foreach (Range sample in text[channel].Split(','))
            {
                ReadOnlySpan<char> number = text[channel][sample].Trim();
                if (number is "?" || number.Equals("NaN", StringComparison.OrdinalIgnoreCase))
                    throw new UserInputException($"{where}: missing values are not supported ('{number}'); fill them in, or remove the sequence");
                if (number.StartsWith('('))
                    throw new UserInputException($"{where}: time stamps are not supported; write the samples at a fixed rate without them");
                if (!float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) || !float.IsFinite(value))
                {
                    string empty = text[channel].Trim().IsEmpty ? $": channel {channels.Count + 1} is empty" : "";
                    throw new UserInputException($"{where}: '{number}' is not a number{empty}");
                }
                samples.Add(value);
            }
            if (channels.Count > 0 && samples.Count != channels[0].Length)
                throw new UserInputException($"{where}: channel {channels.Count + 1} has {samples.Count} samples, the first has {channels[0].Length}; "
                    + "channels of different length are not supported");
            channels.Add(samples.ToArray());
        }
        int length = channels[0].Length, features = channels.Count;
        var values = new float[length * features];
        for (int step = 0; step < length; step++)
            for (int feature = 0; feature < features; feature++) values[step * features + feature] = channels[feature][step];
        return new LabelledSequence(index, label, length, values, []);
    }

    /// <summary>Writes sequences of features.</summary>
    /// <param name="path">The file; gzipped when it ends with .gz.</param>
    /// <param name="problemName">Name for the header.</param>
    /// <param name="sequences">The sequences.</param>
    /// <param name="classes">All class names, for the header.</param>
    public static void Write(string path, string problemName, IReadOnlyList<LabelledSequence> sequences, IReadOnlyList<string> classes)
    {
        using Stream file = File.Create(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.SmallestSize) : file;
        Write(stream, problemName, sequences, classes);
    }

    /// <summary>Returns the bytes of a file, not gzipped.</summary>
    /// <param name="problemName">Name for the header.</param>
    /// <param name="sequences">The sequences, one or more.</param>
    /// <param name="classes">All class names, for the header; of values their names.</param>
    /// <param name="labels">The kind of the labels.</param>
    /// <exception cref="UserInputException">A class has a name that the format cannot hold.</exception>
    public static byte[] ToBytes(
        string problemName, IReadOnlyList<LabelledSequence> sequences, IReadOnlyList<string> classes, LabelKind labels = LabelKind.Class)
    {
        string? bad = classes.FirstOrDefault(name => name.Length == 0 || name.AsSpan().ContainsAny(":\r\n") || name != name.Trim());
        if (bad != null) throw new UserInputException($"class '{bad}': a .ts file holds no class with a colon, with blanks around it, or without a name; rename it");
        using var stream = new MemoryStream();
        Write(stream, problemName, sequences, classes, labels);
        return stream.ToArray();
    }

    private static void Write(
        Stream stream, string problemName, IReadOnlyList<LabelledSequence> sequences, IReadOnlyList<string> classes, LabelKind labels = LabelKind.Class)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        int features = sequences[0].Features.Length / sequences[0].Length;
        if (sequences.All(sequence => sequence.Take != null))
        {
            for (int start = 0, end; start < sequences.Count; start = end)
            {
                for (end = start + 1; end < sequences.Count && sequences[end].Take == sequences[start].Take;) end++;
                writer.WriteLine(TsHeader.TakeLine(sequences[start].Take!, end - start));
            }
        }
        writer.WriteLine($"@problemName {problemName}");
        writer.WriteLine("@timeStamps false");
        writer.WriteLine("@missing false");
        writer.WriteLine($"@univariate {(features == 1 ? "true" : "false")}");
        writer.WriteLine($"@dimensions {features}");
        writer.WriteLine("@equalLength false");
        if (labels != LabelKind.Class) writer.WriteLine("@classLabel false");
        // A name with blanks would be several names.
        string names = labels == LabelKind.Values && classes.Any(name => name.Contains(' ')) ? "" : " " + string.Join(' ', classes);
        writer.WriteLine($"{labels switch { LabelKind.Values => "@targetLabel", LabelKind.StepClass => "@stepLabel", _ => "@classLabel" }} true{names}");
        writer.WriteLine("@data");
        foreach (var sequence in sequences) WriteSequence(writer, sequence);
    }

    /// <summary>Writes the line of a sequence.</summary>
    internal static void WriteSequence(TextWriter writer, LabelledSequence sequence)
    {
        int features = sequence.Features.Length / sequence.Length;
        for (int feature = 0; feature < features; feature++)
        {
            for (int step = 0; step < sequence.Length; step++)
            {
                if (step > 0) writer.Write(',');
                writer.Write(sequence.Features[step * features + feature].ToString("R", CultureInfo.InvariantCulture));
            }
            writer.Write(':');
        }
        writer.WriteLine(sequence.Label);
    }
}
