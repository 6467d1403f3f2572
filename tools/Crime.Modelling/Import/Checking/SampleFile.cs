// Reads samples: NumPy's .npz, JSON, and the .pb tensors that come with ONNX models (input_0.pb beside output_0.pb).

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.ModelFiles;
using Google.Protobuf;

namespace Crime.Modelling.Import.Checking;

/// <summary>Reads a sample from a file.</summary>
internal static class SampleFile
{
    private const string Kinds = "a sample is a .npz or .json file with the arrays 'input' and 'output', or ONNX's input_0.pb beside output_0.pb";

    /// <summary>Reads a sample; the extension decides.</summary>
    /// <param name="path">The file; for .pb the input, or the folder that holds both.</param>
    /// <exception cref="UserInputException">The file cannot be read, or holds no sample.</exception>
    public static Sample Load(string path)
    {
        if (Directory.Exists(path)) path = Path.Combine(path, "input_0.pb");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npz" => Sample.Of(path, NumpyFile.Read(ModelLoading.Read(path), path)),
            ".json" => FromJson(path),
            ".pb" => FromTensors(path),
            string other => throw new UserInputException($"{path}: {Kinds}, not '{other}'"),
        };
    }

    private static Sample FromTensors(string path)
    {
        string folder = Path.GetDirectoryName(path) ?? "", name = Path.GetFileName(path);
        if (!name.StartsWith("input", StringComparison.Ordinal)) throw new UserInputException($"{path}: {Kinds}");
        return new Sample(FromTensor(path), FromTensor(Path.Combine(folder, "output" + name["input".Length..])));
    }

    private static SampleArray FromTensor(string path)
    {
        byte[] bytes = ModelLoading.Read(path);
        try
        {
            OnnxTensor tensor = new TensorReader(new ExternalData(path)).Read(new CodedInputStream(bytes));
            if (tensor.Obstacle != null) throw new UserInputException(tensor.Obstacle);
            return new SampleArray(
                tensor.Shape, tensor.IsInteger ? [.. tensor.Integers.Select(value => (double)value)] : [.. tensor.Values.Select(value => (double)value)]);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IOException or ArgumentException or InvalidOperationException or UserInputException)
        {
            throw new UserInputException($"{path}: not a tensor of ONNX, or damaged: {e.Message}", e);
        }
    }

    private static Sample FromJson(string path)
    {
        byte[] bytes = ModelLoading.Read(path);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new UserInputException($"{path}: {Kinds}");
            return Sample.Of(path, document.RootElement.EnumerateObject().Where(entry => entry.Value.ValueKind == JsonValueKind.Array)
                .GroupBy(entry => entry.Name).ToDictionary(group => group.Key, group => FromJson(path, group.First().Value)));
        }
        // A text that is no UTF-8 is an invalid operation to this reader.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UserInputException($"{path}: not JSON: {e.Message}", e);
        }
    }

    private static SampleArray FromJson(string path, JsonElement array)
    {
        var shape = new List<int>();
        for (JsonElement inner = array; inner.ValueKind == JsonValueKind.Array; inner = inner[0])
        {
            shape.Add(inner.GetArrayLength());
            if (shape[^1] == 0) throw new UserInputException($"{path}: it holds an empty array");
        }
        var values = new List<double>();
        void Add(JsonElement element, int axis)
        {
            bool isArray = element.ValueKind == JsonValueKind.Array;
            if (isArray != axis < shape.Count || (isArray && element.GetArrayLength() != shape[axis]))
                throw new UserInputException($"{path}: an array is not rectangular; sequences of different lengths take a file each");
            if (!isArray) values.Add(element.ValueKind == JsonValueKind.Number ? element.GetDouble() : throw new UserInputException($"{path}: '{element}' is no number"));
            else foreach (JsonElement item in element.EnumerateArray()) Add(item, axis + 1);
        }
        Add(array, 0);
        return new SampleArray([.. shape], [.. values]);
    }
}
