// Golden vectors as C# for the board: the bench carries them in its assembly, because a board that is being checked may have
// no files yet. The states of every timestep become a CRC-32 of what the board's kernel exports, or they would fill the flash.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO.Hashing;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Reference;

/// <summary>Writes device source from golden vectors.</summary>
public static class GoldenSource
{
    private const int LineLength = 138;

    /// <summary>Static array data of one assembly, in bytes: above 64 KiB the device's CLR gives wrong values or refuses to load.</summary>
    public const int MaxDataSize = 48 * 1024;

    /// <summary>Writes a class with one model and its vectors.</summary>
    /// <param name="golden">The vectors.</param>
    /// <param name="modelFile">The model file they were made with.</param>
    /// <param name="modelPath">What to call it in a message.</param>
    /// <returns>The text of a C# file; the same for the same input.</returns>
    /// <exception cref="UserInputException">The vectors belong to another model, or are too many for a board.</exception>
    public static string Write(GoldenFile golden, byte[] modelFile, string modelPath)
    {
        ModelFile model = ModelLoading.Parse(modelFile, modelPath);
        if (golden.ModelChecksum != model.Checksum.ToString("x8"))
            throw new UserInputException($"{modelPath}: the golden vectors were made with another file of {golden.Model} (checksum {golden.ModelChecksum})");
        byte[] image = ModelContainer.BoardImage(modelFile);
        int size = image.Length + golden.Vectors.Sum(vector => 2 * vector.Values.Length + 4 * vector.Length + 4 * vector.Logits.Length);
        if (size > MaxDataSize)
            throw new UserInputException($"{size} bytes of golden data; a board's assembly holds {MaxDataSize}: make a golden file with fewer sequences");

        var text = new StringBuilder();
        text.Append("// Golden vectors of ").Append(golden.Model).Append(" on ").Append(golden.Data).Append(", seed ").Append(golden.Seed)
            .Append(", inputs ").Append(golden.InputHash).Append(", model ").Append(golden.ModelChecksum).Append(",\n// by ")
            .Append(golden.Reference).Append(". Written by `crime embed`; write it anew rather than changing it.\n\n")
            .Append("namespace Crime.Bench.Golden;\n\n/// <summary>The model ").Append(golden.Model).Append(" and its vectors.</summary>\n")
            .Append("public static class ").Append(ClassName(golden.Model)).Append("\n{\n");
        text.Append("    /// <summary>Makes them. The arrays are locals, so the board's heap holds them only as long as the bench uses them.</summary>\n")
            .Append("    public static GoldenModel Create()\n    {\n");
        Array(text, "byte", "image", image.Select(value => value.ToString(CultureInfo.InvariantCulture)));
        for (int i = 0; i < golden.Vectors.Count; i++)
        {
            GoldenVector vector = golden.Vectors[i];
            Array(text, "short", "values" + i, vector.Values.Select(value => value.ToString(CultureInfo.InvariantCulture)));
            Array(text, "uint", "states" + i, StateChecksums(vector).Select(value => "0x" + value.ToString("x8")));
            Array(text, "int", "logits" + i, vector.Logits.Select(value => value.ToString(CultureInfo.InvariantCulture)));
        }
        text.Append("        return new GoldenModel(\"").Append(golden.Model).Append("\", image, new[]\n        {\n");
        for (int i = 0; i < golden.Vectors.Count; i++)
        {
            GoldenVector vector = golden.Vectors[i];
            text.Append(CultureInfo.InvariantCulture, $"            new GoldenVector({vector.Index}, {vector.Length}, values{i}, states{i}, logits{i}),\n");
        }
        return text.Append("        });\n    }\n}\n").ToString();
    }

    /// <summary>CRC-32 after every timestep over what the board's NetworkState exports: layer by layer h, then c.</summary>
    private static IEnumerable<uint> StateChecksums(GoldenVector vector)
    {
        for (int step = 0; step < vector.Length; step++)
        {
            var crc = new Crc32();
            for (int layer = 0; layer < vector.Hidden[step].Length; layer++)
            {
                crc.Append(MemoryMarshal.AsBytes<short>(vector.Hidden[step][layer]));
                crc.Append(MemoryMarshal.AsBytes<short>(vector.Cell[step][layer]));
            }
            yield return crc.GetCurrentHashAsUInt32();
        }
    }

    private static void Array(StringBuilder text, string type, string name, IEnumerable<string> numbers)
    {
        const string indent = "           ";
        text.Append("        ").Append(type).Append("[] ").Append(name).Append(" =\n        {\n");
        var line = new StringBuilder(indent);
        foreach (string number in numbers)
        {
            if (line.Length + number.Length + 2 > LineLength)
            {
                text.Append(line).Append('\n');
                line.Clear().Append(indent);
            }
            line.Append(' ').Append(number).Append(',');
        }
        text.Append(line).Append("\n        };\n\n");
    }

    /// <summary>A model's name as the name of a class: its letters and digits, words capitalised.</summary>
    private static string ClassName(string model)
    {
        string[] words = new string(model.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : ' ').ToArray())
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string name = string.Concat(words.Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        return name.Length > 0 && char.IsAsciiLetter(name[0]) ? name : "Model" + name;
    }
}
