using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Import.Onnx;
using Crime.Modelling.ModelFiles;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>The importer and the float engine against ONNX Runtime, over the whole grid of the operators' options.</summary>
public sealed class OnnxRuntimeTests
{
    private const int Cases = 600;

    // A range below this is no scale to measure by.
    private const double MinRange = 0.01;

    [Test]
    public void EveryNetworkAnswersAsItDoesInOnnxRuntime()
    {
        double worst = 0;
        var failures = new List<string>();
        for (int seed = 0; seed < Cases; seed++)
        {
            double difference = Difference(new RandomNetwork(seed), seed);
            worst = Math.Max(worst, difference);
            if (difference > 1e-5) failures.Add($"seed {seed}: {difference:e2}");
        }
        TestContext.Out.WriteLine($"largest difference over {Cases} networks: {worst:e2} of the output's range");
        Assert.That(failures, Is.Empty);
    }

    /// <summary>Largest difference of a logit, relative to the range of the logits.</summary>
    private static double Difference(RandomNetwork network, int seed)
    {
        TrainedModel source = network.Model;
        bool isBatchFirst = seed % 5 == 0, hasLengths = source.HeadInput == HeadInput.FinalState && seed % 3 != 0;
        int batch = hasLengths ? network.Values.Length : 1;
        var (bytes, _) = new OnnxExport(source, seed, isBatchFirst, hasLengths) { BatchSize = batch }.Write();
        // ONNX Runtime's CPU provider does not run layout 1: it gets the same network in layout 0.
        var export = new OnnxExport(source, seed, isBatchFirst: false, hasLengths) { BatchSize = batch };
        var (runtimeBytes, isInputBatchFirst) = export.Write();

        ModelFile model = ModelLoading.FloatOnly(OnnxImporter.Import(bytes, $"seed-{seed}.onnx"));
        float[][] expected = hasLengths
            ? Runtime(runtimeBytes, export.OutputName, network, Enumerable.Range(0, network.Values.Length).ToArray(), isInputBatchFirst, hasLengths: true)
            : Enumerable.Range(0, network.Values.Length)
                .SelectMany(n => Runtime(runtimeBytes, export.OutputName, network, [n], isInputBatchFirst, hasLengths: false)).ToArray();

        var engine = new FloatNetwork(new FloatModel(model));
        var logits = new float[model.ClassCount];
        double range = Math.Max(MinRange, expected.Max(row => row.Max()) - expected.Min(row => row.Min())), difference = 0;
        for (int n = 0; n < network.Values.Length; n++)
        {
            engine.Run(network.Values[n], RandomNetwork.FractionBits, logits);
            for (int k = 0; k < logits.Length; k++) difference = Math.Max(difference, Math.Abs((double)logits[k] - expected[n][k]) / range);
        }
        return double.IsNaN(difference) ? double.MaxValue : difference;
    }

    /// <summary>Runs sequences as one batch, padded with zeros to the longest.</summary>
    private static float[][] Runtime(byte[] bytes, string output, RandomNetwork network, int[] sequences, bool isInputBatchFirst, bool hasLengths)
    {
        TrainedModel model = network.Model;
        bool isTokens = model.Input == InputKind.Tokens;
        int width = isTokens ? 1 : model.InputCount, batch = sequences.Length;
        int[] lengths = sequences.Select(n => network.Values[n].Length / width).ToArray();
        int longest = lengths.Max();
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(bytes, options);
        var values = new float[longest * batch * width];
        for (int b = 0; b < batch; b++)
            for (int step = 0; step < lengths[b]; step++)
                for (int k = 0; k < width; k++)
                    values[(isInputBatchFirst ? b * longest + step : step * batch + b) * width + k] = network.Values[sequences[b]][step * width + k];
        int[] outer = isInputBatchFirst ? [batch, longest] : [longest, batch];
        var inputs = new List<NamedOnnxValue>
        {
            isTokens
                ? NamedOnnxValue.CreateFromTensor("x", new DenseTensor<long>(values.Select(value => (long)value).ToArray(), outer))
                : NamedOnnxValue.CreateFromTensor("x", new DenseTensor<float>(
                    values.Select(value => value / (1 << RandomNetwork.FractionBits)).ToArray(), [.. outer, width])),
        };
        if (hasLengths) inputs.Add(NamedOnnxValue.CreateFromTensor("lengths", new DenseTensor<int>(lengths, [batch])));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> results = session.Run(inputs, [output]);
        return results[0].AsEnumerable<float>().Chunk(model.ClassNames.Count).ToArray();
    }
}
