// Battery life in days by radio mode and mapping: the idle baseline, the energy of inputs above it, and the background energy. docs/battery.md
// has the sum term by term.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Device.Models;
using Crime.Frames;
using Crime.Model;
using Crime.Node;
using Crime.VirtualBoard;

namespace Crime.Modelling.Prediction;

/// <summary>The life of a battery with one radio mode and one mapping.</summary>
/// <param name="Radio">Name of the radio mode.</param>
/// <param name="Mapping">The mapping mode, as the settings file names it.</param>
/// <param name="Settings">Lines of the settings file that select both; none where the stock firmware does not have the radio mode.</param>
/// <param name="IdleMw">Power of the board while it has nothing to do, in mW.</param>
/// <param name="InputMj">Mean energy of an input above the idle baseline, in mJ.</param>
/// <param name="InputsMw">Mean power of all inputs above the idle baseline, in mW.</param>
/// <param name="BackgroundMw">Mean power of connections, model checks and probes above the idle baseline, in mW.</param>
/// <param name="TotalMw">Mean power of the board, in mW.</param>
/// <param name="TotalMa">The same as a current at the supply voltage, in mA.</param>
/// <param name="OffloadedPercent">Share of inputs that go to the gateway, in percent.</param>
/// <param name="BusyMs">Mean time of an input from its arrival to its result, the start of the board included, in ms.</param>
/// <param name="KeepsUp">False when inputs come faster than the board can process them: nothing else is then known.</param>
/// <param name="Days">Life of the battery in days; null when the board does not keep up.</param>
public sealed record BatteryRow(
    string Radio, string Mapping, IReadOnlyList<string> Settings, double IdleMw, double InputMj, double InputsMw, double BackgroundMw, double TotalMw,
    double TotalMa, double OffloadedPercent, double BusyMs, bool KeepsUp, double? Days);

/// <summary>Battery life of a board with a model.</summary>
/// <param name="Use">The battery, and how often the board has an input.</param>
/// <param name="MeanLength">Mean length of the inputs in timesteps.</param>
/// <param name="Rows">A row per radio mode and mapping.</param>
public sealed record BatteryForecast(BatteryUse Use, double MeanLength, IReadOnlyList<BatteryRow> Rows)
{
    /// <summary>The mapping that the firmware has unless a setting says otherwise.</summary>
    public const string DefaultMapping = "auto";

    private const double UsPerHour = 3.6e9;

    // 1 mW is 3.6 J an hour.
    private const double UjPerHourAndMw = 3.6e6;
    private const double HoursPerModelCheck = ModelUpdater.RareIntervalMs / 3.6e6;
    private const double HoursPerProbe = ConnectionNeed.MaxBackOffUs / UsPerHour;

    // The connection of TCP, CONNECT and SUBSCRIBE take a round trip each.
    private const int ConnectWays = 6;

    /// <summary>
    /// The row with the longest life among those that settings select; null when the board keeps up in none. Where mappings last equally long it is that of
    /// the default mapping.
    /// </summary>
    public BatteryRow? Longest => Rows.Where(row => row.Days != null && row.Settings.Count > 0)
        .OrderByDescending(row => row.Days).ThenByDescending(row => row.Mapping == DefaultMapping).FirstOrDefault();

    /// <summary>The other mappings that last as long as <see cref="Longest"/>, in its radio mode.</summary>
    public IEnumerable<string> EqualMappings => Longest is { } longest
        ? Rows.Where(row => row.Radio == longest.Radio && row.Mapping != longest.Mapping && row.Days == longest.Days).Select(row => row.Mapping)
        : [];

    /// <summary>Predicts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="board">The board.</param>
    /// <param name="localUs">Time to compute on the board, in µs over the length.</param>
    /// <param name="encodingUs">Time to write a request, in µs over the length.</param>
    /// <param name="request">Bytes of a request.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="lengths">Lengths of the inputs, at least one.</param>
    /// <param name="use">The battery, and how often the board has an input.</param>
    /// <exception cref="UserInputException">The battery cannot supply the board.</exception>
    public static BatteryForecast Make(
        ModelFile model, BoardProfile board, LineOver localUs, LineOver encodingUs, RequestCost request, GatewayCost gateway, IReadOnlyList<int> lengths,
        BatteryUse use)
    {
        use.Battery.CheckSupplies(board.SupplyV);
        var rows = new List<BatteryRow>();
        foreach (IdleMode mode in IdleMode.Of(board))
        {
            OffloadCost offload = Links.Over(mode.Name, mode, board, encodingUs, request, gateway);
            var engine = new IdleGateway(model, mode, localUs, encodingUs, request, gateway, offload, lengths);
            rows.AddRange(Mappings(mode, board, localUs, offload, engine, lengths, use.InputsPerHour).Select(work => Row(mode, work, board, use)));
        }
        return new BatteryForecast(use, lengths.Average(), rows);
    }

