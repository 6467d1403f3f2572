using Crime.Frames;
using NUnit.Framework;

namespace Crime.Shared.Tests.Frames;

/// <summary>The longest sequence that a request carries.</summary>
public sealed class RequestLengthTests
{
    /// <summary>A frame of the longest length fits with all that a frame may hold. One without the bytes that are kept for the rest does not.</summary>
    [TestCase(SequenceEncoding.Token8, 1, FrameFormat.MaxLength)]
    [TestCase(SequenceEncoding.Int16, 7, FrameFormat.MaxLength)]
    [TestCase(SequenceEncoding.Int16, 8, 4059)]
    [TestCase(SequenceEncoding.Int16, 12, 2706)]
    [TestCase(SequenceEncoding.Int16, FrameFormat.MaxValuesPerStep, 127)]
    [TestCase(SequenceEncoding.Int16, FrameFormat.MaxValuesPerStep + 1, 0)]
    public void TheLongestRequestFitsAFrame(SequenceEncoding encoding, int valuesPerStep, int expected)
    {
        int bytesPerStep = valuesPerStep * RequestFrame.ValueSize(encoding);
        Assert.That(RequestFrame.LongestLength(bytesPerStep, 0), Is.EqualTo(expected));
        if (expected == 0) return;
        Assert.That(DecodeRequest(encoding, valuesPerStep, expected, 0), Is.EqualTo(FrameError.None));
        Assert.That(DecodeRequest(encoding, valuesPerStep, expected + 1 + 588 / bytesPerStep, 0), Is.Not.EqualTo(FrameError.None));
        int withState = RequestFrame.LongestLength(bytesPerStep, 20_000);
        Assert.That(withState, Is.InRange(1, expected));
        Assert.That(DecodeRequest(encoding, valuesPerStep, withState, 10_000), Is.EqualTo(FrameError.None));
    }

    /// <summary>Eight layers of 1024 units with wide cells have the largest state.</summary>
    [TestCase(RequestFrame.MaxStateCount, FrameError.None)]
    [TestCase(RequestFrame.MaxStateCount + 1, FrameError.Range)]
    public void TheLargestStateIsThatOfWideCells(int stateCount, FrameError expected)
    {
        Assert.That(RequestFrame.MaxStateCount, Is.EqualTo(8 * 3 * 1024));
        Assert.That(DecodeRequest(SequenceEncoding.Int16, 1, 10, stateCount), Is.EqualTo(expected));
    }

    private static FrameError DecodeRequest(SequenceEncoding encoding, int valuesPerStep, int length, int stateCount)
    {
        var telemetry = new TelemetryBuffer();
        for (int i = 0; i < TelemetryFrame.MaxRecords; i++) telemetry.Add(new TelemetryRecord(), 0);
        byte[] bytes = new RequestFrame
        {
            Encoding = encoding, ValuesPerStep = valuesPerStep, Length = length, Values = new short[length * valuesPerStep], WantsReceipt = true,
            VisitedCount = RequestFrame.MaxVisited, StateCount = stateCount, State = new short[stateCount],
        }.Encode(telemetry);
        return new RequestFrame().Decode(bytes);
    }
}
