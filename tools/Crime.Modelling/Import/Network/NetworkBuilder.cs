// From signals to a model that the .crime format holds: recurrent layers in a row where the network is one, else a graph of operations.

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
    // Strictly increasing in each value, or in all together: the largest stays the largest.
    private static readonly HashSet<string> s_increasing = ["Softmax", "LogSoftmax", "Sigmoid", "Tanh", "Exp", "Log", "Softplus", "Softsign"];

    /// <summary>Builds the model.</summary>
    /// <param name="output">Output of the network.</param>
    /// <param name="isDecision">True when it gives the number of the class with the largest value.</param>
    /// <exception cref="UserInputException">The format cannot hold the network; the message says what of it, and what to do.</exception>
    public ImportedModel Build(Combination output, bool isDecision)
    {
        // Of values the functions at the end are a part.
        var choice = new AnswerChoice(metadata, options);
        List<NetworkEnd> ends = choice.IsNumbers ? [] : WithoutEnds(ref output);
        Combination head = output.Used();
        if (head.Signals.Count == 0) throw new UserInputException("the network's output does not depend on its input; export it again");
        if (ends.Count == 0 && head.Map.IsSelection && head.Signals is [StateSignal { Of: RecurrentSignal } or RecurrentSignal])
            throw Refuse(head.Signals[0]);
        NetworkPlan plan = ChainPlan.TryMake(head, metadata) ?? GraphPlan.Make(head, metadata);
        int outputs = plan.Head.Rows.Count;
        AnswerKind answer = choice.Of(outputs, head.IsPerStep, ends is [{ Name: "Sigmoid" }, ..], isDecision, out bool isLogit);
        if (isLogit && (isDecision || !KeepsSign(ends)))
        {
            string end = isDecision ? "ArgMax" : ends[^1].Name;
            throw new UserInputException($"the network has one output, and {end} at its end leaves no sign that separates two classes; "
                + "export it without this end, or say --answer value");
        }
        int classes = isLogit ? 2 : outputs;
        var embedding = plan.Front as EmbeddingSignal;
        if (plan.Front.Count is < 1 or > ModelFormat.MaxInputs || classes is < 1 or > ModelFormat.MaxClasses)
            throw new UserInputException(
                $"{plan.Front.Count} inputs and {classes} {(choice.IsNumbers ? "values" : "classes")} are outside the limits "
                + $"(1 to {ModelFormat.MaxInputs} and {ModelFormat.MaxClasses})");
        var model = new TrainedModel
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Input = embedding != null ? InputKind.Tokens : InputKind.Features,
            InputCount = plan.Front.Count,
            ClassNames = choice.NamesOf(answer, outputs, isLogit),
            Mean = plan.Normalisation.Mean,
            Deviation = plan.Normalisation.Deviation,
            CodePoints = embedding == null ? null : metadata.CodePoints(embedding.Tokens),
            Embedding = embedding?.Table ?? [],
            Layers = plan.Layers,
            HeadInput = plan.HeadInput,
            Graph = plan.Graph,
            Answer = answer,
            IsLogit = isLogit,
            Scale = choice.ScaleOf(answer, outputs, embedding != null ? 0 : plan.Front.Count, plan.Normalisation.Graph != null),
            HeadWeights = HeadWeights(plan.Head, isLogit),
            HeadBias = [.. isLogit ? [0f] : Array.Empty<float>(), .. plan.Head.Rows.Select(row => (float)row.Bias)],
        };
        return new ImportedModel
        {
            Model = model,
            Head = plan.HeadText,
            EndSteps = ends,
            IsDecision = isDecision,
            IsLogit = isLogit,
            Forecast = choice.Forecast,
            NormalClasses = choice.NormalClasses,
            GraphNormalisation = plan.Normalisation.Graph,
        };
    }

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

    /// <summary>True when the sign of one number, or its side of one half behind a Sigmoid, is that of the logit before the functions.</summary>
    private static bool KeepsSign(List<NetworkEnd> ends) => ends switch
    {
        [] => true,
        [{ Name: "Sigmoid" } sigmoid] => (sigmoid.Scale == 1 && sigmoid.Shift == 0) || sigmoid.Shift == -sigmoid.Scale / 2,
        [{ Name: "Tanh" or "Softsign", Shift: 0 }] => true,
        _ => false,
    };

    /// <summary>Returns the positive factor and the number that are the same for every value; null for any other map.</summary>
    private static (double Scale, double Shift)? UniformOf(LinearMap map)
    {
        MapRow first = map.Rows[0];
        bool isUniform = map.Rows.Count == map.InputCount && first.Columns.Length == 1 && first.Weights[0] > 0
            && !map.Rows.Where((row, n) => row.Columns is not [var column] || column != n || row.Weights[0] != first.Weights[0] || row.Bias != first.Bias).Any();
        return isUniform ? (first.Weights[0], first.Bias) : null;
    }

    /// <summary>Returns the head's weights, [classes][inputs of the head]; of one logit the first class has none.</summary>
    private static float[] HeadWeights(LinearMap head, bool isLogit)
    {
        int width = head.InputCount, first = isLogit ? 1 : 0;
        var weights = new float[(head.Rows.Count + first) * width];
        for (int k = 0; k < head.Rows.Count; k++)
        {
            MapRow row = head.Rows[k];
            for (int n = 0; n < row.Columns.Length; n++) weights[(k + first) * width + row.Columns[n]] = (float)row.Weights[n];
        }
        return weights;
    }

    private static UserInputException Refuse(Signal signal)
    {
        const string Reason = "the output is the state of a recurrent layer, and no linear head follows it", Remedy = "export the network with its head";
        return signal.Node?.Refuse(Reason, Remedy) ?? new UserInputException($"{Reason}; {Remedy}");
    }
}
