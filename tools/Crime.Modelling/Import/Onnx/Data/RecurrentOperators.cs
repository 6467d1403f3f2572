// LSTM, GRU and RNN nodes: their place among the values. What is in a node is read by RecurrentNode.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx.Files;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>A refusal because the axes of a recurrent node's input mean something else than it asks for.</summary>
/// <param name="refusal">The refusal to report if no other meaning of the graph's input fits better.</param>
internal sealed class AxisOrderException(UserInputException refusal) : Exception(refusal.Message, refusal)
{
    /// <summary>The refusal to report if no other meaning of the graph's input fits better.</summary>
    public UserInputException Refusal => refusal;
}

/// <summary>Runs recurrent nodes.</summary>
internal static class RecurrentOperators
{
    /// <summary>Runs a node.</summary>
    public static IReadOnlyList<GraphValue> Run(Operation operation)
    {
        OnnxNode node = operation.Node;
        DataValue x = operation.Data(0);
        bool isBatchFirst = node.Integer("layout", 0) == 1;
        if (node.Integer("layout", 0) is not (0 or 1)) throw node.Refuse("its layout is neither 0 nor 1", Remedy.Export);
        if (x.Axes.Count != 3) throw node.Refuse($"its input X has the axes {x.AxesText}; three were expected", Remedy.Listed);
        if (x.IsTruncated) throw node.Refuse("it reads token numbers without an embedding", Remedy.Listed);
        Axis time = x.Axes[isBatchFirst ? 1 : 0], batch = x.Axes[isBatchFirst ? 0 : 1], features = x.Axes[2];
        bool isInOrder = time.Is(AtomKind.Time) && (batch.Is(AtomKind.Batch) || batch.Atoms.Count == 0) && features.IsFeatures
            && features.FeatureCount == x.Content.Map.Rows.Count;
        if (!isInOrder)
            throw new AxisOrderException(node.Refuse(
                $"its input X has the axes {x.AxesText}; its layout asks for {(isBatchFirst ? "[batch, time, feature]" : "[time, batch, feature]")}",
                Remedy.OneSequence));
        RecurrentLayer layer = RecurrentNode.Read(operation, features.FeatureCount);
        CheckLengths(operation, time.Size);
        var states = new RecurrentSignal(layer, x.Content) { Node = node };
        Axis part = Axis.Features(layer.Directions.Count), unit = Axis.Features(layer.HiddenCount);
        Combination Taken(StateMoment moment) => Combination.Of(new StateSignal(states, moment) { Node = node });
        Axis[] final = isBatchFirst ? [batch, part, unit] : [part, batch, unit];
        var outputs = new List<GraphValue>
        {
            new DataValue(isBatchFirst ? [batch, time, part, unit] : [time, part, batch, unit], Combination.Of(states)),
            new DataValue(final, Taken(StateMoment.Final)),
        };
        if (layer.Kind == CellKind.Lstm) outputs.Add(new DataValue(final, Taken(StateMoment.FinalCell)));
        return outputs;
    }

    /// <summary>
    /// Checks sequence_lens: lengths that come as an input of the graph, or a constant that says no more than the graph. A sequence
    /// comes to a model with its own length.
    /// </summary>
    private static void CheckLengths(Operation operation, Size length)
    {
        switch (operation[4])
        {
            case null or LengthsValue:
                return;
            case KnownTensor { IsInteger: true } lengths:
                Size[] others = [.. lengths.Integers!.Where(given => given != length).Distinct()];
                if (others.Length == 0) return;
                throw operation.Node.Refuse(
                    $"sequence_lens is a constant of {string.Join(", ", others)} timesteps, which is not the length {length} of the node's input", Remedy.Constant);
            case GraphValue other:
                throw operation.Node.Refuse($"sequence_lens is {Operation.Describe(other)}", "give the lengths as an input of the graph, or leave them out");
        }
    }
}
