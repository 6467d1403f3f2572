// The options of a battery, the same for every verb that predicts its life.

using System.CommandLine;
using Crime.Modelling;
using Crime.Modelling.Prediction;

namespace Crime.Cli.Verbs;

/// <summary>Options of a battery and of how often a board has an input.</summary>
internal sealed class BatteryOptions
{
    /// <summary>Description of the JSON of a battery's life.</summary>
    public const string JsonKeys =
        "With --battery, 'battery' has capacity_mah, battery_volts, usable_percent, self_discharge_percent, converter_percent (null: linear regulator), "
        + "extra_ma, inputs_per_hour, mean_length; 'rows', one per radio mode and mapping: radio, mapping, settings (none where no setting selects it), "
        + "idle_mw, input_mj, inputs_mw, background_mw, total_mw, total_ma, offloaded_percent, busy_ms, keeps_up, days (null when the board does not keep "
        + "up); and 'longest', the row that lasts longest, or null, with equal_mappings.";

    private const double MaxMah = 1e7;
    private const double MaxInputsPerHour = 1e9;

    private readonly Option<double?> _capacity = Options.OptionalReal(
        "--battery", "Predict how long this battery lasts, its capacity in mAh.", mah => mah is > 0 and <= MaxMah, "above 0, at most 10000000");

    private readonly Option<double?> _inputs = Options.OptionalReal(
        "--inputs-per-hour", "With --battery: inputs that the board has an hour.", rate => rate is > 0 and <= MaxInputsPerHour,
        "above 0, at most 1000000000");

    private readonly Option<double?> _volts = Options.OptionalReal(
        "--battery-volts", "With --battery: its nominal voltage; 3.7, a lithium-ion cell, unless given.", volts => volts is > 0 and <= 100,
        "above 0, at most 100");

    private readonly Option<double?> _usable = Options.OptionalReal(
        "--usable-percent", "With --battery: usable share of its capacity; 70 unless given, the factor of DigiKey's battery life calculator.",
        percent => percent is > 0 and <= 100, "above 0, at most 100");

    private readonly Option<double?> _selfDischarge = Options.OptionalReal(
        "--self-discharge-percent", "With --battery: its loss by itself a month, in percent of its capacity; 2 unless given (Battery University, BU-802b).",
        percent => percent is >= 0 and <= 100, "0 to 100");

    private readonly Option<double?> _converter = Options.OptionalReal(
        "--converter-percent", "With --battery: efficiency of a switching converter; a linear regulator, which passes the current on, unless given.",
        percent => percent is > 0 and <= 100, "above 0, at most 100");

    private readonly Option<double?> _extra = Options.OptionalReal(
        "--extra-ma",
        "With --battery: current of the parts beside the module, in mA at the supply voltage; 0 unless given. A development board draws milliamperes more "
        + "than its module: an ESP32-DevKitC V4 3.8 mA in deep sleep (lucidar.me).",
        ma => ma is >= 0 and <= 10_000, "0 to 10000");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option<double?> option in (Option<double?>[])[_capacity, _inputs, _volts, _usable, _selfDischarge, _converter, _extra]) command.Add(option);
    }

    /// <summary>Reads the options.</summary>
    /// <returns>Null when no battery is given.</returns>
    /// <exception cref="UserInputException">An option is there without --battery, or --inputs-per-hour is missing.</exception>
    public BatteryUse? Read(ParseResult parsed)
    {
        if (parsed.GetValue(_capacity) is not { } capacity)
        {
            foreach (Option<double?> option in (Option<double?>[])[_inputs, _volts, _usable, _selfDischarge, _converter, _extra])
                if (parsed.GetValue(option) != null) throw new UserInputException($"{option.Name} is for a battery; give --battery with its capacity in mAh");
            return null;
        }
        double inputs = parsed.GetValue(_inputs)
            ?? throw new UserInputException("--battery needs --inputs-per-hour: how long a battery lasts depends on how often the board has an input");
        var battery = new Battery(capacity)
        {
            Volts = parsed.GetValue(_volts) ?? Battery.LithiumVolts,
            UsablePercent = parsed.GetValue(_usable) ?? Battery.DefaultUsablePercent,
            SelfDischargePercent = parsed.GetValue(_selfDischarge) ?? Battery.DefaultSelfDischargePercent,
            ConverterPercent = parsed.GetValue(_converter),
            ExtraMa = parsed.GetValue(_extra) ?? 0,
        };
        return new BatteryUse(battery, inputs);
    }
}
