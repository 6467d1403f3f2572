using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Model;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Frames;

/// <summary>Parts of outputs: their bytes, and those that a board takes.</summary>
public sealed class PartialFrameTests
{
    private const uint Session = 7;

    internal static PartialFrame Some(uint sequence = 8, int first = 3, params byte[] tokens)
    {
        if (tokens.Length == 0) tokens = [5, 1, 255];
        var frame = new PartialFrame { Session = Session, Sequence = sequence, First = first, Count = tokens.Length };
        tokens.CopyTo(frame.Tokens, 0);
        return frame;
    }

    private static (OpenRequest Request, PartialOutput Output) Board(int tokenCount = 6)
    {
        var request = new OpenRequest(Session);
        request.AskForPartials();
        return (request, new PartialOutput(request) { TokenCount = tokenCount });
    }

    private static int[] TakeAll(PartialOutput output)
    {
        var taken = new List<int>();
        for (int token = output.Take(out int index); token != 0; token = output.Take(out index))
        {
            Assert.That(index, Is.GreaterThanOrEqualTo(taken.Count));
            taken.Add(token);
        }
        return [.. taken];
    }

    [Test]
    public void AFrameHasTheBytesOfTheSpecification()
    {
        byte[] bytes = Some().Encode();
        Assert.That(bytes, Is.EqualTo(new byte[] { 1, 12, 3, 0, 7, 0, 0, 0, 8, 0, 0, 0, 3, 0, 0, 0, 5, 1, 255 }));
        var read = new PartialFrame();
        Assert.That(read.Decode(bytes), Is.EqualTo(FrameError.None));
        Assert.That((read.Session, read.Sequence, read.First, read.Count), Is.EqualTo((7u, 8u, 3, 3)));
        Assert.That(read.Tokens.Take(3), Is.EqualTo(new byte[] { 5, 1, 255 }));
    }

    [TestCase(2, 0, FrameError.Range, TestName = "no token")]
    [TestCase(3, 1, FrameError.Range, TestName = "a byte that is 0")]
    [TestCase(14, 1, FrameError.Range, TestName = "another byte that is 0")]
    [TestCase(15, 1, FrameError.Range, TestName = "the last byte that is 0")]
    [TestCase(13, 4, FrameError.Range, TestName = "a place beyond the longest output")]
    [TestCase(17, 0, FrameError.Range, TestName = "the end as a token")]
    [TestCase(2, 4, FrameError.TooShort, TestName = "fewer tokens than announced")]
    [TestCase(2, 2, FrameError.TooLong, TestName = "more tokens than announced")]
    public void AFrameThatSaysTooMuchIsRefused(int offset, byte value, FrameError expected)
    {
        byte[] bytes = Some().Encode();
        bytes[offset] = value;
        Assert.That(new PartialFrame().Decode(bytes), Is.EqualTo(expected));
    }

    [Test]
    public void ABoardTakesEachTokenOnce()
    {
        (OpenRequest request, PartialOutput output) = Board();
        uint sequence = request.Open(0);
        Assert.That(sequence, Is.EqualTo(PartialFrame.AskingBit + 1), "the bit asks for parts");
        Assert.That(output.OnFrame(Some(sequence, 0, 1, 2).Encode(), out bool hasTokens) && hasTokens, Is.True);
        Assert.That(TakeAll(output), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(output.OnFrame(Some(sequence, 0, 1, 2).Encode(), out hasTokens) && !hasTokens, Is.True, "twice");
        Assert.That(output.OnFrame(Some(sequence, 3, 4).Encode(), out hasTokens) && !hasTokens, Is.True, "after a gap");
        Assert.That(output.OnFrame(Some(sequence, 2, 3).Encode(), out hasTokens) && hasTokens, Is.True);
        Assert.That(TakeAll(output), Is.EqualTo(new[] { 3 }));
        Assert.That(output.Ignored, Is.EqualTo(2));
        Assert.That(TakeAll(output), Is.Empty);
    }

    [Test]
    public void ForeignAndLateFramesChangeNothing()
    {
        (OpenRequest request, PartialOutput output) = Board();
        uint sequence = request.Open(0);
        PartialFrame foreign = Some(sequence, 0, 1);
        foreign.Session++;
        Assert.That(output.OnFrame(foreign.Encode(), out bool hasTokens) && !hasTokens, Is.True, "of another start");
        Assert.That(output.OnFrame(Some(sequence + 1, 0, 1).Encode(), out hasTokens) && !hasTokens, Is.True, "of no request");
        Assert.That(output.OnFrame(Some(sequence, 0, 6).Encode(), out hasTokens), Is.False, "of no token of the model");
        output.OnFrame(Some(sequence, 0, 1).Encode(), out _);
        request.Close();
        Assert.That(output.OnFrame(Some(sequence, 1, 2).Encode(), out hasTokens) && !hasTokens, Is.True, "after the answer");
        uint next = request.Open(0);
        Assert.That(TakeAll(output), Is.Empty, "the rest of the request before");
        output.OnFrame(Some(next, 0, 3).Encode(), out _);
        Assert.That(TakeAll(output), Is.EqualTo(new[] { 3 }));
        Assert.That(output.Ignored, Is.EqualTo(3));
        (request, output) = Board(tokenCount: 0);
        Assert.That(output.OnFrame(Some(request.Open(0), 0, 1).Encode(), out hasTokens) && !hasTokens, Is.True, "of a model that writes nothing");
    }

    [Test]
    public void RandomFramesGiveNoTokenOutOfOrder()
    {
        Random random = TestSeed.Random();
        (OpenRequest request, PartialOutput output) = Board();
        uint sequence = request.Open(0);
        int expected = 0;
        for (int n = 0; n < 20_000; n++)
        {
            byte[] bytes = Some((uint)(sequence + random.Next(-1, 2)), Math.Max(0, expected + random.Next(-1, 2)), (byte)random.Next(1, 8)).Encode();
            if (random.Next(2) == 0) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            output.OnFrame(bytes, out _);
            for (int token = output.Take(out int index); token != 0; token = output.Take(out index))
            {
                Assert.That((index, token), Is.EqualTo((expected++, token)).And.Matches<(int, int)>(pair => pair.Item2 < 6));
                if (expected < DecoderSection.MaxOutput) continue;
                sequence = request.Open(0);
                expected = 0;
            }
        }
    }

    [Test]
    public void ABoardThatDoesNotAskTakesNoFrame()
    {
        var request = new OpenRequest(Session);
        var flow = new InputFlow(new PowerProfile(), new ModeMapping(), null);
        var inbox = new BoardInbox(request, flow);
        Assert.That(request.Open(0), Is.EqualTo(1), "the bit is not there");
        Assert.That(inbox.OnMessage("crime/v1/response/board", Some(1, 0, 1).Encode(), 0), Is.False);
        Assert.That(flow.Counters.Malformed, Is.EqualTo(1));
        inbox.Partials = new PartialOutput(request) { TokenCount = 6 };
        Assert.That(inbox.OnMessage("crime/v1/response/board", Some(1, 0, 1).Encode(), 0), Is.True);
        Assert.That(inbox.OnMessage("crime/v1/response/board", Some(1, 0, 1).Encode(), 0), Is.False, "twice");
        Assert.That(flow.Counters.Malformed, Is.EqualTo(1));
    }
}
