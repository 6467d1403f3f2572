using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Crime.Modelling.Tests.Import;

/// <summary>Runs a network in ONNX Runtime, as the original that an import is compared with.</summary>
internal static class OriginalRun
{
    /// <summary>Returns an input of random numbers and the output for it, as JSON.</summary>
    /// <param name="session">The network.</param>
    /// <param name="tokens">Number of tokens; 0 for features.</param>
    public static string Sample(InferenceSession session, int tokens)
    {
        var random = new Random(1);
        // A baked batch of the exporter, where there is one, is 3; ten timesteps are its usual length.
        var shapes = session.InputMetadata.ToDictionary(entry => entry.Key, entry =>
            entry.Value.Dimensions.Select((size, axis) => size > 0 ? size : axis == 0 && entry.Value.Dimensions.Length > 1 ? 3 : 10).ToArray());
        if (session.InputMetadata.ContainsKey("lengths")) shapes["lengths"] = [3];
        var inputs = new List<NamedOnnxValue>();
        string input = "";
        foreach (var (name, metadata) in session.InputMetadata)
        {
            int count = shapes[name].Aggregate(1, (product, size) => product * size);
            bool isLengths = name == "lengths", isInteger = metadata.ElementType == typeof(long);
            double[] values = [.. Enumerable.Range(0, count).Select(_ => isLengths ? 10 : tokens > 0 ? random.Next(tokens) : Math.Round(2 * random.NextDouble() - 1, 4))];
            inputs.Add(isInteger
                ? NamedOnnxValue.CreateFromTensor(name, new DenseTensor<long>(values.Select(value => (long)value).ToArray(), shapes[name]))
                : NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(values.Select(value => (float)value).ToArray(), shapes[name])));
            if (!isLengths) input = Nested(values, shapes[name]);
        }
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(inputs);
        double[] outputs = results[0].ElementType == TensorElementType.Int64
            ? [.. results[0].AsEnumerable<long>().Select(value => (double)value)]
            : [.. results[0].AsEnumerable<float>().Select(value => (double)value)];
        int[] outputShape = [.. (results[0].Value as Tensor<float>)?.Dimensions.ToArray() ?? ((Tensor<long>)results[0].Value).Dimensions.ToArray()];
        return $"{{\"input\": {input}, \"output\": {Nested(outputs, outputShape)}}}";
    }

    private static string Nested(double[] values, int[] shape)
    {
        if (shape.Length <= 1) return JsonSerializer.Serialize(values);
        int size = values.Length / shape[0];
        return "[" + string.Join(',', values.Chunk(size).Select(part => Nested(part, shape[1..]))) + "]";
    }
}
