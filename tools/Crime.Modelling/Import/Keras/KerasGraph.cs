// The layers of a model in order. A Sequential is a list. In a Functional model each layer names the layers that it reads.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;

namespace Crime.Modelling.Import.Keras;

/// <summary>Follows a model from its input to its output.</summary>
internal sealed class KerasGraph
{
    private const int MaxLayers = 1000;

    private readonly KerasLayers _layers;
    private readonly JsonElement _config;
    private readonly List<KerasLayer> _list;

    private KerasGraph(KerasFile file)
    {
        JsonElement model = file.Model;
        string kind = Text(model, "class_name") ?? throw new UserInputException($"its configuration names no class; {KerasRemedy.Save}");
        if (kind is not ("Sequential" or "Functional" or "Model"))
            throw new UserInputException($"the model is of the class '{kind}' with a call() of its own, which is not in the file; build it as Sequential or Functional");
        IsSequential = kind == "Sequential";
        if (!model.TryGetProperty("config", out _config)) throw new UserInputException($"its configuration is empty; {KerasRemedy.Save}");
        // Before Keras 2.2.3 the configuration of a Sequential was the list itself.
        JsonElement entries = _config;
        if (_config.ValueKind == JsonValueKind.Object && !_config.TryGetProperty("layers", out entries)) entries = default;
        if (entries.ValueKind != JsonValueKind.Array || entries.GetArrayLength() is < 1 or > MaxLayers)
            throw new UserInputException($"its configuration has no list of 1 to {MaxLayers} layers; {KerasRemedy.Save}");
        _list = [.. entries.EnumerateArray().Select(KerasLayer.Of)];
        KerasLayer.Number(_list);
        _layers = new KerasLayers(file);
    }

    private bool IsSequential { get; }

    /// <summary>Returns the output of a model.</summary>
    /// <exception cref="UserInputException">A layer cannot be mapped; the message names it.</exception>
    public static KerasValue Follow(KerasFile file)
    {
        var graph = new KerasGraph(file);
        return graph.IsSequential ? graph.FollowList() : graph.FollowNodes();
    }

    private KerasValue FollowList()
    {
        KerasValue value = KerasLayers.Input(_list[0], ShapeOfFirst());
        foreach (KerasLayer layer in _list)
            if (layer.ClassName != "InputLayer") value = _layers.Run(layer, [value])[0];
        return value;
    }

    private int[]? ShapeOfFirst()
    {
        KerasLayer first = _list[0];
        if (first.Sizes("batch_shape") is { } shape) return shape;
        if (first.Sizes("batch_input_shape") is { } older) return older;
        if (_config.ValueKind == JsonValueKind.Object && _config.TryGetProperty("build_input_shape", out JsonElement built)) return KerasLayer.SizesOf(built);
        return first.ClassName == "Embedding" ? [-1, -1] : null;
    }

    private KerasValue FollowNodes()
    {
        var outputs = new Dictionary<string, KerasValue[]>(StringComparer.Ordinal);
        KerasLayer input = Named(Single("input_layers").Layer);
        (string output, int place) = Single("output_layers");
        outputs[input.Name] = [KerasLayers.Input(input, input.Sizes("batch_shape") ?? input.Sizes("batch_input_shape"))];
        var open = new List<KerasLayer>(_list.Where(layer => layer != input));
        // A layer comes after those that it reads. A file that says otherwise takes another round.
        while (!outputs.ContainsKey(output))
        {
            int before = open.Count;
            for (int n = 0; n < open.Count; n++)
            {
                if (open[n].ClassName == "InputLayer") throw open[n].Refuse("it is a second input", "a model reads one sequence; " + KerasRemedy.Listed);
                List<(string Layer, int Place)> sources = Sources(open[n]);
                if (!sources.All(source => outputs.ContainsKey(source.Layer))) continue;
                KerasLayer layer = open[n];
                outputs[layer.Name] = _layers.Run(layer, [.. sources.Select(source => Output(outputs, source))]);
                open.RemoveAt(n--);
            }
            if (open.Count == before) throw new UserInputException($"its output '{output}' does not come from its input; {KerasRemedy.Save}");
        }
        return Output(outputs, (output, place));
    }

    private KerasLayer Named(string name) => _list.FirstOrDefault(layer => layer.Name == name)
        ?? throw new UserInputException($"its layer '{name}' is missing; {KerasRemedy.Save}");

