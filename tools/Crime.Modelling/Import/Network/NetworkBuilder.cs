// From signals to a chain that the .crime format holds: input, recurrent layers one after the other, a linear head. Here, and only
// here, is decided what the format cannot hold yet. A new kind of layer in the format takes a refusal away.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Metadata;

namespace Crime.Modelling.Import.Network;

/// <summary>Builds a model of the signals that a file describes.</summary>
/// <param name="metadata">The metadata of the file.</param>
/// <param name="options">The user's statements about the file.</param>
/// <param name="path">The path of the file; its name becomes the model's.</param>
internal sealed class NetworkBuilder(ModelMetadata metadata, ImportOptions options, string path)
{
    private const string ChangeNetwork = "a .crime file holds recurrent layers in a row and one linear head on a state of the last one (docs/import.md)";

    // Strictly increasing in each value, or in all together: the largest stays the largest.
    private static readonly HashSet<string> s_increasing = ["Softmax", "LogSoftmax", "Sigmoid", "Tanh", "Exp", "Log", "Softplus", "Softsign"];

    /// <summary>Builds the model.</summary>
    /// <param name="output">Output of the network.</param>
    /// <param name="isDecision">True when it gives the number of the class with the largest value.</param>
    /// <exception cref="UserInputException">The format cannot hold the network; the message says what of it, and what to do.</exception>
    public ImportedModel Build(Combination output, bool isDecision)
    {
        List<NetworkEnd> ends = WithoutEnds(ref output);
        Combination head = Used(output);
        RecurrentSignal last = LastLayer(head);
        IReadOnlyList<RecurrentSignal> chain = ChainTo(last);
        Combination front = Used(chain[0].Input);
        bool isTokens = front.Signals[0] is EmbeddingSignal;
        Normalisation normalisation = isTokens ? new Normalisation(null, null) : NormalisationOf(front);
        RecurrentLayer[] layers = [.. chain.Select((signal, n) => n == 0 && normalisation.Graph != null ? signal.Layer : Folded(signal))];
        int inputs = layers[0].InputCount, outputs = head.Map.Rows.Count;
        if (options.Answer == "logit" && outputs != 1) throw new UserInputException($"--answer logit is for one output, and the network has {outputs}; leave it out");
        bool isLogit = outputs == 1 && IsLogit(ends);
        int classes = isLogit ? 2 : outputs;
        if (inputs is < 1 or > ModelFormat.MaxInputs || classes is < 1 or > ModelFormat.MaxClasses)
            throw new UserInputException($"{inputs} inputs and {classes} classes are outside the limits (1 to {ModelFormat.MaxInputs} and {ModelFormat.MaxClasses})");
        HeadInput seen = HeadInputOf(head);
        var embedding = front.Signals[0] as EmbeddingSignal;
        var model = new TrainedModel
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Input = isTokens ? InputKind.Tokens : InputKind.Features,
            InputCount = inputs,
            ClassNames = metadata.ClassNames(classes),
            Mean = normalisation.Mean,
            Deviation = normalisation.Deviation,
            CodePoints = embedding == null ? null : metadata.CodePoints(embedding.Tokens),
            Embedding = embedding?.Table ?? [],
            Layers = layers,
            HeadInput = seen,
            HeadWeights = HeadWeights(head, isLogit),
            HeadBias = [.. isLogit ? [0f] : Array.Empty<float>(), .. head.Map.Rows.Select(row => (float)row.Bias)],
        };
        return new ImportedModel
        {
            Model = model,
            Head = ImportedModel.Describe(seen),
            EndSteps = ends,
            IsDecision = isDecision,
            IsLogit = isLogit,
            GraphNormalisation = normalisation.Graph,
        };
    }

    /// <summary>Means and deviations of the features; null for none.</summary>
    private sealed record Normalisation(float[]? Mean, float[]? Deviation, (float[] Mean, float[] Deviation)? Graph = null);

    /// <summary>Takes the functions at the end away that change no decision.</summary>
    private static List<NetworkEnd> WithoutEnds(ref Combination output)
    {
        var ends = new List<NetworkEnd>();
        while (output.Signals is [FunctionSignal function] && s_increasing.Contains(function.Name) && UniformOf(output.Map) is (double scale, double shift))
        {
            ends.Insert(0, new NetworkEnd(function.Name, scale, shift));
            output = function.Of;
        }
        return ends;
    }

    /// <summary>Returns the positive factor and the number that are the same for every value; null for any other map.</summary>
    private static (double Scale, double Shift)? UniformOf(LinearMap map)
    {
        MapRow first = map.Rows[0];
        bool isUniform = map.Rows.Count == map.InputCount && first.Columns.Length == 1 && first.Weights[0] > 0
            && !map.Rows.Where((row, n) => row.Columns is not [var column] || column != n || row.Weights[0] != first.Weights[0] || row.Bias != first.Bias).Any();
        return isUniform ? (first.Weights[0], first.Bias) : null;
    }

    /// <summary>Returns the combination without the signals that nothing is read of.</summary>
    private static Combination Used(Combination all)
    {
        var used = new bool[all.Map.InputCount];
        foreach (MapRow row in all.Map.Rows)
            foreach (int column in row.Columns) used[column] = true;
        var places = new int[used.Length];
        var signals = new List<Signal>();
        int start = 0, count = 0;
        foreach (Signal signal in all.Signals)
        {
            bool isUsed = used.AsSpan(start, signal.Count).Contains(true);
            for (int n = 0; isUsed && n < signal.Count; n++) places[start + n] = count + n;
            start += signal.Count;
            if (!isUsed) continue;
            signals.Add(signal);
            count += signal.Count;
        }
        return signals.Count == all.Signals.Count ? all : new Combination(signals, all.Map.Placed(places, count));
    }

    /// <summary>Returns the layer whose states the head sees.</summary>
    private static RecurrentSignal LastLayer(Combination head)
    {
        if (head.IsPerStep) throw Refuse(
            head.Signals.First(signal => signal.IsPerStep), "the network gives one vector per timestep, and a model gives one class per sequence", ChangeNetwork);
        if (head.Signals.Count == 0) throw new UserInputException($"the graph's output does not come from a recurrent layer; {ChangeNetwork}");
        foreach (Signal signal in head.Signals)
        {
            switch (signal)
            {
                case StateSignal { Of: RecurrentSignal, Moment: StateMoment.FinalCell }:
                    throw Refuse(signal, "the head sees the cell state c_n, and a model's head sees h", ChangeNetwork);
                case StateSignal { Of: RecurrentSignal }:
                    continue;
                case PoolSignal pool:
                    throw Refuse(signal, $"the head sees the {(pool.IsMean ? "mean" : "maximum")} over the timesteps", ChangeNetwork);
                case FunctionSignal function:
                    throw Refuse(signal, s_increasing.Contains(function.Name)
                        ? $"{function.Name} changes no decision at the end of a network, but something follows it here"
                        : $"{function.Name} lies between the states and the output", ChangeNetwork);
                default:
                    throw Refuse(signal, "the head sees other than the states of a recurrent layer", ChangeNetwork);
            }
        }
        RecurrentSignal[] layers = [.. head.Signals.Select(signal => (RecurrentSignal)((StateSignal)signal).Of)
            .Distinct(ReferenceEqualityComparer.Instance).Cast<RecurrentSignal>()];
        if (layers.Length > 1) throw Refuse(layers[0], "the head sees other layers than the last recurrent one, or several", ChangeNetwork);
        if (head.Map.IsSelection) throw Refuse(
            layers[0], "the graph's output comes from a recurrent layer without a linear head (Gemm, or MatMul and Add)", ChangeNetwork);
        return layers[0];
    }

    /// <summary>Returns the layers from the input to the last one.</summary>
    private static List<RecurrentSignal> ChainTo(RecurrentSignal last)
    {
        var chain = new List<RecurrentSignal> { last };
        while (true)
        {
            Combination input = Used(chain[0].Input);
            if (input.Signals.Count != 1)
                throw Refuse(
                    chain[0], input.Signals.Count == 0 ? "its input X is a constant" : "its input X is made of several layers, and layers have to follow one another",
                    ChangeNetwork);
            switch (input.Signals[0])
            {
                case RecurrentSignal before when chain.Count < ModelFormat.MaxLayers:
                    chain.Insert(0, before);
                    break;
                case RecurrentSignal:
                    throw Refuse(last, $"more than {ModelFormat.MaxLayers} recurrent layers", "leave some layers out");
                case InputSignal or EmbeddingSignal:
                    return chain;
                case FunctionSignal function:
                    throw Refuse(function, $"{function.Name} lies in front of a recurrent layer", ChangeNetwork);
                case Signal other:
                    throw Refuse(other, "it lies in front of a recurrent layer", ChangeNetwork);
            }
        }
    }

    /// <summary>Returns the layer with the linear map in front of it folded into its weights.</summary>
    private static RecurrentLayer Folded(RecurrentSignal signal)
    {
        LinearMap map = Used(signal.Input).Map;
        RecurrentLayer layer = signal.Layer;
        if (map.IsIdentity) return layer;
        return layer.WithInput(map.InputCount, [.. layer.Directions.Select(weights =>
        {
            int rows = weights.InputBias.Length, width = layer.InputCount;
            var folded = new float[rows * map.InputCount];
            var bias = new float[rows];
            var sums = new double[map.InputCount];
            for (int row = 0; row < rows; row++)
            {
                Array.Clear(sums);
                double shift = weights.InputBias[row];
                for (int k = 0; k < width; k++)
                {
                    double weight = weights.InputWeights[row * width + k];
                    MapRow from = map.Rows[k];
                    shift += weight * from.Bias;
                    for (int n = 0; n < from.Columns.Length; n++) sums[from.Columns[n]] += weight * from.Weights[n];
                }
                bias[row] = (float)shift;
                for (int n = 0; n < sums.Length; n++) folded[row * sums.Length + n] = (float)sums[n];
            }
            return (folded, bias);
        })]);
    }

    /// <summary>
    /// Returns the normalisation: that of the metadata, and then that of the graph where it scales and shifts each feature by itself.
    /// Boards send their inputs standardised, so the normalisation is a better place for it than the weights.
    /// </summary>
    private Normalisation NormalisationOf(Combination front)
    {
        int count = front.Map.InputCount;
        float[]? mean = metadata.Floats("feature_mean", count), deviation = metadata.Floats("feature_std", count);
        IReadOnlyList<MapRow> rows = front.Map.Rows;
        bool isScale = rows.Count == count && !rows.Where((row, n) => row.Columns is not [var column] || column != n || row.Weights[0] <= 0).Any();
        if (front.Map.IsIdentity || !isScale || (mean == null) != (deviation == null)) return new Normalisation(mean, deviation);
        double Before(int n) => deviation?[n] ?? 1;
        float[] means = [.. rows.Select((row, n) => (float)((mean?[n] ?? 0) - row.Bias / row.Weights[0] * Before(n)))];
        float[] deviations = [.. rows.Select((row, n) => (float)(Before(n) / row.Weights[0]))];
        bool isUsable = means.All(float.IsFinite) && deviations.All(value => float.IsFinite(value) && value > 0);
        if (!isUsable) return new Normalisation(mean, deviation);
        float[] own = [.. rows.Select(row => (float)(-row.Bias / row.Weights[0]))];
        return new Normalisation(means, deviations, (own, [.. rows.Select(row => (float)(1 / row.Weights[0]))]));
    }

    /// <summary>True when the one output is the logit of the second of two classes.</summary>
    private bool IsLogit(List<NetworkEnd> ends)
    {
        string? answer = options.Answer ?? metadata.Text("answer");
        if (answer is not (null or "class" or "logit")) throw new UserInputException($"metadata 'answer' is '{answer}'; it takes class or logit");
        if (answer == "logit" || (answer == null && (ends is [{ Name: "Sigmoid" }, ..] || metadata.NamesTwoClasses))) return true;
        throw new UserInputException("the network has one output: a number, of which a model makes no class; if its sign separates two classes "
            + "(BCEWithLogitsLoss), say --answer logit or give the metadata 'classes' two names");
    }

    /// <summary>Returns what of the last layer the head sees. The last step of a forward direction, and the first of a reverse one, is its final state.</summary>
    private static HeadInput HeadInputOf(Combination head)
    {
        HashSet<HeadInput> possible = [HeadInput.FinalState, HeadInput.LastStep, HeadInput.FirstStep];
        foreach (var (moment, isReverse) in UsedParts(head))
            possible.IntersectWith(moment switch
            {
                StateMoment.Final => [HeadInput.FinalState, isReverse ? HeadInput.FirstStep : HeadInput.LastStep],
                StateMoment.Last => isReverse ? [HeadInput.LastStep] : [HeadInput.LastStep, HeadInput.FinalState],
                _ => isReverse ? [HeadInput.FirstStep, HeadInput.FinalState] : [HeadInput.FirstStep],
            });
        return possible.Count > 0
            ? new[] { HeadInput.FinalState, HeadInput.LastStep, HeadInput.FirstStep }.First(possible.Contains)
            : throw Refuse(head.Signals[0], "the head sees states of several timesteps", ChangeNetwork);
    }

    private static IEnumerable<(StateMoment Moment, bool IsReverse)> UsedParts(Combination head)
    {
        int start = 0;
        HashSet<int> columns = [.. head.Map.Rows.SelectMany(row => row.Columns)];
        foreach (StateSignal signal in head.Signals.Cast<StateSignal>())
        {
            RecurrentLayer layer = ((RecurrentSignal)signal.Of).Layer;
            for (int n = 0; n < signal.Count; n++)
                if (columns.Contains(start + n)) yield return (signal.Moment, layer.Direction == Direction.Reverse || n >= layer.HiddenCount);
            start += signal.Count;
        }
    }

    /// <summary>Returns the head's weights on all directions of the last layer in their order; zeros on one that the network leaves out.</summary>
    private static float[] HeadWeights(Combination head, bool isLogit)
    {
        int width = head.Signals[0].Count, first = isLogit ? 1 : 0;
        var weights = new double[(head.Map.Rows.Count + first) * width];
        for (int k = 0; k < head.Map.Rows.Count; k++)
        {
            MapRow row = head.Map.Rows[k];
            for (int n = 0; n < row.Columns.Length; n++) weights[(k + first) * width + row.Columns[n] % width] += row.Weights[n];
        }
        return Array.ConvertAll(weights, weight => (float)weight);
    }

    private static UserInputException Refuse(Signal signal, string reason, string remedy) =>
        signal.Node?.Refuse(reason, remedy) ?? new UserInputException($"{reason}; {remedy}");
}
