// The table of Keras layers. A class that is not in it is refused by name.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Import.Hdf5;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import.Keras;

/// <summary>Runs layers.</summary>
internal sealed class KerasLayers
{
    /// <summary>Most numbers of a vector.</summary>
    internal const int MaxUnits = 1 << 16;

    // A TimeDistributed may wrap these: each works on one timestep.
    private static readonly HashSet<string> s_distributed =
        ["Dense", "Activation", "ReLU", "Softmax", "BatchNormalization", "Normalization", "Dropout", "GaussianNoise", "Identity"];

    private readonly KerasFile _file;
    private readonly KerasRecurrent _recurrent;
    private readonly Dictionary<string, Func<KerasLayer, KerasValue, string, KerasValue>> _table;

    /// <summary>Makes the table for a file.</summary>
    public KerasLayers(KerasFile file)
    {
        _file = file;
        _recurrent = new KerasRecurrent(file);
        var windows = new KerasWindows(file);
        static KerasValue Same(KerasLayer layer, KerasValue value, string part) => value;
        _table = new(StringComparer.Ordinal)
        {
            ["Dropout"] = Same,
            ["SpatialDropout1D"] = Same,
            ["GaussianNoise"] = Same,
            ["GaussianDropout"] = Same,
            ["AlphaDropout"] = Same,
            ["ActivityRegularization"] = Same,
            ["Identity"] = Same,
            ["Dense"] = Dense,
            ["Embedding"] = Embedding,
            ["Activation"] = (layer, value, _) => KerasFunctions.Apply(layer, value, layer.Function("activation", "linear")),
            ["ReLU"] = KerasFunctions.Relu,
            ["Softmax"] = KerasFunctions.Softmax,
            ["BatchNormalization"] = BatchNormalization,
            ["Normalization"] = Normalization,
            ["GlobalAveragePooling1D"] = (layer, value, _) => Pool(layer, value, PoolKind.Mean),
            ["GlobalMaxPooling1D"] = (layer, value, _) => Pool(layer, value, PoolKind.Max),
            ["Reshape"] = Reshape,
            ["Flatten"] = Flatten,
            ["TimeDistributed"] = TimeDistributed,
            ["Masking"] = (layer, _, _) => throw layer.Refuse(
                "it skips timesteps, and a model computes each timestep that it gets",
                "train without it: a sequence comes to a model with its own length, without padding"),
            ["LayerNormalization"] = LayerNormalization,
            ["LeakyReLU"] = KerasFunctions.LeakyRelu,
            ["ELU"] = (layer, value, _) => KerasFunctions.Elu(layer, value, (float)layer.Real("alpha", 1)),
            ["Conv1D"] = windows.Convolution,
            ["MaxPooling1D"] = KerasWindows.Max,
            ["AveragePooling1D"] = KerasWindows.Mean,
        };
    }

    /// <summary>Returns the input of a network.</summary>
    /// <param name="layer">The first layer.</param>
    /// <param name="shape">Its sizes with the batch in front; null when the file does not say.</param>
    public static KerasValue Input(KerasLayer layer, int[]? shape) => shape switch
    {
        [_, int length] => new KerasValue { Sizes = [length], InputAxes = "batch, time" },
        [_, int length, int features and >= 1 and <= ModelFormat.MaxInputs] => new KerasValue
        {
            Content = Combination.Of(new InputSignal(features) { Node = layer }),
            Sizes = [length, features],
            InputAxes = "batch, time, feature",
        },
        null => throw layer.Refuse("the file does not say the shape of the input", "give the model an Input(shape=(None, features)) and save it again"),
        _ => throw layer.Refuse($"the input has the sizes {string.Join(", ", shape)}; [batch, time, features] with 1 to {ModelFormat.MaxInputs} features, "
            + "or [batch, time] of tokens, was expected", KerasRemedy.Listed),
    };

