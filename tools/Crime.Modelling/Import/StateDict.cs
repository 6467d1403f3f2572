// Sorts the tensors of a PyTorch state_dict into the modules they belong to. Every tensor must find its place: one that is
// silently left out would make another network.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Crime.Model;

namespace Crime.Modelling.Import;

/// <summary>The tensors of a file that have not been used yet.</summary>
internal sealed partial class StateDict
{
    private readonly SortedDictionary<string, Tensor> _tensors;
    private readonly Safetensors _file;
    private readonly string _path;

    public StateDict(Safetensors file, string path)
    {
        _file = file;
        _path = path;
        _tensors = new SortedDictionary<string, Tensor>(file.Tensors, StringComparer.Ordinal);
    }

    /// <summary>The layers of the one nn.LSTM, nn.GRU or nn.RNN.</summary>
    public IReadOnlyList<RecurrentLayer> TakeRecurrentLayers()
    {
        string[] modules = _tensors.Keys.Select(name => RecurrentName().Match(name)).Where(match => match.Success)
            .Select(match => match.Groups["module"].Value).Distinct().ToArray();
        if (modules.Length == 0) throw Bad($"no recurrent layer: a tensor like 'lstm.weight_ih_l0' is missing (found: {string.Join(", ", _tensors.Keys)})");
        if (modules.Length > 1)
            throw Bad($"several recurrent modules ({string.Join(", ", modules)}); one nn.LSTM, nn.GRU or nn.RNN is supported, with as many layers as it has");
        string? projection = _tensors.Keys.FirstOrDefault(name => name.StartsWith(modules[0] + "weight_hr_l", StringComparison.Ordinal));
        if (projection != null) throw Bad($"tensor '{projection}': an LSTM with projections (proj_size) is not supported");

        var layers = new List<RecurrentLayer>();
        for (int index = 0; layers.Count < ModelFormat.MaxLayers; index++)
        {
            if (!_tensors.ContainsKey($"{modules[0]}weight_ih_l{index}")) break;
            layers.Add(TakeLayer(modules[0], index, layers.Count == 0 ? null : layers[^1].Shape.OutputCount));
        }
        if (layers.Count == 0) throw Bad($"tensor '{modules[0]}weight_ih_l0' is missing");
        return layers;
    }

    /// <summary>The weights of the one nn.Embedding, or null.</summary>
    public Tensor? TakeEmbedding()
    {
        string[] names = _tensors.Where(entry => entry.Key.EndsWith(".weight", StringComparison.Ordinal)
            && !_tensors.ContainsKey(BiasOf(entry.Key)) && entry.Key.Contains("emb", StringComparison.OrdinalIgnoreCase)).Select(entry => entry.Key).ToArray();
        if (names.Length > 1) throw Bad($"several embeddings ({string.Join(", ", names)}); one is supported");
        return names.Length == 0 ? null : Take(names[0], 2);
    }

    /// <summary>The one nn.Linear.</summary>
    public (Tensor Weights, float[] Bias) TakeHead()
    {
        string[] names = _tensors.Keys.Where(name => name.EndsWith(".weight", StringComparison.Ordinal)).ToArray();
        if (names.Length == 0) throw Bad("no linear head: a tensor like 'fc.weight' is missing");
        if (names.Length > 1) throw Bad($"several linear layers ({string.Join(", ", names)}); one head after the recurrent layers is supported");
        Tensor weights = Take(names[0], 2);
        string biasName = BiasOf(names[0]);
        int classes = weights.Shape[0];
        float[] bias = _tensors.ContainsKey(biasName) ? Expect(biasName, Take(biasName, 1), classes).Values : new float[classes];
        return (weights, bias);
    }

    /// <summary>Refuses what has no place.</summary>
    public void ExpectNothingLeft()
    {
        if (_tensors.Count > 0)
            throw Bad($"tensor '{_tensors.Keys.First()}' has no place in a recurrent network with an embedding and a linear head");
    }

