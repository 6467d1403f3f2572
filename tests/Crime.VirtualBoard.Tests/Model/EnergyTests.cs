using System;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Loading;
using Crime.VirtualBoard.Model;
using Crime.VirtualBoard.Redirects;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Model;

public sealed class EnergyTests
{
    private const double ListenOnMs = 50;

    // 100 bytes, in ms.
    private const double AirMs = 0.46;

    private static readonly BoardProfile s_profile = TestBoards.Profile;
    private static readonly double s_listenMw = s_profile.ReceiveMw - s_profile.WaitMw;
    private static readonly double s_sendMw = s_profile.TransmitMw - s_profile.WaitMw;

    private static int Il(double microseconds) => (int)(microseconds / s_profile.UsPerIl);

    /// <summary>Energy in µJ of an associated board, beyond that of dozing, in a time that begins 5 ms after a beacon.</summary>
    private static double BeyondDozing(Action<Board> code, int totalMs = 400, BoardProfile? profile = null)
    {
        using Board board = TestBoards.Make(profile: profile);
        double energyUj = 0;
        TestBoards.Run(board, () =>
        {
            board.SetRadio(RadioState.Associated, board.Clock.NowUs());
            long startUs = (board.Clock.NowUs() / 102_400 + 2) * 102_400 + 5000;
            board.Clock.SleepUntil(startUs);
            double start = board.EnergyUj;
            code(board);
            board.Clock.SleepUntil(startUs + totalMs * 1000);
            energyUj = board.EnergyUj - start - totalMs * board.Options.Profile.WaitMw;
        });
        return energyUj;
    }

    private static void Hear(Board board, double afterMs) =>
        board.Radio.ReceiveAt(board.Clock.NowUs() + (long)(afterMs * 1000) - (long)s_profile.LinkDelayUs);

    private static void Expect(double actualUj, double expectedUj) => Assert.That(actualUj, Is.EqualTo(expectedUj).Within(1e-3));

    [Test]
    public void ComputingAndWaitingDrawTheirPower()
    {
        using Board board = TestBoards.Make();
        double energyUj = 0;
        TestBoards.Run(board, () =>
        {
            board.SetRadio(RadioState.Associated, board.Clock.NowUs());
            double start = board.EnergyUj;
            VirtualCpu.Charge(Il(30_000));
            ThreadStandIn.Sleep(50);
            energyUj = board.EnergyUj - start;
        });
        Assert.That(energyUj, Is.EqualTo(30 * s_profile.ComputeMw + 50 * s_profile.WaitMw).Within(0.1).Percent);
    }

    [Test]
    public void WhoHasSentListensOn() =>
        Expect(BeyondDozing(board => board.Radio.Transmit(100)), AirMs * s_sendMw + ListenOnMs * s_listenMw);

    [Test]
    public void AnAnswerMakesItListenAnew() => Expect(
        BeyondDozing(board =>
        {
            board.Radio.Transmit(100);
            Hear(board, AirMs + 30);
            Hear(board, AirMs + 30);
        }),
        AirMs * s_sendMw + (30 + ListenOnMs) * s_listenMw);

    [Test]
    public void ALateAnswerComesAtABeaconAndIsListenedOnAfter() => Expect(
        BeyondDozing(board =>
        {
            board.Radio.Transmit(100);
            Hear(board, 70);
        }),
        AirMs * s_sendMw + 2 * ListenOnMs * s_listenMw);

    [Test]
    public void SendingIsNotListening() => Expect(
        BeyondDozing(board =>
        {
            board.Radio.Transmit(100);
            board.Clock.Sleep(20_000);
            board.Radio.Transmit(100);
        }),
        2 * AirMs * s_sendMw + (20 - AirMs + ListenOnMs) * s_listenMw);

    [Test]
    public void WhoSendsNoLongerWakesForWhatWaited() => Expect(
        BeyondDozing(board =>
        {
            Hear(board, 10);
            board.Clock.Sleep(20_000);
            board.Radio.Transmit(100);
            Hear(board, -10);
        }),
        AirMs * s_sendMw + ListenOnMs * s_listenMw);

    [Test]
    public void ComputingComesOnTopOfListening() => Expect(
        BeyondDozing(board =>
        {
            board.Radio.Transmit(100);
            VirtualCpu.Charge(Il(30_000));
        }),
        AirMs * s_sendMw + ListenOnMs * s_listenMw + 30 * (s_profile.ComputeMw - s_profile.WaitMw));

    [Test]
    public void ARadioThatIsOffDoesNotListen() => Expect(
        BeyondDozing(board =>
        {
            board.Radio.Transmit(100);
            Hear(board, 70);
            board.Clock.Sleep(10_000);
            board.SetRadio(RadioState.Off, board.Clock.NowUs());
            Hear(board, 10);
        }),
        AirMs * s_sendMw + (10 - AirMs) * s_listenMw - 390 * (s_profile.WaitMw - s_profile.RadioOffMw));

    [Test]
    public void ARadioThatAlwaysListensHasThatInItsFloor()
    {
        BoardProfile awake = s_profile.With("beacon_interval_us", 0);
        Expect(
            BeyondDozing(
                board =>
                {
                    board.Radio.Transmit(100);
                    Hear(board, 30);
                },
                profile: awake),
            AirMs * s_sendMw);
    }

    [Test]
    public void ARadioThatDozesAtOnceCostsItsMessagesOnly() => Expect(
        BeyondDozing(
            board =>
            {
                board.Radio.Transmit(100);
                Hear(board, 30);
            },
            profile: s_profile.With("listen_on_ms", 0)),
        AirMs * s_sendMw);

    [Test]
    public void WhatIsLongAgoStillCounts()
    {
        var ledger = new EnergyLedger(s_profile);
        ledger.SetFloor(0, s_profile.WaitMw, canListen: true);
        for (long at = 0; at < 10_000_000; at += 100_000) ledger.AddListen(at, at + 50_000);
        Expect(ledger.EnergyUj(10_000_000), 10_000 * s_profile.WaitMw + 100 * ListenOnMs * s_listenMw);
        Expect(ledger.EnergyUj(9_920_000) - ledger.EnergyUj(9_880_000), 40 * s_profile.WaitMw + 20 * s_listenMw);
    }
}
