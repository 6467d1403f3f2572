using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Device.Settings;
using Crime.Model;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Prediction;
using Crime.Node;
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Prediction;

/// <summary>Battery life by radio mode and mapping.</summary>
public sealed class BatteryForecastTests
{
    private static readonly BoardProfile s_board = BoardProfile.Bundled("esp32-devkitc");
    private static readonly ModelFile s_model = ModelLoading.Parse(ModelLoading.ReadModel("synthetic:4x8"), "synthetic");
    private static readonly RequestCost s_request = RequestCost.Count(s_model);
    private static readonly GatewayCost s_gateway = new(2, 500, 0);
    private static readonly LineOver s_encoding = new(10, 100);

    // 1 ms a timestep, so that an input takes 20 ms on average.
    private static readonly int[] s_lengths = [10, 30];

    private static BatteryForecast Forecast(double inputsPerHour, double usPerStep = 1000, int[]? lengths = null, GatewayCost? gateway = null) =>
        BatteryForecast.Make(
            s_model, s_board, new LineOver(usPerStep, 0), s_encoding, s_request, gateway ?? s_gateway, lengths ?? s_lengths,
            new BatteryUse(new Battery(2500), inputsPerHour));

    private static BatteryRow Row(BatteryForecast forecast, string radio, string mapping) =>
        forecast.Rows.Single(row => (row.Radio, row.Mapping) == (radio, mapping));

    /// <summary>By hand: 2500 mAh * 70 % over the current at 3.3 V and 0.0684 mA of self-discharge.</summary>
    // 20 ms at 62, 66 and 162 mW above the baseline, each 30 s; a deep sleep adds 700 ms of start.
    [TestCase("always-on", 330, 1.24)]
    [TestCase("modem-sleep", 102.63, 1.24)]
    [TestCase("radio-off", 99, 1.32)]
    [TestCase("light-sleep", 2.64, 3.24)]
    [TestCase("deep-sleep", 0.0165, 720 * 0.165)]
    public void ABoardThatComputesAloneDrawsItsBaselineAndItsInputs(string radio, double idleMw, double inputMj)
    {
        BatteryRow row = Row(Forecast(120), radio, "local");
        double totalMw = idleMw + inputMj * 120 / 3600;
        Assert.That(row.IdleMw, Is.EqualTo(idleMw).Within(1e-9));
        Assert.That(row.InputMj, Is.EqualTo(inputMj).Within(1e-9));
        Assert.That(row.BackgroundMw, Is.Zero, "it never connects");
        Assert.That(row.TotalMw, Is.EqualTo(totalMw).Within(1e-9));
        Assert.That(row.Days, Is.EqualTo(1750 / (totalMw / 3.3 + 50 / 730.5) / 24).Within(1e-9));
    }

    [Test]
    public void TheSumsOfAnOffloadAreThoseOfItsLink()
    {
        BatteryForecast forecast = Forecast(120);
        Dictionary<string, OffloadCost> links = Links.Of(s_board, s_encoding, s_request, s_gateway).ToDictionary(link => link.Link);
        foreach (var (radio, link) in (new[] { ("always-on", "wifi"), ("modem-sleep", "modem-sleep"), ("light-sleep", "radio-wake") }))
        {
            BatteryRow row = Row(forecast, radio, "gateway");
            Assert.That(row.InputMj, Is.EqualTo(links[link].EnergyUj.At(20) / 1000).Within(1e-9), radio);
            Assert.That(row.BusyMs, Is.EqualTo(links[link].TimeUs.At(20) / 1000).Within(1e-9), radio);
            Assert.That(row.TotalMw, Is.EqualTo(row.IdleMw + row.InputMj / 30 + row.BackgroundMw).Within(1e-9), radio);
            Assert.That(row.OffloadedPercent, Is.EqualTo(100));
        }
        // It asks for a newer model once a day: two messages of 742 µs of the client and 402 µs on the air, and 50 ms of listening. The connection of a
        // radio that comes up is a part of its wake.
        Assert.That(
            Row(forecast, "light-sleep", "gateway").BackgroundMw,
            Is.EqualTo((2 * (742 * 0.162 + 402 * 0.624) + 50_000 * 0.227) / 24 / 3.6e6).Within(0.1).Percent);
        Assert.That(
            Row(forecast, "modem-sleep", "gateway").BackgroundMw,
            Is.EqualTo((2 * (742 * 0.062 + 402 * 0.524) + 50_000 * 0.227) / 24 / 3.6e6).Within(0.1).Percent);
    }

