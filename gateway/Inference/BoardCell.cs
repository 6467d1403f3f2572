// The cell state of a board's layer in a state that the board hands over.

using Crime.Model;

namespace Crime.Gateway.Inference;

/// <summary>Format of the cell state of one layer.</summary>
/// <param name="FractionBits">Fraction bits of its numbers; of a wide cell those of the fractions.</param>
/// <param name="IsWide">Whether a unit has two numbers, a fraction and a whole part.</param>
/// <param name="Count">Numbers of all units; 0 for a cell without a cell state.</param>
public sealed record BoardCell(int FractionBits, bool IsWide, int Count)
{
    internal static BoardCell Of(FixedLayer layer) => new(layer.CellFractionBits, layer.IsWideCell, layer.CellCount);
}
