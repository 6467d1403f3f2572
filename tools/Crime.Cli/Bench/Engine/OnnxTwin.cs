// The other side of the engine bench: ONNX Runtime with the same weights and inputs, called in the way that costs it least.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Import.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Crime.Cli.Bench.Engine;

/// <summary>
/// One recurrent operator in ONNX Runtime: one thread, inputs as floats in its own layout, inputs and outputs bound once, and no
/// output but the last hidden state. Reading 16-bit inputs and the head, which our side does too, it is spared.
/// </summary>
internal sealed class OnnxTwin : IDisposable
{
    private const int FloatType = 1, Int32Type = 6;

    // Where the gates of ONNX are in our rows: i, o, f, g of i, f, g, o; and z, r, n of r, z, n.
    private static readonly int[] s_lstmGates = [0, 3, 1, 2];
    private static readonly int[] s_gruGates = [1, 0, 2];

    private readonly SessionOptions _options = new()
    {
        IntraOpNumThreads = 1,
        InterOpNumThreads = 1,
        ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
        LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
    };

    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _runOptions = new();
    private readonly List<OrtValue> _values = [];
    private readonly float[] _hidden;

    /// <summary>Makes a session.</summary>
    public OnnxTwin(EngineCase one)
    {
        _hidden = new float[one.BatchCount * one.HiddenCount];
        _session = new InferenceSession(Write(one, out string output), _options);
        _binding = _session.CreateIoBinding();
        _binding.BindInput("x", Keep(OrtValue.CreateTensorValueFromMemory(TimeMajor(one), [EngineCase.Length, one.BatchCount, one.InputCount])));
        if (one.IsMixed) _binding.BindInput("lengths", Keep(OrtValue.CreateTensorValueFromMemory(one.Lengths.ToArray(), [one.BatchCount])));
        _binding.BindOutput(output, Keep(OrtValue.CreateTensorValueFromMemory(_hidden, [1, one.BatchCount, one.HiddenCount])));
    }

    /// <summary>Version of ONNX Runtime.</summary>
    public static string Version => OrtEnv.Instance().GetVersionString();

    /// <summary>Hidden states after the last run, [sequences][hidden].</summary>
    public ReadOnlySpan<float> Hidden => _hidden;

    /// <summary>Runs the batch.</summary>
    public void Run() => _session.RunWithBinding(_runOptions, _binding);

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        _session.Dispose();
        _runOptions.Dispose();
        _options.Dispose();
        foreach (OrtValue value in _values) value.Dispose();
    }

    private OrtValue Keep(OrtValue value)
    {
        _values.Add(value);
        return value;
    }

    private static byte[] Write(EngineCase one, out string output)
    {
        RecurrentLayer layer = one.Network().Layers[0];
        DirectionWeights weights = layer.Directions[0];
        bool isLstm = one.Kind == CellKind.Lstm;
        int[] gates = isLstm ? s_lstmGates : s_gruGates;
        int rows = layer.Shape.RowCount, hidden = one.HiddenCount;
        float[] Ordered(float[] values) => gates.SelectMany(gate => values.Chunk(values.Length / gates.Length).ElementAt(gate)).ToArray();

        var file = new OnnxFile();
        file.Input("x", FloatType, -1, -1, one.InputCount);
        if (one.IsMixed) file.Input("lengths", Int32Type, -1);
        List<string> inputs =
        [
            "x",
            file.Constant(Ordered(weights.InputWeights), 1, rows, one.InputCount),
            file.Constant(Ordered(weights.RecurrentWeights), 1, rows, hidden),
            file.Constant([.. Ordered(weights.InputBias), .. Ordered(weights.RecurrentBias)], 1, 2 * rows),
        ];
        if (one.IsMixed) inputs.Add("lengths");
        string[] outputs = isLstm
            ? file.Nodes("LSTM", inputs, 2, ("hidden_size", hidden))
            : file.Nodes("GRU", inputs, 2, ("hidden_size", hidden), ("linear_before_reset", 1));
        output = outputs[1];
        file.Output(output, 1, -1, hidden);
        return file.Write();
    }

    /// <summary>[length][sequences][inputs], what is beyond a sequence's end zero.</summary>
    private static float[] TimeMajor(EngineCase one)
    {
        short[][] inputs = one.Inputs();
        var values = new float[EngineCase.Length * one.BatchCount * one.InputCount];
        for (int n = 0; n < inputs.Length; n++)
            for (int i = 0; i < inputs[n].Length; i++)
                values[(i / one.InputCount * one.BatchCount + n) * one.InputCount + i % one.InputCount] =
                    inputs[n][i] / (float)(1 << EngineCase.FractionBits);
        return values;
    }
}
