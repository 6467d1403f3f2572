// The network as it is found in a file, before anyone asks whether the .crime format can hold it: signals, each made from those
// before it. A new kind of layer is a new signal, an operator that makes it, and a place in NetworkBuilder.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Network;

/// <summary>The part of a file that a signal comes from, for refusals.</summary>
internal interface ISignalSource
{
    /// <summary>Returns a refusal that names the part.</summary>
    /// <param name="reason">Why it has no place.</param>
    /// <param name="remedy">Remedy for the user of the file.</param>
    UserInputException Refuse(string reason, string remedy);
}

/// <summary>A vector of numbers that a layer makes, once for each timestep or once for a sequence.</summary>
/// <param name="Count">Numbers of the vector.</param>
/// <param name="IsPerStep">True when there is one vector for each timestep.</param>
internal abstract record Signal(int Count, bool IsPerStep)
{
    /// <summary>The node that makes the signal; null for a signal that no node makes.</summary>
    public ISignalSource? Node { get; init; }

    /// <summary>Number of combinations one behind the other that lead to the signal.</summary>
    public virtual int Depth => 0;
}

/// <summary>The features of a timestep, or its token.</summary>
internal sealed record InputSignal(int Count) : Signal(Count, IsPerStep: true);

/// <summary>A row of an embedding, looked up by the token of a timestep.</summary>
/// <param name="Table">[tokens][count].</param>
/// <param name="Tokens">Number of tokens.</param>
/// <param name="Count">Dimensions of the embedding.</param>
internal sealed record EmbeddingSignal(float[] Table, int Tokens, int Count) : Signal(Count, IsPerStep: true);

/// <summary>The hidden states of a recurrent layer: the forward direction's, then the reverse one's.</summary>
/// <param name="Layer">The layer, before anything is folded into it.</param>
/// <param name="Input">The vectors that it reads.</param>
internal sealed record RecurrentSignal(RecurrentLayer Layer, Combination Input) : Signal(Layer.Shape.OutputCount, IsPerStep: true)
{
    /// <inheritdoc/>
    public override int Depth => Input.Depth;
}

/// <summary>The timestep whose state is taken.</summary>
internal enum StateMoment
{
    /// <summary>Of each direction at the end of its own way: h_n.</summary>
    Final,

    /// <summary>At the last timestep.</summary>
    Last,

    /// <summary>At the first timestep.</summary>
    First,

    /// <summary>The cell state of each direction at the end of its own way: c_n.</summary>
    FinalCell,
}

/// <summary>One vector of a sequence's vectors.</summary>
/// <param name="Of">The vectors of all timesteps.</param>
/// <param name="Moment">The one that is taken.</param>
internal sealed record StateSignal(Signal Of, StateMoment Moment) : Signal(Of.Count, IsPerStep: false)
{
    /// <inheritdoc/>
    public override int Depth => Of.Depth;
}

/// <summary>A function of each number, or of all numbers of a vector.</summary>
/// <param name="Name">ONNX's name of the function.</param>
/// <param name="Of">The vectors that it is applied to.</param>
/// <param name="Alpha">The first number of the function; 0 where it has none.</param>
/// <param name="Beta">The second number of the function; 0 where it has none.</param>
internal sealed record FunctionSignal(string Name, Combination Of, float Alpha = 0, float Beta = 0) : Signal(Of.Map.Rows.Count, Of.IsPerStep)
{
    /// <inheritdoc/>
    public override int Depth => Of.Depth;
}

/// <summary>Each vector minus its mean, over its standard deviation.</summary>
/// <param name="Epsilon">The number that is added to the variance.</param>
/// <param name="Of">The vectors.</param>
internal sealed record NormalisedSignal(float Epsilon, Combination Of) : Signal(Of.Map.Rows.Count, Of.IsPerStep)
{
    /// <inheritdoc/>
    public override int Depth => Of.Depth;
}

/// <summary>The product of two vectors, number by number.</summary>
/// <param name="Left">The one.</param>
/// <param name="Right">The other, with as many numbers.</param>
internal sealed record ProductSignal(Combination Left, Combination Right) : Signal(Left.Map.Rows.Count, Left.IsPerStep || Right.IsPerStep)
{
    /// <inheritdoc/>
    public override int Depth => Math.Max(Left.Depth, Right.Depth);
}

/// <summary>The mean, the maximum or the sum over the timesteps.</summary>
/// <param name="Kind">The kind of pooling.</param>
/// <param name="Of">The vectors of all timesteps.</param>
internal sealed record PoolSignal(PoolKind Kind, Combination Of) : Signal(Of.Map.Rows.Count, IsPerStep: false)
{
    /// <inheritdoc/>
    public override int Depth => Of.Depth;
}

