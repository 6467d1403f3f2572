// Lengths of sequences that come as an input of the graph. A sequence comes to a model with its own length, so lengths may do one
// thing only: give a recurrent layer the end of a sequence. PyTorch sorts a batch by length on the way, and back afterwards.

using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Onnx.Values;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Onnx.Data;

/// <summary>Runs operators on lengths and on orders of sequences.</summary>
internal static class LengthOperators
{
    /// <summary>Runs a node of which an input is lengths or an order.</summary>
    /// <returns>Its outputs; null when the operator is none of these.</returns>
    public static IReadOnlyList<GraphValue>? TryRun(Operation operation)
    {
        GraphValue? first = operation[0];
        switch (operation.Node.Operator)
        {
            case "Cast" or "Identity" when first is LengthsValue or OrderValue:
                return [first];
            case "Shape" when first is LengthsValue given:
                return [KnownTensor.OfIntegers(given.Batch)];
            case "Shape" when first is OrderValue given:
                return [KnownTensor.OfIntegers(given.Batch)];
            case "TopK" when first is LengthsValue lengths && IsAll(operation, lengths.Batch):
                return [lengths, new OrderValue(lengths.Batch)];
            case "ScatterElements" when operation[1] is OrderValue order && first is KnownTensor && IsCounting(operation[2], order.Batch):
                return [new OrderValue(order.Batch)];
            case "Gather" when operation[1] is OrderValue && first is LengthsValue or OrderValue:
                return [first];
            default:
                return null;
        }
    }

    private static bool IsAll(Operation operation, Size batch) => operation.Known(1, "K").AllIntegers() is [var count] && count == batch;

    /// <summary>True for 0, 1, 2 and so on to the last sequence.</summary>
    private static bool IsCounting(GraphValue? value, Size batch) => value switch
    {
        OrderValue order => order.Batch == batch,
        KnownTensor { IsInteger: true } known => batch == known.AllIntegers().Length && known.AllIntegers().Select((size, n) => size == n).All(isSame => isSame),
        _ => false,
    };
}