    private RecurrentLayer TakeLayer(string module, int index, int? expectedInputs)
    {
        string inputName = $"{module}weight_ih_l{index}", recurrentName = $"{module}weight_hh_l{index}";
        Tensor inputWeights = Peek(inputName, 2), recurrentWeights = Peek(recurrentName, 2);
        int hidden = recurrentWeights.Shape[1], inputs = expectedInputs ?? inputWeights.Shape[1];
        if (hidden is < 1 or > ModelFormat.MaxHidden) throw Bad($"'{recurrentName}' has {hidden} hidden units; 1 to {ModelFormat.MaxHidden} are supported");
        CellKind kind = (recurrentWeights.Shape[0] % hidden == 0 ? recurrentWeights.Shape[0] / hidden : 0) switch
        {
            4 => CellKind.Lstm,
            3 => CellKind.Gru,
            1 => CellKind.Rnn,
            _ => throw Bad($"tensor '{recurrentName}' has shape {recurrentWeights.ShapeText}; it has to have 4 (LSTM), 3 (GRU) or 1 (RNN) rows per column"),
        };
        int rows = recurrentWeights.Shape[0];
        bool isBoth = _tensors.ContainsKey(inputName + "_reverse");
        IReadOnlyList<ActivationFunction>? activations = kind == CellKind.Rnn ? Nonlinearity() : null;
        DirectionWeights TakeDirection(string suffix) => new()
        {
            InputWeights = Expect(inputName + suffix, Take(inputName + suffix, 2), rows, inputs).Values,
            RecurrentWeights = Expect(recurrentName + suffix, Take(recurrentName + suffix, 2), rows, hidden).Values,
            InputBias = TakeBias($"{module}bias_ih_l{index}{suffix}", rows),
            RecurrentBias = TakeBias($"{module}bias_hh_l{index}{suffix}", rows),
            Activations = activations,
        };
        return new RecurrentLayer
        {
            Kind = kind,
            Direction = isBoth ? Direction.Both : Direction.Forward,
            InputCount = inputs,
            HiddenCount = hidden,
            Directions = isBoth ? [TakeDirection(""), TakeDirection("_reverse")] : [TakeDirection("")],
        };
    }

    /// <summary>A bias, or zeros where the module was made without biases: then it has neither of the two.</summary>
    private float[] TakeBias(string name, int rows)
    {
        string inputName = name.Replace("bias_hh", "bias_ih", StringComparison.Ordinal), recurrentName = name.Replace("bias_ih", "bias_hh", StringComparison.Ordinal);
        if (!_file.Tensors.ContainsKey(inputName) && !_file.Tensors.ContainsKey(recurrentName)) return new float[rows];
        return Expect(name, Take(name, 1), rows).Values;
    }

    private IReadOnlyList<ActivationFunction>? Nonlinearity() => _file.Metadata.GetValueOrDefault("nonlinearity", "tanh") switch
    {
        "tanh" => null,
        "relu" => [new(Activation.Relu), new(Activation.Relu), new(Activation.Relu)],
        string other => throw Bad($"metadata 'nonlinearity' is '{other}'; an nn.RNN has tanh or relu"),
    };

    private Tensor Peek(string name, int dimensions)
    {
        if (!_tensors.TryGetValue(name, out Tensor? tensor)) throw Bad($"tensor '{name}' is missing (found: {string.Join(", ", _tensors.Keys)})");
        if (tensor.Shape.Length != dimensions) throw Bad($"tensor '{name}' has shape {tensor.ShapeText}; {dimensions} dimensions were expected");
        return tensor;
    }

    private Tensor Take(string name, int dimensions)
    {
        Tensor tensor = Peek(name, dimensions);
        _tensors.Remove(name);
        return tensor;
    }

    private Tensor Expect(string name, Tensor tensor, params int[] shape)
    {
        if (!tensor.Shape.SequenceEqual(shape))
            throw Bad($"tensor '{name}' has shape {tensor.ShapeText}; [{string.Join(", ", shape)}] was expected");
        return tensor;
    }

    private static string BiasOf(string weightName) => weightName[..^"weight".Length] + "bias";

    private UserInputException Bad(string reason) => new($"{_path}: {reason}");

    [GeneratedRegex(@"^(?<module>.*)weight_ih_l\d+(_reverse)?$", RegexOptions.CultureInvariant)]
    private static partial Regex RecurrentName();
}