    /// <summary>Returns the work of each mapping mode. A further one is one more entry.</summary>
    private static IEnumerable<MappingWork> Mappings(
        IdleMode mode, BoardProfile board, LineOver localUs, OffloadCost offload, IdleGateway engine, IReadOnlyList<int> lengths, double inputsPerHour)
    {
        LineOver localUj = localUs.Energy(mode.Power.ComputeMw);
        MappingWork Work(string mapping, Func<int, bool> isOffloaded)
        {
            double uj = 0, us = 0;
            int count = 0;
            foreach (int length in lengths)
            {
                bool isAway = isOffloaded(length);
                uj += (isAway ? offload.EnergyUj : localUj).At(length);
                us += (isAway ? offload.TimeUs : localUs).At(length);
                if (isAway) count++;
            }
            double inputUj = uj / lengths.Count + mode.StartUs * mode.Power.ComputeMw / 1000, share = (double)count / lengths.Count;
            return new MappingWork(mapping, inputUj, us / lengths.Count + mode.StartUs, share, ConnectedUj(mode, share));
        }
        yield return Work("local", _ => false);
        yield return Work("gateway", engine.CanGet);
        MappingWork auto = Work(DefaultMapping, engine.GetsInput);
        yield return auto.OffloadedShare == 0 && engine.MayGain ? auto with { BackgroundUj = ProbesUj(mode, board, auto.InputUj * inputsPerHour) } : auto;
    }

    private static BatteryRow Row(IdleMode mode, MappingWork work, BoardProfile board, BatteryUse use)
    {
        double inputsMw = work.InputUj * use.InputsPerHour / UjPerHourAndMw, backgroundMw = work.BackgroundUj / UjPerHourAndMw;
        double totalMw = mode.IdleMw + inputsMw + backgroundMw;
        bool keepsUp = work.BusyUs * use.InputsPerHour <= UsPerHour;
        return new BatteryRow(
            mode.Name, work.Mapping, SettingsOf(mode, work.Mapping, use.InputsPerHour), mode.IdleMw, work.InputUj / 1000, inputsMw, backgroundMw, totalMw,
            totalMw / board.SupplyV, 100 * work.OffloadedShare, work.BusyUs / 1000, keepsUp, keepsUp ? use.Battery.Days(totalMw, board.SupplyV) : null);
    }

    private static IReadOnlyList<string> SettingsOf(IdleMode mode, string mapping, double inputsPerHour)
    {
        if (!mode.IsOffered) return [];
        double intervalMs = Math.Round(UsPerHour / 1000 / inputsPerHour);
        string[] interval = intervalMs is >= 1 and <= UsPerHour / 1000 ? [string.Create(CultureInfo.InvariantCulture, $"inputs.interval-ms={intervalMs}")] : [];
        return ["objective=energy", "mapping=" + mapping, .. mode.Settings, .. interval];
    }

    /// <summary>Returns the background energy an hour of a board that offloads, in µJ; 0 for one that does not.</summary>
    /// <remarks>A connection that lasts is made once. Where the radio comes up for a request, the energy of that wake contains the connection.</remarks>
    private static double ConnectedUj(IdleMode mode, double offloadedShare)
    {
        if (offloadedShare == 0) return 0;
        var check = new BackgroundEnergy(mode.Power);
        check.OnExchange(BackgroundEnergy.ModelCheckMessages, 0, 0);
        return check.EnergyUj / HoursPerModelCheck;
    }

    /// <summary>Returns the background energy an hour of a board that could gain and does not, in µJ.</summary>
    private static double ProbesUj(IdleMode mode, BoardProfile board, double inputsUj)
    {
        double probeUj = mode.IsRadioOff ? mode.WakeUs * mode.Power.WakeMw / 1000 : ConnectionUj(mode, board);
        return Math.Min(inputsUj / ConnectionNeed.ProbeShare, probeUj / HoursPerProbe);
    }

    /// <summary>Returns the energy of a connection in µJ: the messages to the broker, the retained status, a ping and the end of the subscription.</summary>
    private static double ConnectionUj(IdleMode mode, BoardProfile board)
    {
        var books = new BackgroundEnergy(mode.Power);
        long connectedUs = (long)(ConnectWays * board.LinkDelayUs);
        books.OnExchange(BackgroundEnergy.ConnectMessages, 0, connectedUs);
        books.OnReceived(1, connectedUs, connectedUs);
        books.OnSent(PingFrame.Size, connectedUs);
        books.OnExchange(1, connectedUs, connectedUs);
        return books.EnergyUj;
    }

    /// <summary>The work of a mapping mode.</summary>
    /// <param name="Mapping">Its name.</param>
    /// <param name="InputUj">Mean energy of an input above the idle baseline, in µJ.</param>
    /// <param name="BusyUs">Mean time of an input in µs.</param>
    /// <param name="OffloadedShare">Share of inputs that go to the gateway.</param>
    /// <param name="BackgroundUj">Background energy an hour in µJ.</param>
    private sealed record MappingWork(string Mapping, double InputUj, double BusyUs, double OffloadedShare, double BackgroundUj);
}
