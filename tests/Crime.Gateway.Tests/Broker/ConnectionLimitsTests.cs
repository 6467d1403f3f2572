using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Crime.Gateway.Broker;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

public sealed class ConnectionLimitsTests
{
    private static readonly IPAddress s_one = IPAddress.Parse("192.0.2.1"), s_other = IPAddress.Parse("192.0.2.2");

    private readonly List<int> _aborted = [];

    [SetUp]
    public void Forget() => _aborted.Clear();

    private ConnectionPlace? Open(ConnectionLimits limits, IPAddress address, int number) => limits.TryOpen(address, () => _aborted.Add(number));

    [Test]
    public void TheOldestSilentConnectionOfAnAddressGivesWay()
    {
        var limits = new ConnectionLimits();
        ConnectionPlace other = Open(limits, s_other, -1)!, named = Open(limits, s_one, -2)!;
        limits.OnNamed(named);
        const int more = 5;
        for (int i = 0; i < ConnectionLimits.MaxUnnamedPerAddress + more; i++) Assert.That(Open(limits, s_one, i), Is.Not.Null);
        Assert.That(_aborted, Is.EqualTo(Enumerable.Range(0, more)));
        limits.OnNamed(other);
        Assert.That(Open(limits, s_other, -3), Is.Not.Null);
    }

    [Test]
    public void TheOldestSilentConnectionOfAllGivesWay()
    {
        var limits = new ConnectionLimits();
        for (int i = 0; i < ConnectionLimits.MaxUnnamed; i++) Open(limits, IPAddress.Parse($"10.0.{i >> 8}.{i & 255}"), i);
        Assert.That(_aborted, Is.Empty);
        Assert.That(Open(limits, s_one, -1), Is.Not.Null);
        Assert.That(_aborted, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void WhatHasEndedIsForgotten()
    {
        var limits = new ConnectionLimits(most: 4);
        for (int round = 0; round < 100; round++)
        {
            ConnectionPlace[] places = [.. Enumerable.Range(0, 4).Select(i => Open(limits, i < 2 ? s_one : s_other, i)!)];
            Assert.That(Open(limits, s_one, -1), Is.Null, "no place");
            limits.OnNamed(places[1]);
            Assert.That(limits.TryAdmitStranger(places[1]), Is.True);
            foreach (ConnectionPlace place in places) limits.OnClosed(place);
            Assert.That(limits.Count, Is.Zero);
        }
        Assert.That(_aborted, Is.Empty);
    }

    [Test]
    public void StrangersOfOneAddressAreLimited()
    {
        var limits = new ConnectionLimits();
        int Admit(IPAddress address, int count) => Enumerable.Range(0, count).Count(i =>
        {
            ConnectionPlace place = Open(limits, address, i)!;
            limits.OnNamed(place);
            return limits.TryAdmitStranger(place);
        });
        Assert.That(Admit(s_one, ConnectionLimits.MaxStrangersPerAddress + 10), Is.EqualTo(ConnectionLimits.MaxStrangersPerAddress));
        Assert.That(Admit(s_other, 10), Is.EqualTo(10));
        Assert.That(Admit(IPAddress.Loopback, ConnectionLimits.MaxStrangersPerAddress + 10), Is.EqualTo(ConnectionLimits.MaxStrangersPerAddress + 10));
    }

    [Test]
    public void ThisProcessHasRoomForItsLimit() => Assert.That(ConnectionLimits.OfThisProcess().TryOpen(s_one, () => { }), Is.Not.Null);
}