    /// <summary>Runs a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">The values that it reads.</param>
    /// <returns>Its outputs: the states of a recurrent layer come after the first one.</returns>
    /// <exception cref="UserInputException">The layer cannot be mapped.</exception>
    public KerasValue[] Run(KerasLayer layer, KerasValue[] inputs)
    {
        if (KerasMerge.Names.Contains(layer.ClassName)) return [KerasMerge.Run(layer, inputs)];
        if (inputs.Length != 1) throw layer.Refuse($"it reads {inputs.Length} values", KerasRemedy.Listed);
        if (KerasRecurrent.Names.Contains(layer.ClassName)) return _recurrent.Run(layer, inputs[0]);
        return [Rule(layer)(layer, inputs[0], "")];
    }

    private Func<KerasLayer, KerasValue, string, KerasValue> Rule(KerasLayer layer)
    {
        if (_table.TryGetValue(layer.ClassName, out var rule)) return rule;
        throw layer.Refuse(
            layer.ClassName is "Sequential" or "Functional" or "Model" ? "it is a model within the model" : "layers of this class are not known", KerasRemedy.Listed);
    }

    private KerasValue TimeDistributed(KerasLayer layer, KerasValue value, string part)
    {
        KerasLayer inner = layer.Inner("layer");
        if (!value.IsPerStep) throw layer.Refuse($"its input is {value.SizesText}, which has no timesteps", KerasRemedy.Listed);
        if (!s_distributed.Contains(inner.ClassName))
            throw layer.Refuse($"it wraps a layer of the class {inner.ClassName}", KerasRemedy.Listed);
        return Rule(inner)(inner, value, "layer");
    }

    private KerasValue Dense(KerasLayer layer, KerasValue value, string part)
    {
        Combination content = value.Known(layer);
        int units = layer.Count("units", MaxUnits), width = content.Map.Rows.Count;
        bool hasBias = layer.Flag("use_bias", true);
        Hdf5Array[] weights = _file.Weights.Take(layer, part, hasBias ? ["kernel", "bias"] : ["kernel"]);
        Expect(layer, "kernel", weights[0], width, units);
        if (hasBias) Expect(layer, "bias", weights[1], units);
        float[] kernel = weights[0].Values;
        LinearMap map = content.Map.Combined(Enumerable.Range(0, units)
            .Select(unit => Enumerable.Range(0, width).Select(k => (k, (double)kernel[k * units + unit])).ToArray()));
        if (hasBias) map = map.Scaled(_ => 1, unit => weights[1].Values[unit]);
        return KerasFunctions.Apply(layer, value.With(content.With(map)), layer.Function("activation", "linear"));
    }

    private KerasValue Embedding(KerasLayer layer, KerasValue value, string part)
    {
        if (value.Content != null || value.Sizes.Length != 1) throw layer.Refuse("it looks up other than the input of the network", KerasRemedy.Listed);
        if (layer.Flag("mask_zero", false))
            throw layer.Refuse("with mask_zero=True it skips token 0, and to a model token 0 is an unknown character, which counts", "train it with mask_zero=False");
        Hdf5Array table = _file.Weights.Take(layer, part, "embeddings")[0];
        int tokens = layer.Count("input_dim", ModelFormat.MaxVocabulary), count = layer.Count("output_dim", ModelFormat.MaxInputs);
        Expect(layer, "embeddings", table, tokens, count);
        return value with { Content = Combination.Of(new EmbeddingSignal(table.Values, tokens, count) { Node = layer }), Sizes = [value.Sizes[0], count] };
    }

