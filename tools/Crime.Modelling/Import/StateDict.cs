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
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Safetensors _file;
    private readonly string _path;

    public StateDict(Safetensors file, string path)
    {
        _file = file;
        _path = path;
        _tensors = new SortedDictionary<string, Tensor>(file.Tensors, StringComparer.Ordinal);
    }

    /// <summary>Advice that most refusals share: an ONNX graph says what a state dict leaves open.</summary>
    public const string WayOut = "export the network as ONNX (torch.onnx.export), which says how the layers are joined";

    /// <summary>Returns the layers of the one nn.LSTM, nn.GRU, nn.RNN or cell of that kind.</summary>
    /// <param name="nonlinearity">The function of an nn.RNN.</param>
    public IReadOnlyList<RecurrentLayer> TakeRecurrentLayers(Activation nonlinearity)
    {
        RenameCells();
        string[] modules = _tensors.Keys.Select(name => RecurrentName().Match(name)).Where(match => match.Success)
            .Select(match => match.Groups["module"].Value).Distinct().ToArray();
        if (modules.Length == 0) throw Bad($"no recurrent layer: a tensor like 'lstm.weight_ih_l0' is missing (found: {string.Join(", ", _tensors.Keys)})");
        if (modules.Length > 1)
            throw Bad($"several recurrent modules ({string.Join(", ", modules)}), and a state dict does not say which follows which; {WayOut}");
        string? projection = _tensors.Keys.FirstOrDefault(name => name.StartsWith(modules[0] + "weight_hr_l", StringComparison.Ordinal));
        if (projection != null) throw Bad($"tensor '{projection}': an LSTM with projections (proj_size) is not supported; train it without");

        var layers = new List<RecurrentLayer>();
        for (int index = 0; layers.Count < ModelFormat.MaxLayers; index++)
        {
            if (!_tensors.ContainsKey($"{modules[0]}weight_ih_l{index}")) break;
            layers.Add(TakeLayer(modules[0], index, layers.Count == 0 ? null : layers[^1].Shape.OutputCount, nonlinearity));
        }
        if (layers.Count == 0) throw Bad($"tensor '{modules[0]}weight_ih_l0' is missing");
        return layers;
    }

    /// <summary>Returns the weights of the one nn.Embedding: a matrix without a bias beside the head. Null for none.</summary>
    /// <param name="inputs">Width of the first layer's input, which is the embedding's.</param>
    public Tensor? TakeEmbedding(int inputs)
    {
        string[] names = [.. Matrices().Where(name => !_tensors.ContainsKey(BiasOf(name)))];
        string[] called = [.. names.Where(name => name.Contains("emb", StringComparison.OrdinalIgnoreCase))];
        // A module of another name is one by its shape, if another matrix is left for the head.
        if (called.Length == 0 && Matrices().Count() > 1) called = [.. names.Where(name => _tensors[name].Shape[1] == inputs)];
        if (called.Length > 1) throw Bad($"several embeddings ({string.Join(", ", called)}); one is supported: {WayOut}");
        return called.Length == 0 ? null : Take(called[0], 2);
    }

    /// <summary>Returns the one nn.Linear.</summary>
    public (Tensor Weights, float[] Bias) TakeHead()
    {
        RefuseOtherLayers();
        string[] names = [.. Matrices()];
        if (names.Length == 0) throw Bad("no linear head: a tensor like 'fc.weight' is missing");
        if (names.Length > 1)
            throw Bad($"several linear layers ({string.Join(", ", names)}), and a state dict does not say which function lies between them; {WayOut}");
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
            throw Bad($"tensor '{_tensors.Keys.First()}' has no place in a recurrent network with an embedding and a linear head; {WayOut}");
        if (_file.Others.Count > 0)
            throw Bad($"tensor '{_file.Others.Keys.First()}' is of type {_file.Others.Values.First()} and has no place in a recurrent network; {WayOut}");
    }

    private IEnumerable<string> Matrices() =>
        _tensors.Where(entry => entry.Key.EndsWith(".weight", StringComparison.Ordinal) && entry.Value.Shape.Length == 2).Select(entry => entry.Key);

    /// <summary>Refuses modules that are no Linear, by the names and shapes of their tensors.</summary>
    private void RefuseOtherLayers()
    {
        foreach (var (name, tensor) in _tensors.Where(entry => entry.Key.EndsWith(".weight", StringComparison.Ordinal)))
        {
            string module = name[..^".weight".Length];
            string? kind = tensor.Shape.Length switch
            {
                1 when _tensors.ContainsKey(module + ".running_mean") => $"a BatchNorm of {tensor.Shape[0]} features",
                1 => $"a LayerNorm of {tensor.Shape[0]} features, or another layer with one weight each",
                3 => $"a Conv1d of {tensor.Shape[1]} to {tensor.Shape[0]} channels, {tensor.Shape[2]} steps wide",
                _ => null,
            };
            if (kind != null) throw Bad($"'{name}' has shape {tensor.ShapeText}: {kind}, and a state dict does not say where it stands; {WayOut}");
        }
    }

    /// <summary>Gives the tensors of an nn.LSTMCell, GRUCell or RNNCell, run in a loop, the names of a layer.</summary>
    private void RenameCells()
    {
        foreach (string name in _tensors.Keys.Where(name => CellName().IsMatch(name)).ToArray())
        {
            _tensors[name + "_l0"] = _tensors[name];
            _tensors.Remove(name);
        }
        _names.UnionWith(_tensors.Keys);
    }

    private RecurrentLayer TakeLayer(string module, int index, int? expectedInputs, Activation nonlinearity)
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
        IReadOnlyList<ActivationFunction>? activations = kind == CellKind.Rnn && nonlinearity != Activation.Tanh
            ? [new(nonlinearity), new(nonlinearity), new(nonlinearity)]
            : null;
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
        if (!_names.Contains(inputName) && !_names.Contains(recurrentName)) return new float[rows];
        return Expect(name, Take(name, 1), rows).Values;
    }

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

    [GeneratedRegex(@"(^|\.)(weight|bias)_(ih|hh)$", RegexOptions.CultureInvariant)]
    private static partial Regex CellName();

    [GeneratedRegex(@"^(?<module>.*)weight_ih_l\d+(_reverse)?$", RegexOptions.CultureInvariant)]
    private static partial Regex RecurrentName();
}
