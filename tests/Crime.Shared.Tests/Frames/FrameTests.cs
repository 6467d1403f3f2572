using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using NUnit.Framework;

namespace Crime.Shared.Tests.Frames;

/// <summary>What one side writes the other reads, and nothing else gets through.</summary>
public sealed class FrameTests
{
    private static RequestFrame SomeRequest(SequenceEncoding encoding) => new()
    {
        Session = 0xFEDCBA98,
        Sequence = 0x80000001,
        ModelId = 0x12345678,
        BudgetUs = 2_000_000,
        Length = 5,
        ValuesPerStep = encoding == SequenceEncoding.Int16 ? 3 : 1,
        Encoding = encoding,
        FractionBits = encoding == SequenceEncoding.Int16 ? 12 : 0,
        Values = [1, 255, 3, 0, 200, 6, 7, -8, 9, 10, -11, 12, 13, short.MinValue, short.MaxValue],
    };

    private static RequestFrame SomeRelayedRequest()
    {
        RequestFrame request = SomeRequest(SequenceEncoding.Int16);
        request.VisitedCount = 2;
        request.Visited[0] = 0xDDDDDDDD;
        request.Visited[1] = 1;
        request.StateCount = 3;
        request.State = [short.MinValue, 0, short.MaxValue];
        return request;
    }

    private static ResponseFrame SomeResponse() => new()
    {
        Session = 7,
        Sequence = uint.MaxValue,
        Code = ResponseCode.Ok,
        Label = 2,
        WaitUs = 123456,
        ServiceUs = 789,
        Depth = 65535,
        BacklogUs = 4_000_000_000,
        FractionBits = 9,
        ClassCount = 3,
        Logits = [-32768, 0, 32767],
    };

    private static StatusFrame SomeStatus()
    {
        var status = new StatusFrame
        {
            Online = true,
            Workers = 255,
            Session = 1,
            Sequence = 2,
            BacklogUs = 3,
            Depth = 4,
            Capacity = 256,
            Utilisation = 1025,
            HttpPort = 8080,
        };
        for (uint i = 0; i < 2; i++)
        {
            status.Add(100 + i, 200 + i).SetOwn(300 + i, 400 + i);
        }
        // The second one passes requests on: one node further, and two.
        CostAdvert near = new(), far = new();
        far.SetOwn(1, 2);
        near.AddVia(3, 4, 0xAAAAAAAA, far, 0);
        CostAdvert advert = status.Advert(1);
        advert.Version = 65535;
        advert.RelayWaitUs = 5000;
        advert.AddVia(5, 6, 0xBBBBBBBB, far, 0);
        advert.AddVia(7, 8, 0xCCCCCCCC, near, 0);
        return status;
    }

    private static TelemetryRecord SomeRecord(uint input) => new()
    {
        Input = input,
        Length = 200,
        Label = 3,
        Target = Target.Fallback,
        TimeUs = 61234,
        EnergyUj = 10350,
        BreakEvenLength = 65535,
        Depth = 9,
        Done = 70, BackgroundUj = 75_000, TailUs = 50_000,
        Measured = true,
    };

    private static TelemetryFrame SomeTelemetry()
    {
        var frame = new TelemetryFrame { Session = 1, Count = 2 };
        frame.Records[0] = SomeRecord(2);
        frame.Records[1] = SomeRecord(3);
        return frame;
    }

    private static TelemetryBuffer SomeBuffer(int count)
    {
        var buffer = new TelemetryBuffer();
        for (uint i = 0; i < count; i++) buffer.Add(SomeRecord(i), 1000 + i);
        return buffer;
    }

    private static PresenceFrame SomePresence() => new()
    {
        Online = true,
        Objective = Objective.Deadline(300, 95),
        Session = 5,
        ModelId = 6,
        FirmwareVersion = 0x00010000,
        ImageChecksum = 7,
    };

    private static byte[] SomeModels() => ModelsFrame.Encode([NodeKey.Of("gestures"), NodeKey.Of("vowels")], [11, 12]);

