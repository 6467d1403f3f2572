using System.Linq;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;
using Crime.Modelling.Limits;
using Crime.Modelling.Prediction;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Limits;

/// <summary>Inputs that no request can carry: too many features a timestep, too many timesteps, too many bytes.</summary>
public sealed class RequestLimitsTests
{
    private static RequestLimits Features(int count) => RequestLimits.Of(InputKind.Features, count, 0);

    [Test]
    public void TheLimitsAreThoseOfTheFrames()
    {
        Assert.That(Features(1).LongestLength, Is.EqualTo(FrameFormat.MaxLength));
        Assert.That(Features(FrameFormat.MaxValuesPerStep).LongestLength, Is.Positive);
        Assert.That(Features(FrameFormat.MaxValuesPerStep + 1).CarryNothing, Is.True);
        Assert.That(RequestLimits.Of(InputKind.Tokens, 300, 256), Is.EqualTo(new RequestLimits(1, SequenceEncoding.Token8)), "an embedding is not sent");
        Assert.That(RequestLimits.Of(InputKind.Tokens, 300, 257), Is.EqualTo(new RequestLimits(1, SequenceEncoding.Token16)));
        Assert.That(RequestLimits.Of(TestModels.Parse(TestModels.Write(12, 4, 2))).LongestLength, Is.EqualTo(RequestFrame.LongestLength(24, 0)));
    }

    [TestCase(12, 2706, true, null)]
    [TestCase(12, 2707, true, "carry up to 2706 timesteps; longer inputs always stay on the board (the data have up to 2707)")]
    [TestCase(1, 5000, false, "carry up to 4096 timesteps; longer inputs get no result: only gateways can compute them (the data have up to 5000)")]
    [TestCase(1, 0, true, "carry up to 4096 timesteps; longer inputs always stay on the board")]
    [TestCase(300, 5, true, "none carries 300 numbers a timestep (at most 255): no gateway ever gets an input, every one stays on the board")]
    public void TheyAreDescribed(int features, int longest, bool isForBoards, string? expected) =>
        Assert.That(Features(features).Describe(longest, isForBoards), Is.EqualTo(expected));

    [Test]
    public void WhatNobodyCanUseIsRefusedInOneLine()
    {
        Assert.That(() => Features(256).CheckUsable("net.onnx", null), Throws.Nothing, "boards compute it");
        Assert.That(() => Features(255).CheckUsable("net.onnx", "layer 0 reads both ways"), Throws.Nothing, "gateways get it");
        UserInputException refusal = Assert.Throws<UserInputException>(() => Features(256).CheckUsable("net.onnx", "layer 0 reads both ways"))!;
        Assert.That(refusal.Message, Does.StartWith("net.onnx: 256 features").And.Contain("at most 255").And.Contain("(layer 0 reads both ways)"));
        Assert.That(refusal.Message, Does.Contain("leave features out").And.Not.Contain("\n"));
    }

    [Test]
    public void ADemoNeedsInputsThatARequestCarries()
    {
        Assert.That(() => Features(1).CheckCarries("long", 4096), Throws.Nothing);
        Assert.That(
            () => Features(1).CheckCarries("long", 4097),
            Throws.TypeOf<UserInputException>().With.Message.Contains("at most 4096").And.Message.Contains("cut the sequences"));
        Assert.That(() => Features(256).CheckCarries("wide", 1), Throws.TypeOf<UserInputException>().With.Message.Contains("256 features"));
    }

    [Test]
    public void ARecordingHoldsNoMoreFeaturesThanItsHeader()
    {
        ModelFile wide = TestModels.Parse(TestModels.Write(256, 2, 2)), narrow = TestModels.Parse(TestModels.Write(1, 2, 2));
        LabelledSequence one = new(0, "class 0", 1, new float[256], []), longest = new(0, "class 0", 4097, new float[4097], []);
        Assert.That(() => RecordingWriter.Write(wide, [one]), Throws.TypeOf<UserInputException>().With.Message.Contains("256 features a timestep"));
        Assert.That(() => RecordingWriter.Write(narrow, [longest]), Throws.TypeOf<UserInputException>().With.Message.Contains("4097 timesteps"));
    }

    /// <summary>The costs cross where they do, and only a length that a request has is a break-even length.</summary>
    [TestCase(3, false)]
    [TestCase(256, true)]
    public void ABreakEvenLengthIsOneThatARequestHas(int features, bool isNever)
    {
        byte[] bytes = TestModels.Write(features, 4, 2);
        ModelFile model = TestModels.Parse(bytes);
        var use = new BatteryUse(new Battery(2500), 60);
        Forecast forecast = Forecast.Make(
            bytes, model, CountedKernel.Table, CountedInputs.Random(model, 1), CostProfile.Load("esp32-devkitc"), new GatewayCost(2, 500, 0), use);
        LinkForecast wifi = forecast.Links.First(link => link.Cost.Link == "wifi"), wake = forecast.Links.First(link => link.Cost.Link == "radio-wake");
        Assert.That(wifi.CrossingLengthTime, Is.Not.Null);
        Assert.That(wifi.BreakEvenLengthTime, Is.EqualTo(isNever ? null : wifi.CrossingLengthTime));
        Assert.That(wake.LongestRequest, Is.EqualTo(RequestLimits.Of(model).LongestLength));
        if (isNever) Assert.That(forecast.Links.Select(link => link.IsBeyondRequests), Is.All.True);
        foreach (LinkForecast link in forecast.Links)
        {
            Assert.That(link.BreakEvenLengthTime, Is.EqualTo(link.CrossingLengthTime > link.LongestRequest ? null : link.CrossingLengthTime));
            Assert.That(link.BreakEvenLengthEnergy, Is.EqualTo(link.CrossingLengthEnergy > link.LongestRequest ? null : link.CrossingLengthEnergy));
        }
        Assert.That(forecast.Battery!.Rows.Where(row => row.Mapping == "gateway").Select(row => row.OffloadedPercent), Is.All.EqualTo(isNever ? 0 : 100));
    }
}
