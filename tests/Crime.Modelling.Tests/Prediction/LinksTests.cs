using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Counting;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Prediction;
using Crime.VirtualBoard;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Prediction;

/// <summary>Offloads over links, and where they meet the cost of computing on the board.</summary>
public sealed class LinksTests
{
    private static readonly GatewayCost s_gateway = new(2, 500, 300);

    // Longer in its queue than a radio listens on.
    private static readonly GatewayCost s_lateGateway = new(2, 500, 60_000);

    [TestCase(100, 0, 10, 4500, 51)]
    [TestCase(100, 0, 10, 4501, 51)]
    [TestCase(100, 0, 10, 4499, 50)]
    [TestCase(100, 10, 10, 5, 1)]
    [TestCase(5, 0, 10, 50, null)]
    [TestCase(10, 0, 10, 50, null)]
    public void TheBreakEvenLengthIsTheFirstAtWhichTheGatewayCostsLess(double local, double start, double remote, double remoteStart, long? expected)
    {
        var here = new LineOver(local, start);
        var there = new LineOver(remote, remoteStart);
        long? length = Links.BreakEvenLength(here, there);
        Assert.That(length, Is.EqualTo(expected));
        if (length is not { } n) return;
        Assert.That(there.At(n), Is.LessThan(here.At(n)));
        if (n > 1) Assert.That(there.At(n - 1), Is.GreaterThanOrEqualTo(here.At(n - 1)));
    }

    [Test]
    public void EachLinkCostsWhatItsTermsSayOnEveryBoard(
        [ValueSource(typeof(BoardProfile), nameof(BoardProfile.BundledNames))] string name, [Values] bool isLate)
    {
        BoardProfile board = BoardProfile.Bundled(name);
        ModelFile model = ModelLoading.Parse(ModelLoading.ReadModel("synthetic:4x8"), "synthetic");
        RequestCost request = RequestCost.Count(model);
        Assert.That((request.HeaderSize, request.BytesPerStep), Is.EqualTo((28, 8)));
        LineOver encoding = request.Encoding(OperationTable.Uniform(board));
        Dictionary<string, OffloadCost> links = Links.Of(board, encoding, request, isLate ? s_lateGateway : s_gateway).ToDictionary(link => link.Link);

        // 20 timesteps, term by term.
        double cpuUs = encoding.At(20) + (board.MqttPublishIl + board.MqttReceiveIl) * board.UsPerIl;
        double airUs = board.TransmitOverheadUs + (28 + 20 * 8) * board.TransmitNsPerByte / 1000, upUs = board.AssociateMs * 1000;
        double awayUs = 2 * board.LinkDelayUs + 500 + (isLate ? 60_000 : 300) + 20 * 2;
        // A late answer waits for a beacon; the radio listens until one that comes soon, and for 50 ms at most, and for 50 ms after either.
        double waitUs = awayUs + (isLate ? 51_200 : 0), listenUs = (isLate ? 50_000 : awayUs) + 50_000;
        // Powers are the whole mW of the firmware's settings, above the idle baseline of the link; times count to the ns.
        int Mw(double power, double idle) => (int)Math.Round(power) - (int)Math.Round(idle);
        double Uj(double idleMw, double waitingUs, double listeningUs, double computeMw) =>
            (cpuUs * Mw(computeMw, idleMw) + airUs * Mw(board.TransmitMw, idleMw) + waitingUs * Mw(board.WaitMw, Math.Min(idleMw, board.WaitMw))
                + listeningUs * Mw(board.ReceiveMw, board.WaitMw)) / 1000;
        void Check(string link, double us, double energy, double computeMw)
        {
            Assert.That(links[link].TimeUs.At(20), Is.EqualTo(us).Within(1e-6), link);
            Assert.That(links[link].EnergyUj.At(20), Is.EqualTo(energy).Within(1e-4), link);
            Assert.That(links[link].ComputeMw, Is.EqualTo(computeMw), link);
        }
        double awakeMw = board.ComputeMw + board.ReceiveMw - board.WaitMw, sleepMw = board.LightSleepMw;
        Check("wifi", cpuUs + airUs + awayUs, Uj(board.ReceiveMw, awayUs, 0, awakeMw), Mw(awakeMw, board.ReceiveMw));
        Check("modem-sleep", cpuUs + airUs + waitUs, Uj(board.WaitMw, waitUs, listenUs, board.ComputeMw), Mw(board.ComputeMw, board.WaitMw));
        Check(
            "radio-wake", cpuUs + airUs + waitUs + upUs,
            Uj(sleepMw, waitUs, listenUs, board.ComputeMw) + upUs * Mw(board.AssociateMw, sleepMw) / 1000, Mw(board.ComputeMw, sleepMw));
    }

