// The safetensors container: 8 bytes of header length, a JSON header, then raw tensors. Read with every length checked;
// written so that the same tensors always give the same bytes.

using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Crime.Modelling.Import;

/// <summary>A named single-precision tensor.</summary>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Values">The numbers, row-major.</param>
public sealed record Tensor(int[] Shape, float[] Values)
{
    /// <summary>The shape as people write it.</summary>
    public string ShapeText => "[" + string.Join(", ", Shape) + "]";
}

/// <summary>Content of a safetensors file.</summary>
public sealed class Safetensors
{
    private const int MaxHeaderSize = 16 * 1024 * 1024;

    /// <summary>The tensors by name.</summary>
    public SortedDictionary<string, Tensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>The types of tensors that do not hold numbers, by name: counters and masks. Their elements are not read.</summary>
    public SortedDictionary<string, string> Others { get; } = new(StringComparer.Ordinal);

    /// <summary>The <c>__metadata__</c> of the header.</summary>
    public SortedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserInputException">The file cannot be read or is not a well-formed safetensors file of F32 tensors.</exception>
    public static Safetensors Load(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
        return Parse(bytes, path);
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">Name for messages.</param>
    public static Safetensors Parse(byte[] bytes, string path)
    {
        if (bytes.Length < 8) throw Bad(path, "shorter than 8 bytes");
        ulong headerSize = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (headerSize > MaxHeaderSize || headerSize > (ulong)(bytes.Length - 8))
            throw Bad(path, $"the header length {headerSize} does not fit the file of {bytes.Length} bytes");
        var result = new Safetensors();
        // Tensors lie one behind the other. A file in which they share bytes would unfold to many times its size.
        long left = bytes.Length - 8 - (long)headerSize;
        try
        {
            using var header = JsonDocument.Parse(bytes.AsMemory(8, (int)headerSize));
            foreach (var entry in header.RootElement.EnumerateObject())
            {
                if (entry.Name == "__metadata__")
                    foreach (var item in entry.Value.EnumerateObject()) result.Metadata[item.Name] = item.Value.GetString() ?? "";
                else if (ReadTensor(entry, bytes.AsSpan(8 + (int)headerSize), path, ref left) is { } tensor)
                    result.Tensors[entry.Name] = tensor;
                else
                    result.Others[entry.Name] = entry.Value.GetProperty("dtype").GetString() ?? "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Bad(path, "the header is not the JSON that the format asks for", e);
        }
        return result;
    }

    /// <summary>Writes the tensors in the order of their names.</summary>
    public byte[] Write()
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in Metadata) json.WriteString(key, value);
            json.WriteEndObject();
            int offset = 0;
            foreach (var (name, tensor) in Tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (int size in tensor.Shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += 4 * tensor.Values.Length;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // Spaces up to a multiple of eight, so that the tensors are aligned.
        while (header.Length % 8 != 0) header.WriteByte((byte)' ');

        using var file = new MemoryStream();
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        file.Write(length);
        file.Write(header.ToArray());
        foreach (var tensor in Tensors.Values) file.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
        return file.ToArray();
    }

    /// <summary>Reads a tensor; null for one that does not hold numbers.</summary>
    private static Tensor? ReadTensor(JsonProperty entry, ReadOnlySpan<byte> data, string path, ref long left)
    {
        string type = entry.Value.GetProperty("dtype").GetString() ?? "";
        if (type is "I64" or "I32" or "I16" or "I8" or "U8" or "BOOL") return null;
        if (type != "F32") throw Bad(path, $"tensor '{entry.Name}' is of type {type}; only F32 is supported (convert it with .float() before saving)");
        int[] shape = entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToArray();
        var offsets = entry.Value.GetProperty("data_offsets");
        if (offsets.GetArrayLength() != 2) throw Bad(path, $"tensor '{entry.Name}' has no pair of offsets");
        long start = offsets[0].GetInt64(), end = offsets[1].GetInt64();
        long count = 1;
        foreach (int size in shape)
        {
            if (size < 0 || (size > 0 && count > int.MaxValue / size)) throw Bad(path, $"tensor '{entry.Name}' has an impossible shape");
            count *= size;
        }
        if (start < 0 || end > data.Length || end - start != 4 * count)
            throw Bad(path, $"tensor '{entry.Name}' lies outside the file (truncated?)");
        if ((left -= end - start) < 0) throw Bad(path, $"tensor '{entry.Name}' lies over another one");
        var values = new float[count];
        data[(int)start..(int)end].CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        foreach (float value in values)
            if (!float.IsFinite(value)) throw Bad(path, $"tensor '{entry.Name}' holds NaN or infinity");
        return new Tensor(shape, values);
    }

    private static UserInputException Bad(string path, string what, Exception? inner = null) =>
        inner == null ? new($"{path}: not a usable safetensors file: {what}") : new($"{path}: not a usable safetensors file: {what}", inner);
}