    [Test]
    public void TheLongestLifeDependsOnTheRate()
    {
        BatteryForecast often = Forecast(120), rarely = Forecast(6);
        Assert.That((often.Longest!.Radio, often.Longest.Mapping), Is.EqualTo(("light-sleep", "auto")));
        Assert.That(often.EqualMappings, Is.EqualTo(new[] { "local" }), "auto keeps these inputs, since waking the radio takes 1 J");
        Assert.That(
            often.Longest.Settings, Is.EqualTo(new[] { "objective=energy", "mapping=auto", "radio=duty", "sleep=light", "inputs.interval-ms=30000" }));
        Assert.That(rarely.Longest!.Radio, Is.EqualTo("deep-sleep"), "a start takes less than ten minutes of light sleep");
        foreach (BatteryForecast forecast in (BatteryForecast[])[often, rarely])
            Assert.That(forecast.Longest!.Days, Is.EqualTo(forecast.Rows.Max(row => row.Days)));
    }

    [Test]
    public void OnlyWhatSettingsSelectIsRecommended()
    {
        BatteryRow Made(string radio, string mapping, double? days, params string[] settings) =>
            new(radio, mapping, settings, 1, 1, 1, 0, 2, 1, 0, 1, days != null, days);
        BatteryForecast Of(params BatteryRow[] rows) => new(new BatteryUse(new Battery(2500), 1), 1, rows);
        BatteryRow local = Made("b", "local", 5, "x"), auto = Made("b", "auto", 5, "x");
        Assert.That(Of(Made("a", "auto", 9), local, auto, Made("c", "auto", null, "x")).Longest, Is.SameAs(auto));
        Assert.That(Of(Made("a", "auto", 9), local, auto).EqualMappings, Is.EqualTo(new[] { "local" }));
        Assert.That(Of(Made("a", "auto", 9), Made("c", "auto", null, "x")).Longest, Is.Null);
    }

    // 20 ms an input are 180 000 an hour.
    [TestCase(180_000, true)]
    [TestCase(180_001, false)]
    public void ARateThatTheBoardCannotKeepUpWithHasNoDays(double inputsPerHour, bool keepsUp)
    {
        BatteryForecast forecast = Forecast(inputsPerHour);
        BatteryRow row = Row(forecast, "modem-sleep", "local");
        Assert.That((row.KeepsUp, row.Days != null), Is.EqualTo((keepsUp, keepsUp)));
        BatteryRow deep = Row(forecast, "deep-sleep", "local");
        Assert.That((deep.KeepsUp, deep.Days, deep.BusyMs), Is.EqualTo((false, (double?)null, 720.0)));
        Assert.That(Row(forecast, "light-sleep", "gateway").Days, Is.Null, "the radio takes 2 s to come up");
    }

    [Test]
    public void AnIntervalThatNoSettingHoldsIsNotNamed()
    {
        Assert.That(Forecast(1).Longest!.Settings, Does.Contain("inputs.interval-ms=3600000"));
        Assert.That(Forecast(0.9).Longest!.Settings, Has.None.Contain("inputs.interval-ms"));
    }

    [Test]
    public void AutoSendsTheInputsThatTakeLessEnergyThere()
    {
        // 20 timesteps take 1.2 mJ on the board, 1000 timesteps 62 mJ. An offload in modem sleep takes 12.6 mJ and 0.02 mJ a timestep.
        BatteryForecast forecast = Forecast(10, lengths: [20, 1000]);
        BatteryRow auto = Row(forecast, "modem-sleep", "auto"), local = Row(forecast, "modem-sleep", "local"), gateway = Row(forecast, "modem-sleep", "gateway");
        Assert.That(auto.OffloadedPercent, Is.EqualTo(50));
        Assert.That(auto.InputMj, Is.LessThan(local.InputMj).And.LessThan(gateway.InputMj));
        OffloadCost link = Links.Of(s_board, s_encoding, s_request, s_gateway).Single(entry => entry.Link == "modem-sleep");
        Assert.That(auto.InputMj, Is.EqualTo((1.24 + link.EnergyUj.At(1000) / 1000) / 2).Within(1e-6));
        Assert.That(auto.BackgroundMw, Is.EqualTo(gateway.BackgroundMw), "it is connected");
        Assert.That(Row(forecast, "light-sleep", "auto").OffloadedPercent, Is.Zero, "waking the radio takes 1 J");
    }