    // As RadioTimeline.IsImmediate, the rule of the mapping engine.
    [TestCase(-1, true)]
    [TestCase(0, false)]
    public void AnAnswerIsAtOnceUpToTheEndOfTheListening(double beyondUs, bool isAtOnce)
    {
        BoardProfile board = BoardProfile.Bundled("esp32-devkitc");
        var request = RequestCost.Count(ModelLoading.Parse(ModelLoading.ReadModel("synthetic:4x8"), "synthetic"));
        var gateway = new GatewayCost(2, 500, board.ListenOnUs - 500 - 2 * board.LinkDelayUs + beyondUs);
        Dictionary<string, OffloadCost> links = Links.Of(board, new LineOver(0, 0), request, gateway).ToDictionary(link => link.Link);
        double dozeUs = links["modem-sleep"].TimeUs.Start - links["wifi"].TimeUs.Start;
        Assert.That(dozeUs, Is.EqualTo(isAtOnce ? 0 : board.BeaconIntervalUs / 2).Within(1e-6));
    }

    [Test]
    public void ALinkThatCostsMoreIsWorthItLater()
    {
        byte[] bytes = ModelLoading.ReadModel("synthetic:4x12");
        ModelFile model = ModelLoading.Parse(bytes, "synthetic");
        Forecast forecast = Forecast.Make(bytes, model, CountedKernel.Table, CountedInputs.Random(model, 2), CostProfile.Load("esp32-devkitc"), s_gateway);
        Assert.That(forecast.Links.Select(link => link.BreakEvenLengthTime), Has.None.Null.And.Ordered);
        Assert.That(forecast.Operations.Sum(share => share.UsPerStep), Is.EqualTo(forecast.TimeUs.PerStep).Within(1e-6));
        Assert.That(forecast.Operations.Select(share => share.UsPerStep), Is.Ordered.Descending);
        Assert.That(forecast.EnergyUj!.Value.PerStep, Is.EqualTo(forecast.TimeUs.PerStep * 0.062).Within(1e-6), "3.3 V, 50 mA less 31.1 mA, whole mW");
    }

    [Test]
    public void TheClrOnADeskHasCostsWithTheirSourcesButNoRadio()
    {
        CostProfile profile = CostProfile.Load("nanoclr-linux");
        Assert.That(profile.Board, Is.Null);
        Assert.That(profile.Operations.Costs.Values.Select(cost => cost.Source), Has.None.Empty);
        Assert.That(profile.Operations.Costs.Values.Select(cost => cost.Confidence), Is.All.AnyOf("measured", "estimate"));
        byte[] bytes = ModelLoading.ReadModel("synthetic:4x12");
        ModelFile model = ModelLoading.Parse(bytes, "synthetic");
        Forecast forecast = Forecast.Make(bytes, model, CountedKernel.Compiled, CountedInputs.Random(model, 2), profile, s_gateway);
        Assert.That(forecast.Links, Is.Empty);
        Assert.That(forecast.EnergyUj, Is.Null);
        Assert.That(forecast.TimeUs.PerStep, Is.GreaterThan(0));
    }
}
