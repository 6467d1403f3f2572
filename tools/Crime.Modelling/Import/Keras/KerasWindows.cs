// Keras layers over neighbouring timesteps.

using Crime.Gateway.Inference.Graphs;
using Crime.Modelling.Import.Hdf5;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import.Keras;

/// <summary>Runs Conv1D, MaxPooling1D and AveragePooling1D.</summary>
/// <param name="file">The file with the weights.</param>
internal sealed class KerasWindows(KerasFile file)
{
    private const int MaxSize = 1 << 12;

    /// <summary>Runs a convolution.</summary>
    public KerasValue Convolution(KerasLayer layer, KerasValue value, string part)
    {
        Combination content = Steps(layer, value);
        int filters = layer.Count("filters", KerasLayers.MaxUnits), groups = layer.Value("groups") == null ? 1 : layer.Count("groups", KerasLayers.MaxUnits);
        int size = One(layer, "kernel_size", 0), channels = content.Map.Rows.Count;
        if (channels % groups != 0 || filters % groups != 0)
            throw layer.Refuse($"its {groups} groups do not divide {channels} channels and {filters} filters", KerasRemedy.Save);
        WindowShape window = Padded(layer, size, One(layer, "strides", 1), One(layer, "dilation_rate", 1));
        bool hasBias = layer.Flag("use_bias", true);
        Hdf5Array[] weights = file.Weights.Take(layer, part, hasBias ? ["kernel", "bias"] : ["kernel"]);
        int perGroup = channels / groups;
        KerasLayers.Expect(layer, "kernel", weights[0], size, perGroup, filters);
        if (hasBias) KerasLayers.Expect(layer, "bias", weights[1], filters);
        float[] kernel = weights[0].Values;
        Combination filtered = TimeWindows.Convolution(
            window, content, filters, groups, (output, k, place) => kernel[(place * perGroup + k) * filters + output], hasBias ? weights[1].Values : null, layer);
        return KerasFunctions.Apply(layer, After(value, window, filtered), layer.Function("activation", "linear"));
    }

    /// <summary>Runs the maximum over a window.</summary>
    public static KerasValue Max(KerasLayer layer, KerasValue value, string part)
    {
        Combination content = Steps(layer, value);
        WindowShape window = Pool(layer);
        return After(value, window, Combination.Of(new WindowMaxSignal(window, content) { Node = layer }));
    }

    /// <summary>Runs the mean over a window.</summary>
    public static KerasValue Mean(KerasLayer layer, KerasValue value, string part)
    {
        WindowShape window = Pool(layer);
        return After(value, window, TimeWindows.Mean(window, Steps(layer, value), layer));
    }

    private static Combination Steps(KerasLayer layer, KerasValue value)
    {
        if (!value.IsPerStep) throw layer.Refuse($"its input is {value.SizesText}, which has no timesteps", KerasRemedy.Listed);
        if (value.IsReversed) throw layer.Refuse("its input comes in reversed time (go_backwards)", "reverse the outputs of the layer before");
        if (layer.Text("data_format", "channels_last") != "channels_last") throw layer.Refuse("it takes the features for timesteps (channels_first)", KerasRemedy.Listed);
        return value.Known(layer);
    }

    private static WindowShape Pool(KerasLayer layer)
    {
        int size = One(layer, "pool_size", 2);
        if (layer.Text("padding", "valid") != "valid") throw layer.Refuse("its padding depends on the length", "use padding='valid'");
        return new WindowShape(size, One(layer, "strides", size), 1, 0, 0);
    }

    private static WindowShape Padded(KerasLayer layer, int size, int stride, int dilation)
    {
        int reach = (size - 1) * dilation;
        return layer.Text("padding", "valid") switch
        {
            "valid" => new WindowShape(size, stride, dilation, 0, 0),
            "causal" => new WindowShape(size, stride, dilation, reach, 0),
            "same" when stride == 1 => new WindowShape(size, stride, dilation, reach / 2, reach - reach / 2),
            _ => throw layer.Refuse("its padding depends on the length", "use padding='valid' or 'causal', or strides=1"),
        };
    }

    private static KerasValue After(KerasValue value, WindowShape window, Combination content) => value with
    {
        Content = content,
        Sizes = [value.Sizes[0] < 0 ? -1 : window.LengthOf(value.Sizes[0]), content.Map.Rows.Count],
    };

    /// <summary>Returns a setting that Keras writes as a number or as a list of one.</summary>
    private static int One(KerasLayer layer, string name, int otherwise)
    {
        int value = layer.Value(name) is not { } given ? otherwise
            : given.ValueKind == System.Text.Json.JsonValueKind.Number ? layer.Count(name, MaxSize)
            : KerasLayer.SizesOf(given) is [var only] ? only : 0;
        return value is >= 1 and <= MaxSize ? value : throw layer.Refuse($"its '{name}' is no number of timesteps from 1 to {MaxSize}", KerasRemedy.Save);
    }
}