    private KerasValue Output(Dictionary<string, KerasValue[]> outputs, (string Layer, int Place) source)
    {
        KerasValue[] all = outputs[source.Layer];
        return source.Place < all.Length ? all[source.Place]
            : throw Named(source.Layer).Refuse($"its output {source.Place} is used, and it has {all.Length}", KerasRemedy.Listed);
    }

    /// <summary>Returns the one input or output: [name, node, tensor], or a list with it.</summary>
    private (string Layer, int Place) Single(string name)
    {
        if (_config.ValueKind != JsonValueKind.Object || !_config.TryGetProperty(name, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
            throw new UserInputException($"its configuration has no list '{name}'; {KerasRemedy.Save}");
        if (Tensor(list) is { } only) return only;
        if (list.GetArrayLength() != 1)
            throw new UserInputException(
                $"the network has {list.GetArrayLength()} {name.Replace('_', ' ')}; a model has one input and one output: make a model of the one");
        return Tensor(list[0]) ?? throw new UserInputException($"its '{name}' is no tensor; {KerasRemedy.Save}");
    }

    /// <summary>Returns the tensors that a layer reads.</summary>
    private static List<(string Layer, int Place)> Sources(KerasLayer layer)
    {
        if (!layer.Whole.TryGetProperty("inbound_nodes", out JsonElement nodes) || nodes.ValueKind != JsonValueKind.Array)
            throw layer.Refuse("the layers that it reads are missing", KerasRemedy.Save);
        if (nodes.GetArrayLength() != 1) throw layer.Refuse($"it is called {nodes.GetArrayLength()} times", "give each place a layer of its own");
        var sources = new List<(string, int)>();
        if (nodes[0].ValueKind == JsonValueKind.Object)
        {
            if (!nodes[0].TryGetProperty("args", out JsonElement arguments) || arguments.ValueKind != JsonValueKind.Array || arguments.GetArrayLength() != 1)
                throw layer.Refuse("it is called with other than one value", KerasRemedy.Listed);
            foreach (JsonElement argument in arguments[0].ValueKind == JsonValueKind.Array ? arguments[0].EnumerateArray().ToArray() : [arguments[0]])
                sources.Add(History(argument) ?? throw layer.Refuse("it is called with other than values of layers", KerasRemedy.Listed));
            if (nodes[0].TryGetProperty("kwargs", out JsonElement named)) CheckNamed(layer, named);
            return sources;
        }
        if (nodes[0].ValueKind != JsonValueKind.Array) throw layer.Refuse("the layers that it reads are no list", KerasRemedy.Save);
        foreach (JsonElement source in Tensor(nodes[0]) != null ? [nodes[0]] : nodes[0].EnumerateArray().ToArray())
        {
            sources.Add(Tensor(source) ?? throw layer.Refuse("it is called with other than values of layers", KerasRemedy.Listed));
            if (source.GetArrayLength() > 3) CheckNamed(layer, source[3]);
        }
        return sources;
    }

    /// <summary>Refuses arguments of a call that change what the layer does: a mask, an initial state, the mode of training.</summary>
    private static void CheckNamed(KerasLayer layer, JsonElement named)
    {
        if (named.ValueKind != JsonValueKind.Object) return;
        foreach (JsonProperty argument in named.EnumerateObject())
            if (argument.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                throw layer.Refuse($"it is called with '{argument.Name}'", "call it with its input alone");
    }

    /// <summary>Returns the layer and the place of an entry with a keras_history.</summary>
    private static (string Layer, int Place)? History(JsonElement argument) =>
        argument.ValueKind == JsonValueKind.Object && argument.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.Object
            && config.TryGetProperty("keras_history", out JsonElement history) ? Tensor(history) : null;

    /// <summary>Returns the layer and the place of [name, node, tensor]; null for anything else.</summary>
    private static (string Layer, int Place)? Tensor(JsonElement tensor) =>
        tensor.ValueKind == JsonValueKind.Array && tensor.GetArrayLength() is 3 or 4 && tensor[0].ValueKind == JsonValueKind.String
            && tensor[1].ValueKind == JsonValueKind.Number && tensor[1].TryGetInt32(out int node) && node == 0
            && tensor[2].ValueKind == JsonValueKind.Number && tensor[2].TryGetInt32(out int place) && place >= 0
                ? (tensor[0].GetString()!, place)
                : null;

    private static string? Text(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
