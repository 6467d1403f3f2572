// A battery and the way from it to the board: how long it lasts at a mean power. docs/battery.md has the argument and the sources of the defaults.

using System.Globalization;

namespace Crime.Modelling.Prediction;

/// <summary>A battery with its regulator.</summary>
/// <param name="CapacityMah">Rated capacity in mAh, above 0.</param>
public sealed record Battery(double CapacityMah)
{
    /// <summary>Nominal voltage of a lithium-ion cell, in V.</summary>
    public const double LithiumVolts = 3.7;

    /// <summary>
    /// Usable share of the rated capacity in percent. DigiKey's battery life calculator multiplies by 0.7, for all that shortens the life of a battery:
    /// cut-off voltage, temperature, age, peaks of the current.
    /// </summary>
    public const double DefaultUsablePercent = 70;

    /// <summary>Self-discharge of a lithium-ion cell in percent of its capacity a month. Battery University, BU-802b: 1 to 2 % after the first day.</summary>
    public const double DefaultSelfDischargePercent = 2;

    private const double HoursPerMonth = 730.5;

    /// <summary>Nominal voltage in V.</summary>
    public double Volts { get; init; } = LithiumVolts;

    /// <summary>Usable share of the rated capacity in percent, above 0 and at most 100.</summary>
    public double UsablePercent { get; init; } = DefaultUsablePercent;

    /// <summary>Self-discharge in percent of the rated capacity a month, at least 0.</summary>
    public double SelfDischargePercent { get; init; } = DefaultSelfDischargePercent;

    /// <summary>
    /// Efficiency of a switching converter in percent, above 0 and at most 100; null for a linear regulator, whose input current is its output current.
    /// </summary>
    public double? ConverterPercent { get; init; }

    /// <summary>Current in mA at the board's supply voltage that parts beside the module draw at all times: regulator, USB bridge, LED.</summary>
    public double ExtraMa { get; init; }

    /// <summary>Energy that the battery delivers in mWh.</summary>
    public double UsableMwh => CapacityMah * Volts * UsablePercent / 100;

    /// <summary>Power in mW that the battery loses by itself.</summary>
    public double SelfDischargeMw => CapacityMah * Volts * SelfDischargePercent / 100 / HoursPerMonth;

    /// <summary>Checks that the battery can supply a board.</summary>
    /// <param name="supplyV">Supply voltage of the board in V.</param>
    /// <exception cref="UserInputException">A linear regulator cannot raise the voltage of this battery.</exception>
    public void CheckSupplies(double supplyV)
    {
        if (ConverterPercent == null && Volts < supplyV)
            throw new UserInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"--battery-volts {Volts}: a linear regulator cannot raise it to the board's {supplyV} V; give --converter-percent for a switching converter"));
    }

    /// <summary>Returns the share of the battery's power that reaches the board, 0 to 1.</summary>
    /// <param name="supplyV">Supply voltage of the board in V.</param>
    public double Efficiency(double supplyV) => ConverterPercent is { } percent ? percent / 100 : supplyV / Volts;

    /// <summary>Returns the life of the battery in days.</summary>
    /// <param name="boardMw">Mean power of the board in mW, above 0, without <see cref="ExtraMa"/>.</param>
    /// <param name="supplyV">Supply voltage of the board in V.</param>
    public double Days(double boardMw, double supplyV) =>
        UsableMwh / ((boardMw + ExtraMa * supplyV) / Efficiency(supplyV) + SelfDischargeMw) / 24;
}

/// <summary>A battery, and how often the board has an input.</summary>
/// <param name="Battery">The battery.</param>
/// <param name="InputsPerHour">Inputs an hour, above 0.</param>
public sealed record BatteryUse(Battery Battery, double InputsPerHour);