/// <summary>The softmax of each number over the timesteps.</summary>
/// <param name="Of">The vectors of all timesteps.</param>
internal sealed record TimeSoftmaxSignal(Combination Of) : Signal(Of.Map.Rows.Count, IsPerStep: true)
{
    /// <inheritdoc/>
    public override int Depth => Of.Depth;
}

/// <summary>The vectors of neighbouring timesteps side by side, place by place.</summary>
/// <param name="Window">The timesteps that are seen.</param>
/// <param name="Of">The vectors of all timesteps.</param>
internal sealed record WindowSignal(WindowShape Window, Combination Of) : Signal(Of.Map.Rows.Count * Window.Size, IsPerStep: true)
{
    /// <inheritdoc/>
    public override int Depth => Of.Depth;
}

/// <summary>The maximum of each number over neighbouring timesteps.</summary>
/// <param name="Window">The timesteps that are seen.</param>
/// <param name="Of">The vectors of all timesteps.</param>
internal sealed record WindowMaxSignal(WindowShape Window, Combination Of) : Signal(Of.Map.Rows.Count, IsPerStep: true)
{
    /// <inheritdoc/>
    public override int Depth => Of.Depth;
}

/// <summary>A linear map of one or more signals side by side.</summary>
/// <param name="Signals">The signals; the columns of the map are their numbers in order.</param>
/// <param name="Map">The map.</param>
internal sealed record Combination(IReadOnlyList<Signal> Signals, LinearMap Map)
{
    // Whatever walks through the signals goes as deep as they do. The deepest network that a file holds has a few hundred operations.
    private const int MaxDepth = 1000;

    /// <summary>Number of combinations one behind the other, this one included.</summary>
    public int Depth { get; } = Signals.Select(signal => signal.Depth).DefaultIfEmpty().Max() is var depth && depth < MaxDepth
        ? depth + 1
        : throw new UserInputException($"the network is deeper than {MaxDepth} layers; make it shallower");

    /// <summary>True when there is one vector for each timestep.</summary>
    public bool IsPerStep => Signals.Any(signal => signal.IsPerStep);

    /// <summary>True when the combination is one signal, unchanged.</summary>
    public bool IsPlain => Signals.Count == 1 && Map.IsIdentity;

    /// <summary>Returns a signal as it is.</summary>
    public static Combination Of(Signal signal) => new([signal], LinearMap.Identity(signal.Count));

    /// <summary>Returns the combination with another map on the same signals.</summary>
    public Combination With(LinearMap map) => this with { Map = map };

    /// <summary>Returns the combination without the signals that nothing is read of.</summary>
    public Combination Used()
    {
        var used = new bool[Map.InputCount];
        foreach (MapRow row in Map.Rows)
            foreach (int column in row.Columns) used[column] = true;
        var places = new int[used.Length];
        var signals = new List<Signal>();
        int start = 0, count = 0;
        foreach (Signal signal in Signals)
        {
            bool isUsed = used.AsSpan(start, signal.Count).Contains(true);
            for (int n = 0; isUsed && n < signal.Count; n++) places[start + n] = count + n;
            start += signal.Count;
            if (!isUsed) continue;
            signals.Add(signal);
            count += signal.Count;
        }
        return signals.Count == Signals.Count ? this : new Combination(signals, Map.Placed(places, count));
    }

    /// <summary>Returns combinations whose maps read the same signals.</summary>
    public static Combination[] Aligned(IReadOnlyList<Combination> parts)
    {
        if (parts.Sum(part => (long)part.Map.Rows.Count) > LinearMap.MaxRows) throw new NotKnownException("a vector of this size");
        Signal[] signals = [.. parts.SelectMany(part => part.Signals).Distinct(ReferenceEqualityComparer.Instance).Cast<Signal>()];
        var starts = new Dictionary<Signal, int>(ReferenceEqualityComparer.Instance);
        int count = 0;
        foreach (Signal signal in signals)
        {
            starts[signal] = count;
            count += signal.Count;
        }
        return [.. parts.Select(part => new Combination(
            signals, part.Map.Placed([.. part.Signals.SelectMany(signal => Enumerable.Range(starts[signal], signal.Count))], count)))];
    }

    /// <summary>Returns the vector of one timestep. It is the same map of the signals at that timestep.</summary>
    public Combination At(StateMoment moment) => this with
    {
        Signals = [.. Signals.Select(signal => signal switch
        {
            { IsPerStep: false } => signal,
            FunctionSignal function => new FunctionSignal(function.Name, function.Of.At(moment), function.Alpha, function.Beta) { Node = signal.Node },
            NormalisedSignal normalised => new NormalisedSignal(normalised.Epsilon, normalised.Of.At(moment)) { Node = signal.Node },
            ProductSignal product => new ProductSignal(product.Left.At(moment), product.Right.At(moment)) { Node = signal.Node },
            _ => new StateSignal(signal, moment) { Node = signal.Node },
        })],
    };
}