    /// <summary>Every kind of frame: a good one, and its decoder.</summary>
    private static IEnumerable<TestCaseData> Kinds()
    {
        foreach (SequenceEncoding encoding in Enum.GetValues<SequenceEncoding>())
        {
            yield return Kind($"request {encoding}", SomeRequest(encoding).Encode(), bytes => new RequestFrame().Decode(bytes));
            yield return Kind($"request {encoding} within a packet", SomeRequest(encoding).Encode(), DecodeWithinAPacket);
        }
        yield return Kind("request with telemetry", SomeRelayedRequest().Encode(SomeBuffer(3)), bytes => new RequestFrame().Decode(bytes));
        yield return Kind("ping with telemetry", new PingFrame { Session = 1 }.Encode(SomeBuffer(3)), bytes => new PingFrame().Decode(bytes));
        yield return Kind("relayed request with a state", SomeRelayedRequest().Encode(), bytes => new RequestFrame().Decode(bytes));
        yield return Kind("status for one model", SomeStatus().Encode(), bytes => new StatusFrame(101).Decode(bytes));
        yield return Kind("response", SomeResponse().Encode(), bytes => new ResponseFrame().Decode(bytes));
        yield return Kind("response with labels", AnswerFrameTests.Tagging().Encode(), bytes => new ResponseFrame().Decode(bytes));
        yield return Kind("result with labels", AnswerFrameTests.TaggingResult().Encode(), bytes => new ResultFrame().Decode(bytes));
        yield return Kind("status", SomeStatus().Encode(), bytes => new StatusFrame().Decode(bytes));
        yield return Kind("telemetry", SomeTelemetry().Encode(), bytes => new TelemetryFrame().Decode(bytes));
        yield return Kind("presence", SomePresence().Encode(), bytes => new PresenceFrame().Decode(bytes));
        yield return Kind("models", SomeModels(), bytes => ModelsFrame.Find(bytes, NodeKey.Of("vowels"), out _));
        yield return Kind("ping", new PingFrame { Session = 1, Sequence = 2 }.Encode(), bytes => new PingFrame().Decode(bytes));
        yield return Kind("cancel", new CancelFrame { Session = 1, Sequence = 2 }.Encode(), bytes => new CancelFrame().Decode(bytes));
        yield return Kind("part of an output", PartialFrameTests.Some().Encode(), bytes => new PartialFrame().Decode(bytes));
        yield return Kind("pong", new PongFrame { Session = 1, Depth = 3 }.Encode(), bytes => new PongFrame().Decode(bytes));
    }

    private static TestCaseData Kind(string name, byte[] good, Func<byte[], FrameError> decode) =>
        new TestCaseData(good, decode).SetArgDisplayNames(name);

    /// <summary>As a gateway reads it: between the bytes of a larger array, which are none of the frame's.</summary>
    private static FrameError DecodeWithinAPacket(byte[] bytes)
    {
        const int before = 5, after = 3;
        if (bytes == null) return new RequestFrame().Decode(null, 0, 0);
        var packet = new byte[before + bytes.Length + after];
        Array.Fill(packet, (byte)0xff);
        bytes.CopyTo(packet, before);
        return new RequestFrame().Decode(packet, before, bytes.Length);
    }

    [Test]
    public void AnEarlierBirthHasNoImage()
    {
        var read = new PresenceFrame { ImageChecksum = 1 };
        Assert.That(read.Decode(SomePresence().Encode()), Is.EqualTo(FrameError.None));
        Assert.That(read.ImageChecksum, Is.EqualTo(7));
        Assert.That(read.Decode(SomePresence().Encode()[..PresenceFrame.EarlierOnlineSize]), Is.EqualTo(FrameError.None));
        Assert.That((read.ImageChecksum, read.ModelId), Is.EqualTo((0u, 6u)));
    }

    [Test]
    public void AListOfModelsHasTheBytesOfTheSpecification()
    {
        byte[] frame = SomeModels();
        Assert.That(frame[..4], Is.EqualTo(new byte[] { 1, 11, 2, 0 }));
        Assert.That(frame, Has.Length.EqualTo(4 + 2 * 8));
        Assert.That(ModelsFrame.Find(frame, NodeKey.Of("vowels"), out uint checksum), Is.EqualTo(FrameError.None));
        Assert.That(checksum, Is.EqualTo(12));
        ModelsFrame.Find(frame, NodeKey.Of("other"), out checksum);
        Assert.That(checksum, Is.Zero);
        Assert.That(ModelsFrame.Encode([], []), Is.EqualTo(new byte[] { 1, 11, 0, 0 }));
        byte[] tooMany = [1, 11, ModelsFrame.MaxModels + 1, 0, .. new byte[8 * (ModelsFrame.MaxModels + 1)]];
        Assert.That(ModelsFrame.Find(tooMany, 0, out _), Is.EqualTo(FrameError.Range));
    }

    [TestCaseSource(nameof(Kinds))]
    public void AGoodFrameIsRead(byte[] good, Func<byte[], FrameError> decode) => Assert.That(decode(good), Is.EqualTo(FrameError.None));