    [Test]
    public void ABoardThatCouldGainProbes()
    {
        // 250 ms take 15.5 mJ: more than an answer at once (11.4 mJ), less than one after 60 ms (22.7 mJ).
        BatteryForecast forecast = Forecast(120, lengths: [250], gateway: new GatewayCost(2, 500, 60_000));
        BatteryRow auto = Row(forecast, "modem-sleep", "auto");
        Assert.That((auto.OffloadedPercent, auto.BackgroundMw > 0), Is.EqualTo((0.0, true)));
        Assert.That(auto.BackgroundMw, Is.LessThanOrEqualTo(auto.InputsMw / ConnectionNeed.ProbeShare));
        Assert.That(Row(Forecast(120), "modem-sleep", "auto").BackgroundMw, Is.Zero, "nothing to gain");
    }

    [Test]
    public void IdleModesAreThoseThatTheFirmwareHasWithTheirSettings(
        [ValueSource(typeof(BoardProfile), nameof(BoardProfile.BundledNames))] string name)
    {
        BoardProfile board = BoardProfile.Bundled(name);
        foreach (IdleMode mode in IdleMode.Of(board).Where(mode => mode.IsOffered))
        {
            var remarks = new ArrayList();
            BoardSettings settings = SettingsFile.Parse(string.Join('\n', ["broker.host=gateway", .. board.SettingsLines, .. mode.Settings]), remarks);
            Assert.That(remarks, Is.Empty, mode.Name);
            Assert.That(settings.IsDutyCycled, Is.EqualTo(mode.IsRadioOff), mode.Name);
            Assert.That(settings.IdleMw, Is.EqualTo((int)Math.Round(mode.IdleMw)), mode.Name);
            PowerProfile power = settings.Power();
            Assert.That(
                (mode.Power.ComputeMw, mode.Power.WaitMw, mode.Power.TransmitMw, mode.Power.ListenMw, mode.Power.WakeMw, mode.Power.MinActiveUs),
                Is.EqualTo((power.ComputeMw, power.WaitMw, power.TransmitMw, power.ListenMw, power.WakeMw, power.MinActiveUs)), mode.Name);
        }
    }

    [Test]
    public void EverySettingOfARowIsOneThatTheFirmwareUnderstands()
    {
        foreach (BatteryRow row in Forecast(120).Rows.Where(row => row.Settings.Count > 0))
        {
            var remarks = new ArrayList();
            BoardSettings settings = SettingsFile.Parse(string.Join('\n', row.Settings), remarks);
            Assert.That(remarks, Is.Empty);
            Assert.That((settings.Objective, settings.InputIntervalMs), Is.EqualTo((Objective.Energy, 30_000)));
            Assert.That(settings.Mapping.ToString(), Is.EqualTo(row.Mapping).IgnoreCase);
        }
    }

    [Test]
    public void APredictionHasTheLifeOfItsOwnInputs()
    {
        byte[] bytes = ModelLoading.ReadModel("synthetic:2x4");
        ModelFile model = ModelLoading.Parse(bytes, "synthetic");
        var use = new BatteryUse(new Battery(2500), 60);
        Forecast Make(string profile) => Modelling.Prediction.Forecast.Make(
            bytes, model, CountedKernel.Table, CountedInputs.Random(model, 1), CostProfile.Load(profile), s_gateway, use);
        Forecast forecast = Make("esp32-devkitc");
        Assert.That(forecast.Battery!.MeanLength, Is.EqualTo(CountedInputs.RandomLength));
        Assert.That(
            Row(forecast.Battery, "modem-sleep", "local").InputMj, Is.EqualTo(forecast.EnergyUj!.Value.At(CountedInputs.RandomLength) / 1000).Within(1e-6));
        Assert.That(() => Make("nanoclr-linux"), Throws.TypeOf<UserInputException>().With.Message.Contains("no power"));
    }
}
