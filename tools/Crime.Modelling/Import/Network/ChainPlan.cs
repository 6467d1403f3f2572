// A network of recurrent layers in a row, with a head on a state of the last one: the form that boards compute. Linear maps between
// the layers are folded into the weights.

using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Metadata;

namespace Crime.Modelling.Import.Network;

/// <summary>Finds layers in a row.</summary>
internal static class ChainPlan
{
    /// <summary>Returns the plan of a network of layers in a row; null for any other network.</summary>
    /// <param name="head">Output of the network, without the functions at its end.</param>
    /// <param name="metadata">The metadata of the file.</param>
    public static NetworkPlan? TryMake(Combination head, ModelMetadata metadata)
    {
        RecurrentSignal? last = LastLayer(head);
        if (last == null || head.Map.IsSelection || ChainTo(last) is not { } chain) return null;
        HeadInput? seen = head.IsPerStep ? HeadInput.FinalState : HeadInputOf(head);
        if (seen == null) return null;
        Combination front = chain[0].Input.Used();
        FrontNormalisation normalisation = front.Signals[0] is EmbeddingSignal ? new FrontNormalisation(null, null) : FrontNormalisation.Of(front.Map, metadata);
        return new NetworkPlan
        {
            Front = front.Signals[0],
            Normalisation = normalisation,
            Layers = [.. chain.Select((signal, n) => n == 0 && normalisation.Graph != null ? signal.Layer : LayerFolding.Folded(signal.Layer, signal.Input.Used().Map))],
            HeadInput = seen.Value,
            Head = HeadMap(head),
            HeadText = head.IsPerStep ? "the outputs of the last layer at every timestep" : ImportedModel.Describe(seen.Value),
        };
    }

    /// <summary>Returns the one layer whose states the head sees; null where it sees something else.</summary>
    private static RecurrentSignal? LastLayer(Combination head)
    {
        if (head.IsPerStep) return head.Signals is [RecurrentSignal only] ? only : null;
        var layers = new HashSet<RecurrentSignal>(ReferenceEqualityComparer.Instance);
        foreach (Signal signal in head.Signals)
        {
            if (signal is not StateSignal { Of: RecurrentSignal layer, Moment: not StateMoment.FinalCell }) return null;
            layers.Add(layer);
        }
        return layers.Count == 1 ? layers.First() : null;
    }

    /// <summary>Returns the layers from the input to the last one; null where something else lies between them.</summary>
    private static List<RecurrentSignal>? ChainTo(RecurrentSignal last)
    {
        var chain = new List<RecurrentSignal> { last };
        while (true)
        {
            Combination input = chain[0].Input.Used();
            if (input.Signals.Count != 1 || chain.Count > ModelFormat.MaxLayers) return null;
            if (input.Signals[0] is InputSignal or EmbeddingSignal) return chain;
            if (input.Signals[0] is not RecurrentSignal before) return null;
            chain.Insert(0, before);
        }
    }

    /// <summary>
    /// Returns what of the last layer the head sees. The last step of a forward direction, and the first of a reverse one, is its final
    /// state. Null when it sees states of several timesteps.
    /// </summary>
    private static HeadInput? HeadInputOf(Combination head)
    {
        HashSet<HeadInput> possible = [HeadInput.FinalState, HeadInput.LastStep, HeadInput.FirstStep];
        foreach (var (moment, isReverse) in UsedParts(head))
            possible.IntersectWith(moment switch
            {
                StateMoment.Final => [HeadInput.FinalState, isReverse ? HeadInput.FirstStep : HeadInput.LastStep],
                StateMoment.Last => isReverse ? [HeadInput.LastStep] : [HeadInput.LastStep, HeadInput.FinalState],
                _ => isReverse ? [HeadInput.FirstStep, HeadInput.FinalState] : [HeadInput.FirstStep],
            });
        return possible.Count == 0 ? null : new[] { HeadInput.FinalState, HeadInput.LastStep, HeadInput.FirstStep }.First(possible.Contains);
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

    /// <summary>Returns the head over all directions of the last layer in their order, whichever signals name them.</summary>
    private static LinearMap HeadMap(Combination head)
    {
        int width = head.Signals[0].Count;
        return new LinearMap(width, [.. head.Map.Rows.Select(row =>
        {
            var weights = new SortedDictionary<int, double>();
            for (int n = 0; n < row.Columns.Length; n++)
                weights[row.Columns[n] % width] = weights.GetValueOrDefault(row.Columns[n] % width) + row.Weights[n];
            return new MapRow([.. weights.Keys], [.. weights.Values], row.Bias);
        })]);
    }
}