    [TestCaseSource(nameof(Kinds))]
    public void EveryShorterAndLongerFrameIsRefused(byte[] good, Func<byte[], FrameError> decode)
    {
        for (int length = 0; length < good.Length; length++)
        {
            // The three bytes of a last will are a good presence of their own.
            if (length == PresenceFrame.Will.Length && good[1] == (byte)FrameType.Presence && good[2] == 2) continue;
            // A firmware that does not report its image has a shorter birth.
            if (length == PresenceFrame.EarlierOnlineSize && good[1] == (byte)FrameType.Presence && good[2] == 1) continue;
            Assert.That(decode(good[..length]), Is.Not.EqualTo(FrameError.None), $"cut to {length} bytes");
        }
        Assert.That(decode([.. good, 0]), Is.Not.EqualTo(FrameError.None), "one byte too many");
        Assert.That(decode(new byte[FrameFormat.MaxFrameSize + 1]), Is.Not.EqualTo(FrameError.None));
    }

    [TestCaseSource(nameof(Kinds))]
    public void AnotherVersionOrTypeIsRefused(byte[] good, Func<byte[], FrameError> decode)
    {
        byte[] other = [.. good];
        other[0]++;
        Assert.That(decode(other), Is.EqualTo(FrameError.Version));
        other = [.. good];
        other[1] = (byte)(good[1] % 7 + 1);
        Assert.That(decode(other), Is.EqualTo(FrameError.Type));
    }

