// The .ts text format of UEA, sktime and aeon: after "@data", one sequence a line, its channels separated by ':', the
// samples of a channel by ',', the class last. May be gzipped.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Text;

namespace Crime.Modelling.Datasets;

/// <summary>Reads and writes <c>.ts</c> and <c>.ts.gz</c> files.</summary>
public static class TsFile
{
    /// <summary>Reads all sequences of a file.</summary>
    /// <exception cref="UserInputException">The file cannot be read or a line is malformed; the message names the line.</exception>
    public static List<LabelledSequence> Read(string path)
    {
        try
        {
            using Stream file = File.OpenRead(path);
            using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
            using var reader = new StreamReader(stream);
            return Read(reader, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static List<LabelledSequence> Read(StreamReader reader, string path)
    {
        var sequences = new List<LabelledSequence>();
        bool inData = false;
        int features = 0;
        for (int lineNumber = 1; reader.ReadLine() is { } line; lineNumber++)
        {
            ReadOnlySpan<char> text = line.AsSpan().Trim();
            if (text.IsEmpty || text[0] == '#') continue;
            if (!inData)
            {
                inData = text.StartsWith("@data", StringComparison.OrdinalIgnoreCase);
                if (!inData && text[0] != '@') throw new UserInputException($"{path}:{lineNumber}: data before the line '@data'");
                continue;
            }
            var sequence = ParseLine(text, sequences.Count, $"{path}:{lineNumber}");
            int count = sequence.Features.Length / sequence.Length;
            if (features != 0 && count != features)
                throw new UserInputException($"{path}:{lineNumber}: {count} channels where the lines before have {features}");
            features = count;
            sequences.Add(sequence);
        }
        if (!inData) throw new UserInputException($"{path}: no line '@data' (not a .ts file, or truncated)");
        if (sequences.Count == 0) throw new UserInputException($"{path}: no sequence after '@data'");
        return sequences;
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
                ReadOnlySpan<char> number = text[channel][sample];
                if (!float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) || !float.IsFinite(value))
                    throw new UserInputException($"{where}: '{number.Trim()}' is not a number");
                samples.Add(value);
            }
            if (channels.Count > 0 && samples.Count != channels[0].Length)
                throw new UserInputException($"{where}: channel {channels.Count + 1} has {samples.Count} samples, the first has {channels[0].Length}");
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
        using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\n" };
        int features = sequences[0].Features.Length / sequences[0].Length;
        writer.WriteLine($"@problemName {problemName}");
        writer.WriteLine("@timeStamps false");
        writer.WriteLine("@missing false");
        writer.WriteLine($"@univariate {(features == 1 ? "true" : "false")}");
        writer.WriteLine($"@dimensions {features}");
        writer.WriteLine("@equalLength false");
        writer.WriteLine($"@classLabel true {string.Join(' ', classes)}");
        writer.WriteLine("@data");
        foreach (var sequence in sequences)
        {
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
}
