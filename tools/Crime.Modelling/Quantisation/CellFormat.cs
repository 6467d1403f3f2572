// The format of a layer's cell state. 16 bits cost the fewest instructions on a board, and hold most networks. A unit that counts leaves them: its cell state
// needs whole parts beyond 256, and tanh needs 7 fraction bits.

using System;
using Crime.FixedPoint;
using Crime.Model;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Quantisation;

/// <summary>Width of the cell states of LSTM layers.</summary>
public enum CellWidth
{
    /// <summary>For each layer 16 bits where they hold the calibrated range with its margin, and otherwise 32.</summary>
    Auto,

    /// <summary>16 bits for all layers; states beyond 256 are cut off.</summary>
    Narrow,

    /// <summary>32 bits for all layers.</summary>
    Wide,
}

/// <summary>Format of a layer's cell state.</summary>
/// <param name="FractionBits">Fraction bits; 0 for a cell without a cell state.</param>
/// <param name="IsWide">True for 32 bits.</param>
public readonly record struct CellFormat(int FractionBits, bool IsWide)
{
    /// <summary>Chooses the format of a layer.</summary>
    /// <param name="shape">The layer.</param>
    /// <param name="maxCell">Magnitude of a cell state that the format shall hold, without the margin.</param>
    /// <param name="width">The width that is asked for.</param>
    public static CellFormat Choose(LayerShape shape, float maxCell, CellWidth width)
    {
        if (!shape.HasCellState) return default;
        int bits = QFormat.FractionBitsFor(maxCell * Calibration.CellMargin);
        bool isWide = width == CellWidth.Wide || (width == CellWidth.Auto && bits < ModelFormat.MinCellFractionBits);
        return isWide ? new CellFormat(ModelFormat.MaxCellFractionBits, true) : new CellFormat(Math.Max(bits, ModelFormat.MinCellFractionBits), false);
    }
}
