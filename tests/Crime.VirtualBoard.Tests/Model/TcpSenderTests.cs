using System.Collections.Generic;
using Crime.VirtualBoard.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Model;

/// <summary>When written bytes leave the board. One way takes 2 ms here, a delayed acknowledgement 40 ms, a segment 1440 bytes.</summary>
public sealed class TcpSenderTests
{
    private const long OneWayUs = 2000;
    private const long DelayedUs = OneWayUs + 40_000 + OneWayUs;

    private List<(int Size, long AtUs)> _sent = null!;
    private TcpSender _tcp = null!;

    [SetUp]
    public void Connect()
    {
        _sent = [];
        _tcp = new TcpSender(
            TestBoards.Profile.With("peer_delayed_ack_ms", 40).With("tcp_segment_bytes", 1440),
            (size, atUs) =>
            {
                _sent.Add((size, atUs));
                return atUs + OneWayUs;
            },
            atUs => atUs + OneWayUs);
    }

    [Test]
    public void AWriteLeavesAtOnceWhenNothingIsOutstanding()
    {
        _tcp.Write(100, 5);
        Assert.That(_sent, Is.EqualTo(new[] { (100, 5L) }));
        Assert.That(_tcp.ReleaseAtUs, Is.EqualTo(long.MaxValue));
    }

    [TestCase(DelayedUs)]
    [TestCase(DelayedUs + 30_000)]
    public void ASecondWriteWaitsForTheDelayedAcknowledgementHoweverLateTheHostIs(long lateUs)
    {
        _tcp.Write(100, 0);
        _tcp.Write(50, 500);
        _tcp.Advance(DelayedUs - 1);
        Assert.That((_sent.Count, _tcp.ReleaseAtUs), Is.EqualTo((1, DelayedUs)));
        _tcp.Advance(lateUs);
        Assert.That(_sent, Is.EqualTo(new[] { (100, 0L), (50, DelayedUs) }));
    }

    [Test]
    public void AWriteAfterTheAcknowledgementLeavesAtOnce()
    {
        _tcp.Write(100, 0);
        _tcp.Write(50, DelayedUs);
        Assert.That(_sent[1], Is.EqualTo((50, DelayedUs)));
    }

    [Test]
    public void AnAnswerAcknowledges()
    {
        _tcp.Write(100, 0);
        _tcp.OnData(3000, 5000);
        _tcp.Write(50, 4000);
        Assert.That((_sent.Count, _tcp.ReleaseAtUs), Is.EqualTo((1, 5000L)), "the answer is on its way");
        _tcp.Write(30, 6000);
        Assert.That(_sent, Is.EqualTo(new[] { (100, 0L), (50, 5000L) }), "and the third write waits for the second");
    }

    [Test]
    public void DataThatThePeerHadSentBeforeAcknowledgeNothing()
    {
        _tcp.Write(100, 10_000);
        _tcp.OnData(10_900, 12_900);
        _tcp.Write(50, 20_000);
        Assert.That((_sent.Count, _tcp.ReleaseAtUs), Is.EqualTo((1, 10_000 + DelayedUs)));
    }

    [Test]
    public void WhatWaitsLeavesTogether()
    {
        _tcp.Write(100, 0);
        _tcp.Write(20, 10);
        _tcp.Write(30, 20);
        _tcp.Advance(DelayedUs);
        Assert.That(_sent, Is.EqualTo(new[] { (100, 0L), (50, DelayedUs) }));
    }

    [Test]
    public void AFullSegmentDoesNotWaitAndItsRestDoes()
    {
        _tcp.Write(100, 0);
        _tcp.Write(1000, 1);
        _tcp.Write(500, 2);
        Assert.That(_sent, Is.EqualTo(new[] { (100, 0L), (1440, 2L) }));
        Assert.That(_tcp.ReleaseAtUs, Is.EqualTo(DelayedUs), "the timer that the first byte has started");
    }

    [Test]
    public void TwoFullSegmentsAreAcknowledgedAtOnce()
    {
        _tcp.Write(2 * 1440 + 10, 0);
        Assert.That(_tcp.ReleaseAtUs, Is.EqualTo(2 * OneWayUs));
        _tcp.Advance(2 * OneWayUs);
        Assert.That(_sent, Is.EqualTo(new[] { (2880, 0L), (10, 2 * OneWayUs) }));
    }

    [Test]
    public void TheRestOfOneFullSegmentWaitsForTheDelayedAcknowledgement()
    {
        _tcp.Write(1440 + 10, 0);
        Assert.That((_sent.Count, _tcp.ReleaseAtUs), Is.EqualTo((1, DelayedUs)));
    }
}