    private KerasValue BatchNormalization(KerasLayer layer, KerasValue value, string part)
    {
        Combination content = value.Known(layer);
        ExpectLastAxis(layer, value, part);
        if (layer.Flag("renorm", false)) throw layer.Refuse("it renormalises (renorm=True)", KerasRemedy.Listed);
        bool hasScale = layer.Flag("scale", true), hasShift = layer.Flag("center", true);
        string[] names = [.. hasScale ? ["gamma"] : Array.Empty<string>(), .. hasShift ? ["beta"] : Array.Empty<string>(), "moving_mean", "moving_variance"];
        Hdf5Array[] weights = _file.Weights.Take(layer, part, names);
        int count = content.Map.Rows.Count;
        for (int n = 0; n < names.Length; n++) Expect(layer, names[n], weights[n], count);
        double epsilon = layer.Real("epsilon", 1e-3);
        float[] mean = weights[^2].Values, variance = weights[^1].Values;
        if (variance.Any(of => !(of + epsilon > 0))) throw layer.Refuse("it divides by the root of a variance that is not above 0", KerasRemedy.Save);
        double Scale(int n) => (hasScale ? weights[0].Values[n] : 1) / Math.Sqrt(variance[n] + epsilon);
        return value.With(content.With(content.Map.Scaled(Scale, n => (hasShift ? weights[hasScale ? 1 : 0].Values[n] : 0) - mean[n] * Scale(n))));
    }

    private KerasValue LayerNormalization(KerasLayer layer, KerasValue value, string part)
    {
        Combination content = value.Known(layer);
        ExpectLastAxis(layer, value, part);
        if (layer.Flag("rms_scaling", false)) throw layer.Refuse("it scales by the root mean square (rms_scaling=True)", KerasRemedy.Listed);
        bool hasScale = layer.Flag("scale", true), hasShift = layer.Flag("center", true);
        string[] names = [.. hasScale ? ["gamma"] : Array.Empty<string>(), .. hasShift ? ["beta"] : Array.Empty<string>()];
        Hdf5Array[] weights = names.Length == 0 ? [] : _file.Weights.Take(layer, part, names);
        int count = content.Map.Rows.Count;
        for (int n = 0; n < names.Length; n++) Expect(layer, names[n], weights[n], count);
        double epsilon = layer.Real("epsilon", 1e-3);
        if (!(epsilon >= 0)) throw layer.Refuse("its epsilon is no number from 0 up", KerasRemedy.Save);
        Combination normalised = Combination.Of(new NormalisedSignal((float)epsilon, content) { Node = layer });
        return value.With(normalised.With(normalised.Map.Scaled(
            n => hasScale ? weights[0].Values[n] : 1, n => hasShift ? weights[^1].Values[n] : 0)));
    }

    private KerasValue Normalization(KerasLayer layer, KerasValue value, string part)
    {
        const double Smallest = 1e-7;
        Combination content = value.Known(layer);
        int count = content.Map.Rows.Count;
        double[] mean, variance;
        // Numbers that were given lie in the configuration, those that adapt() found in the weights.
        if (KerasFunctions.Numbers(layer, "mean", count) is { } given)
        {
            mean = given;
            variance = KerasFunctions.Numbers(layer, "variance", count) ?? throw layer.Refuse("it has a mean and no variance", KerasRemedy.Save);
        }
        else
        {
            ExpectLastAxis(layer, value, part);
            Hdf5Array[] weights = _file.Weights.Take(layer, part, "mean", "variance", "count");
            Expect(layer, "mean", weights[0], count);
            Expect(layer, "variance", weights[1], count);
            mean = Array.ConvertAll(weights[0].Values, number => (double)number);
            variance = Array.ConvertAll(weights[1].Values, number => (double)number);
        }
        if (variance.Any(of => !(of >= 0))) throw layer.Refuse("it has a variance below 0", KerasRemedy.Save);
        double Deviation(int n) => Math.Max(Math.Sqrt(variance[n]), Smallest);
        LinearMap map = layer.Flag("invert", false)
            ? content.Map.Scaled(Deviation, n => mean[n])
            : content.Map.Scaled(n => 1 / Deviation(n), n => -mean[n] / Deviation(n));
        return value.With(content.With(map));
    }