    [TestCaseSource(nameof(Kinds))]
    public void FlippedBytesNeverThrow(byte[] good, Func<byte[], FrameError> decode)
    {
        Random random = TestSeed.Random();
        for (int n = 0; n < 20_000; n++)
        {
            byte[] bytes = [.. good];
            for (int k = random.Next(4); k >= 0; k--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Assert.That(() => decode(bytes), Throws.Nothing);
        }
    }

    [TestCaseSource(nameof(Kinds))]
    public void NullIsRefused(byte[] good, Func<byte[], FrameError> decode)
    {
        Assert.That(good, Is.Not.Empty);
        Assert.That(decode(null!), Is.EqualTo(FrameError.TooShort));
    }

    [TestCase(SequenceEncoding.Int16)]
    [TestCase(SequenceEncoding.Token16)]
    public void ARequestKeepsItsFields(SequenceEncoding encoding)
    {
        RequestFrame sent = SomeRequest(encoding), read = new();
        Assert.That(read.Decode(sent.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(
            (read.Session, read.Sequence, read.ModelId, read.BudgetUs, read.Length, read.ValuesPerStep, read.Encoding, read.FractionBits),
            Is.EqualTo((sent.Session, sent.Sequence, sent.ModelId, sent.BudgetUs, sent.Length, sent.ValuesPerStep, sent.Encoding, sent.FractionBits)));
        Assert.That(read.Values.Take(read.ValueCount), Is.EqualTo(sent.Values.Take(sent.ValueCount)));
    }

    [Test]
    public void ARequestKeepsWhereItHasBeenAndItsState()
    {
        RequestFrame sent = SomeRelayedRequest(), read = new();
        Assert.That(read.Decode(sent.Encode()), Is.EqualTo(FrameError.None));
        Assert.That((read.VisitedCount, read.StateCount), Is.EqualTo((2, 3)));
        Assert.That(read.Visited.Take(read.VisitedCount), Is.EqualTo(sent.Visited.Take(sent.VisitedCount)));
        Assert.That(read.State.Take(3), Is.EqualTo(sent.State));
        Assert.That(read.Values.Take(read.ValueCount), Is.EqualTo(sent.Values.Take(sent.ValueCount)));
        sent.VisitedCount = 0;
        sent.StateCount = 0;
        Assert.That((read.Decode(sent.Encode()), read.VisitedCount, read.StateCount), Is.EqualTo((FrameError.None, 0, 0)), "nothing is left of the one before");
    }

    [TestCase(24, RequestFrame.MaxVisited + 1)]
    [TestCase(25, TelemetryFrame.MaxRecords + 1)]
    [TestCase(27, 255)]
    public void ARequestThatSaysTooMuchIsRefused(int offset, int value)
    {
        byte[] bytes = new byte[60_000];
        SomeRequest(SequenceEncoding.Int16).Encode().CopyTo(bytes, 0);
        bytes[offset] = (byte)value;
        Assert.That(new RequestFrame().Decode(bytes), Is.EqualTo(FrameError.Range));
    }

    [Test]
    public void AStatusKeepsItsPaths()
    {
        var read = new StatusFrame();
        Assert.That(read.Decode(SomeStatus().Encode()), Is.EqualTo(FrameError.None));
        CostAdvert advert = read.Advert(1);
        Assert.That((advert.Version, advert.RelayWaitUs, advert.Count, read.Advert(0).Count), Is.EqualTo((65535, 5000u, 3, 1)));
        Assert.That(advert.PathCount.Take(3), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(
            (advert.PathKey(1, 0), advert.PathKey(2, 0), advert.PathKey(2, 1), advert.LeadsThrough(2, 0xAAAAAAAA), advert.LeadsThrough(1, 0xAAAAAAAA)),
            Is.EqualTo((0xBBBBBBBB, 0xCCCCCCCC, 0xAAAAAAAA, true, false)));
    }

    [Test]
    public void ABoardKeepsItsOwnModelOnly()
    {
        var read = new StatusFrame(101);
        Assert.That(read.Decode(SomeStatus().Encode()), Is.EqualTo(FrameError.None));
        Assert.That((read.ModelCount, read.IndexOf(101), read.IndexOf(100), read.Advert(0).Count), Is.EqualTo((1, 0, -1, 3)));
        var other = new StatusFrame(5);
        Assert.That((other.Decode(SomeStatus().Encode()), other.ModelCount), Is.EqualTo((FrameError.None, 0)));
    }

    [Test]
    public void ANodeKeyIsTheChecksumOfItsLetters() => Assert.That(NodeKey.Of("123456789"), Is.EqualTo(0xCBF43926), "the check value of CRC-32");

    [Test]
    public void EightBitTokensAreUnsigned()
    {
        var read = new RequestFrame();
        read.Decode(SomeRequest(SequenceEncoding.Token8).Encode());
        Assert.That(read.Values.Take(5), Is.EqualTo(new short[] { 1, 255, 3, 0, 200 }));
    }

    [Test]
    public void AResponseKeepsItsFields()
    {
        ResponseFrame sent = SomeResponse(), read = new();
        Assert.That(read.Decode(sent.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(
            (read.Session, read.Sequence, read.Code, read.Label, read.WaitUs, read.ServiceUs, read.Depth, read.BacklogUs, read.FractionBits),
            Is.EqualTo((sent.Session, sent.Sequence, sent.Code, sent.Label, sent.WaitUs, sent.ServiceUs, sent.Depth, sent.BacklogUs, sent.FractionBits)));
        Assert.That(read.Logits.Take(read.ClassCount), Is.EqualTo(sent.Logits));
    }

    [Test]
    public void AResponseWithALabelBeyondItsLogitsIsRefused()
    {
        ResponseFrame response = SomeResponse();
        response.Label = 3;
        Assert.That(new ResponseFrame().Decode(response.Encode()), Is.EqualTo(FrameError.Range));
    }

    [Test]
    public void AStatusKeepsItsFields()
    {
        StatusFrame sent = SomeStatus(), read = new();
        Assert.That(read.Decode(sent.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(
            (read.Online, read.Workers, read.Session, read.Sequence, read.BacklogUs, read.Depth, read.Capacity, read.Utilisation, read.HttpPort),
            Is.EqualTo((true, 255, 1u, 2u, 3u, 4, 256, 1025, 8080)));
        int index = read.IndexOf(101);
        Assert.That(
            (index, read.ImageChecksum[index], read.Advert(index).AlphaNs[0], read.Advert(index).BetaUs[0], read.IndexOf(5)), Is.EqualTo((1, 201u, 301u, 401u, -1)));
    }

    [Test]
    public void TelemetryKeepsItsFields()
    {
        TelemetryFrame sent = SomeTelemetry(), read = new();
        Assert.That(read.Decode(sent.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(
            read.Records.Take(read.Count).Select(record => (
                read.Session, record.Input, record.Length, record.Label, record.Target, record.TimeUs, record.EnergyUj, record.BreakEvenLength, record.Depth,
                record.Measured, record.Done, record.BackgroundUj, record.TailUs)),
            Is.EqualTo(new[] { 2u, 3u }.Select(input => (1u, input, 200, 3, Target.Fallback, 61234u, 10350u, 65535, 9, true, 70, 75_000u, 50_000))));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(TelemetryFrame.MaxRecords)]
    public void ARequestCarriesAllRecordsOfABuffer(int count)
    {
        RequestFrame sent = SomeRelayedRequest(), read = new();
        TelemetryBuffer buffer = SomeBuffer(count);
        byte[] bytes = sent.Encode(buffer);
        Assert.That((bytes.Length, buffer.SizeBytes), Is.EqualTo((sent.Size + count * TelemetryRecord.Size, 0)));
        Assert.That(read.Decode(bytes), Is.EqualTo(FrameError.None));
        Assert.That((read.TelemetryCount, read.ValueCount, read.Encode()), Is.EqualTo((count, sent.ValueCount, sent.Encode())));
        if (count > 0) Assert.That(InputsOf(TelemetryFrame.Wrap(7, bytes, read.TelemetryOffset, read.TelemetryCount)), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [TestCase(0)]
    [TestCase(TelemetryFrame.MaxRecords)]
    public void APingCarriesAllRecordsOfABuffer(int count)
    {
        var read = new PingFrame();
        byte[] bytes = new PingFrame { Session = 1, Sequence = 2 }.Encode(SomeBuffer(count));
        Assert.That(read.Decode(bytes), Is.EqualTo(FrameError.None));
        Assert.That((read.TelemetryCount, read.Session, read.Sequence), Is.EqualTo((count, 1u, 2u)));
        if (count > 0) Assert.That(InputsOf(TelemetryFrame.Wrap(7, bytes, PingFrame.Size, count)), Is.EqualTo(Enumerable.Range(0, count)));
    }

    [Test]
    public void AFullBufferLosesItsOldestRecords()
    {
        TelemetryBuffer buffer = SomeBuffer(TelemetryFrame.MaxRecords + 3);
        Assert.That(buffer.LostCount, Is.EqualTo(3));
        byte[] bytes = new PingFrame().Encode(buffer);
        Assert.That(
            InputsOf(TelemetryFrame.Wrap(7, bytes, PingFrame.Size, TelemetryFrame.MaxRecords)), Is.EqualTo(Enumerable.Range(3, TelemetryFrame.MaxRecords)));
    }

    [Test]
    public void RecordsAreDueWhenTheFirstIsOldOrTheBufferIsNearlyFull()
    {
        const int ageUs = 1000;
        Assert.That(new TelemetryBuffer().IsDue(long.MaxValue, ageUs), Is.False);
        TelemetryBuffer one = SomeBuffer(1);
        Assert.That((one.IsDue(1999, ageUs), one.IsDue(2000, ageUs)), Is.EqualTo((false, true)));
        Assert.That((SomeBuffer(11).IsDue(1000, ageUs), SomeBuffer(12).IsDue(1000, ageUs)), Is.EqualTo((false, true)));
    }

    private static IEnumerable<int> InputsOf(byte[] frame)
    {
        var read = new TelemetryFrame();
        Assert.That(read.Decode(frame), Is.EqualTo(FrameError.None));
        return read.Records.Take(read.Count).Select(record => (int)record.Input);
    }

    [Test]
    public void ALastWillIsAPresenceWithoutAZero()
    {
        byte[] will = PresenceFrame.Will.Select(letter => (byte)letter).ToArray();
        var read = new PresenceFrame { Online = true };
        Assert.That(read.Decode(will), Is.EqualTo(FrameError.None));
        Assert.That(read.Online, Is.False);
        Assert.That(will, Has.None.Zero.And.All.LessThan(128), "it travels as text");
    }

    [Test]
    public void ABirthKeepsItsFields()
    {
        var read = new PresenceFrame();
        Assert.That(read.Decode(SomePresence().Encode()), Is.EqualTo(FrameError.None));
        Assert.That(
            (read.Online, read.Objective.Kind, read.Objective.DeadlineMs, read.Objective.QuantilePercent, read.Session, read.ModelId, read.FirmwareVersion),
            Is.EqualTo((true, ObjectiveKind.Deadline, 300, 95, 5u, 6u, 0x00010000u)));
    }

    [Test]
    public void PingAndPongKeepTheirFields()
    {
        var ping = new PingFrame();
        var pong = new PongFrame();
        Assert.That(ping.Decode(new PingFrame { Session = 1, Sequence = 2 }.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(pong.Decode(new PongFrame { Session = 3, Sequence = 4, BacklogUs = 5, Depth = 6 }.Encode()), Is.EqualTo(FrameError.None));
        Assert.That(
            (ping.Session, ping.Sequence, pong.Session, pong.Sequence, pong.BacklogUs, pong.Depth), Is.EqualTo((1u, 2u, 3u, 4u, 5u, 6)));
    }

    [Test]
    public void EveryReasonHasAText()
    {
        foreach (FrameError error in Enum.GetValues<FrameError>())
            Assert.That(FrameErrors.Describe(error), Is.Not.EqualTo(FrameErrors.Describe((FrameError)99)), error.ToString());
    }
}
