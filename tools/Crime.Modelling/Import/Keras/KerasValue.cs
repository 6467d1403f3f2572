// A value between two layers: numbers for each timestep or for a sequence.

using System.Linq;
using Crime.Modelling.Import.Network;
using static System.FormattableString;

namespace Crime.Modelling.Import.Keras;

/// <summary>A value of the network.</summary>
internal sealed record KerasValue
{
    /// <summary>The numbers; null for an input of one axis, of which the next layer shows what it is.</summary>
    public Combination? Content { get; init; }

    /// <summary>Sizes without the batch, -1 for an open one: [time, features] or [features].</summary>
    public required int[] Sizes { get; init; }

    /// <summary>True when the last timestep comes first: the outputs of a layer with go_backwards.</summary>
    public bool IsReversed { get; init; }

    /// <summary>The axes of the network's input.</summary>
    public required string InputAxes { get; init; }

    /// <summary>True when there is a vector for each timestep.</summary>
    public bool IsPerStep => Sizes.Length == 2;

    /// <summary>The sizes as people write them.</summary>
    public string SizesText => "[batch, " + string.Join(", ", Sizes.Select(size => size < 0 ? "any" : Invariant($"{size}"))) + "]";

    /// <summary>Returns the numbers.</summary>
    /// <exception cref="UserInputException">The value is an input of one axis.</exception>
    public Combination Known() => Content ?? throw new UserInputException($"the network reads no sequence: its input is {SizesText}; {KerasRemedy.Listed}");

    /// <summary>Returns the numbers for a layer that reads them.</summary>
    public Combination Known(KerasLayer layer) => Content ?? throw layer.Refuse(
        $"its input is {SizesText}, which is no sequence of features; an Embedding or a Reshape to [time, features] has to come first", KerasRemedy.Listed);

    /// <summary>Returns the value with other numbers of the same meaning.</summary>
    public KerasValue With(Combination content) => this with { Content = content, Sizes = [.. Sizes[..^1], content.Map.Rows.Count] };

    /// <summary>Returns a vector for the sequence.</summary>
    public KerasValue Vector(Combination content) => this with { Content = content, Sizes = [content.Map.Rows.Count], IsReversed = false };
}