    private static KerasValue Pool(KerasLayer layer, KerasValue value, PoolKind kind)
    {
        Combination content = value.Known(layer);
        if (!value.IsPerStep) throw layer.Refuse($"its input is {value.SizesText}, which has no timesteps", KerasRemedy.Listed);
        if (layer.Text("data_format", "channels_last") != "channels_last") throw layer.Refuse("it takes the features for timesteps (channels_first)", KerasRemedy.Listed);
        if (layer.Flag("keepdims", false)) throw layer.Refuse("it keeps an axis of one timestep (keepdims=True)", "leave keepdims out");
        return value.Vector(Combination.Of(new PoolSignal(kind, content) { Node = layer }));
    }

    private static KerasValue Reshape(KerasLayer layer, KerasValue value, string part)
    {
        int[] target = layer.Sizes("target_shape") ?? throw layer.Refuse("it has no target_shape", KerasRemedy.Save);
        if (target.Count(size => size < 0) > 1) throw layer.Refuse("its target_shape has several open sizes", KerasRemedy.Save);
        if (value.Content == null) return ReshapeInput(layer, value, target);
        int[] sizes = value.Sizes;
        // The features stay what they are, and so does what is in front of them.
        bool isSame = target.Length == sizes.Length && (target[^1] == sizes[^1] || (target[^1] < 0 && target.Length == 1))
            && (target.Length == 1 || target[0] < 0 || target[0] == sizes[0]);
        return isSame ? value : throw layer.Refuse(
            $"it makes [batch, {string.Join(", ", target)}] of {value.SizesText}, which mixes timesteps and features", KerasRemedy.Listed);
    }

    /// <summary>Reads an input of one axis as all timesteps in a row.</summary>
    private static KerasValue ReshapeInput(KerasLayer layer, KerasValue value, int[] target)
    {
        int all = value.Sizes[0];
        if (target is [_, < 0] && all > 0 && target[0] > 0 && all % target[0] == 0) target = [target[0], all / target[0]];
        if (target is not [int length, int features and >= 1 and <= ModelFormat.MaxInputs]
            || (all > 0 && (all % features != 0 || (length >= 0 && (long)length * features != all))))
            throw layer.Refuse($"it makes [batch, {string.Join(", ", target)}] of {value.SizesText}; [time, features] was expected", KerasRemedy.Listed);
        return value with
        {
            Content = Combination.Of(new InputSignal(features) { Node = layer }),
            Sizes = [length, features],
            InputAxes = features == 1 ? "batch, time" : "batch, time*feature",
        };
    }

    private static KerasValue Flatten(KerasLayer layer, KerasValue value, string part)
    {
        if (value.IsPerStep) throw layer.Refuse($"it makes one row of all timesteps of {value.SizesText}, and a model reads any number of them", KerasRemedy.Listed);
        return value;
    }

    private static void ExpectLastAxis(KerasLayer layer, KerasValue value, string part)
    {
        // A layer within a TimeDistributed sees one timestep.
        int last = part.Length > 0 ? 1 : value.Sizes.Length;
        int[] axes = layer.Axes("axis", -1);
        if (axes is not [int axis] || (axis != -1 && axis != last))
            throw layer.Refuse($"it goes over axis {string.Join(", ", axes)} of {value.SizesText}; the features are axis {last}", KerasRemedy.Listed);
    }

    /// <summary>Refuses a weight of another shape.</summary>
    internal static void Expect(KerasLayer layer, string name, Hdf5Array array, params int[] shape)
    {
        if (array.IsInteger) throw layer.Refuse($"its weight '{name}' holds whole numbers: the layer is quantised", "save the model before it is quantised");
        if (!array.Shape.SequenceEqual(shape))
            throw layer.Refuse($"its weight '{name}' has shape {array.ShapeText}; [{string.Join(", ", shape)}] was expected", KerasRemedy.Save);
    }
}
