using System;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Model;

/// <summary>When a message reaches a board whose radio dozes. Beacons are at multiples of 102.4 ms.</summary>
public sealed class RadioTests
{
    private const long BeaconUs = 102_400;
    private const long ListenOnUs = 50_000;
    private static readonly long s_delayUs = (long)TestBoards.Profile.LinkDelayUs;

    /// <summary>Runs a test some time after a beacon: the radio, that beacon, and when what it sends there has been sent.</summary>
    private static void Run(long sinceBeaconUs, Action<Radio, long, Func<long>> test, BoardProfile? profile = null)
    {
        using Board board = TestBoards.Make(profile: profile);
        TestBoards.Run(board, () =>
        {
            long beaconUs = (board.Clock.NowUs() / BeaconUs + 2) * BeaconUs;
            board.Clock.SleepUntil(beaconUs + sinceBeaconUs);
            test(board.Radio, beaconUs, () => board.Radio.Transmit(100) - s_delayUs);
        });
    }

    /// <summary>When a message comes that is there for the board at a time.</summary>
    private static long Hear(Radio radio, long atUs) => radio.ReceiveAt(atUs - s_delayUs);

    [Test]
    public void TheAirTakesItsTime() => Run(5000, (_, beacon, send) => Assert.That(send(), Is.EqualTo(beacon + 5000 + 300 + 160)));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(30_000)]
    [TestCase(ListenOnUs)]
    public void AnAnswerWithinTheListeningComesAtOnce(long afterUs) => Run(5000, (radio, _, send) =>
    {
        long sent = send();
        Assert.That(Hear(radio, sent + afterUs), Is.EqualTo(sent + afterUs));
    });

    [TestCase(ListenOnUs + 1)]
    [TestCase(80_000)]
    public void ALaterAnswerWaitsForTheNextBeacon(long afterUs) => Run(5000, (radio, beacon, send) =>
        Assert.That(Hear(radio, send() + afterUs), Is.EqualTo(beacon + BeaconUs)));

    [Test]
    public void ListeningStartsAnewWithWhatIsReceived() => Run(5000, (radio, beacon, send) =>
    {
        long at = send() + 40_000;
        Assert.That(Hear(radio, at), Is.EqualTo(at));
        Assert.That(Hear(radio, at + ListenOnUs), Is.EqualTo(at + ListenOnUs));
        // From there it listens beyond the beacon at 102.4 ms.
        Assert.That(Hear(radio, at + 2 * ListenOnUs), Is.EqualTo(at + 2 * ListenOnUs));
        Assert.That(Hear(radio, at + 3 * ListenOnUs + 1), Is.EqualTo(beacon + 2 * BeaconUs));
    });

    [Test]
    public void AStatusWakesTheRadioAtABeaconForAWhile() => Run(5000, (radio, beacon, _) =>
    {
        Assert.That(Hear(radio, beacon + 6000), Is.EqualTo(beacon + BeaconUs), "it dozes");
        Assert.That(Hear(radio, beacon + 7000), Is.EqualTo(beacon + BeaconUs), "the same beacon brings both");
        Assert.That(Hear(radio, beacon + BeaconUs + ListenOnUs), Is.EqualTo(beacon + BeaconUs + ListenOnUs));
        Assert.That(Hear(radio, beacon + BeaconUs + 2 * ListenOnUs + 1), Is.EqualTo(beacon + 2 * BeaconUs));
        Assert.That(Hear(radio, beacon + 2 * BeaconUs + ListenOnUs + 1), Is.EqualTo(beacon + 3 * BeaconUs));
    });

    [Test]
    public void WhatWaitsForABeaconComesWhenTheBoardSends() => Run(20_000, (radio, beacon, send) =>
    {
        Assert.That(Hear(radio, beacon + 10_000), Is.EqualTo(beacon + BeaconUs));
        long sent = send();
        Assert.That(Hear(radio, beacon + 10_000), Is.EqualTo(sent), "asked again");
        Assert.That(Hear(radio, sent + 1000), Is.EqualTo(sent + 1000), "the answer comes after it");
        Assert.That(Hear(radio, sent + 1001 + ListenOnUs), Is.EqualTo(beacon + BeaconUs));
    });

    [Test]
    public void AskingAgainChangesNothingForWhatHasCome() => Run(5000, (radio, beacon, send) =>
    {
        long sent = send();
        for (int i = 0; i < 3; i++) Assert.That(Hear(radio, sent + 10_000), Is.EqualTo(sent + 10_000));
        Assert.That(Hear(radio, sent + 10_001 + ListenOnUs), Is.EqualTo(beacon + BeaconUs));
    });

    [Test]
    public void ARadioThatAlwaysListensHearsAtOnce() => Run(
        5000,
        (radio, beacon, send) =>
        {
            Assert.That(Hear(radio, beacon + 4000), Is.EqualTo(beacon + 4000));
            long sent = send();
            Assert.That(Hear(radio, sent + 3 * ListenOnUs), Is.EqualTo(sent + 3 * ListenOnUs));
        },
        TestBoards.Profile.With("beacon_interval_us", 0));
}
