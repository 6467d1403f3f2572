// The format of a cell state beside the states of a layer, for the report of a conversion.

using Crime.FixedPoint;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Conversions;

/// <summary>The cell format of a layer beside the states that it has to hold.</summary>
/// <param name="FractionBits">Fraction bits of the format.</param>
/// <param name="IsWide">Whether the format has 32 bits.</param>
/// <param name="Seen">Largest magnitude of a state in the calibration data; null without data.</param>
/// <param name="Reach">Largest magnitude under constant inputs, see <see cref="CellProbe"/>; null where it was not probed.</param>
public sealed record CellFit(int FractionBits, bool IsWide, float? Seen, float? Reach)
{
    /// <summary>Bits of a cell state: 16 or 32.</summary>
    public int Bits => IsWide ? 32 : 16;

    /// <summary>Magnitude at which the format cuts states off.</summary>
    public double Range => Formats.RangeOfCell(FractionBits, IsWide);

    /// <summary>The range over the largest state seen; below 1 where states are cut off, null without data and for a state that stays 0.</summary>
    public double? Margin => Seen > 0 ? Range / Seen : null;

    /// <summary>False where the calibration data have states beyond the range; null without data.</summary>
    public bool? Fits => Seen == null ? null : Holds(Seen.Value);

    /// <summary>True where the range is a default, and constant inputs drive a state beyond it.</summary>
    public bool IsGuess => Reach is { } reach && !Holds(reach);

    /// <summary>Returns the fit of a layer.</summary>
    /// <param name="layer">The layer, with a cell state.</param>
    /// <param name="index">Its index.</param>
    /// <param name="calibration">The ranges that decided the format.</param>
    /// <param name="reach">Largest magnitude under constant inputs; null where it was not probed.</param>
    public static CellFit Of(QuantisedLayer layer, int index, Calibration calibration, float? reach) =>
        new(layer.CellFractionBits, layer.IsWideCell, calibration.SeenCell(index), reach);

    private bool Holds(float magnitude) => IsWide ? magnitude < Range : magnitude * (1 << FractionBits) < Fixed.Int16Max + 0.5f;
}
