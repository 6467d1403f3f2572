// Answers without computing anything, so that a benchmark can tell what the way to the network and back costs. Off unless the
// environment asks for it; no setting, for no installation wants it.

using System;
using System.Globalization;
using Crime.Binary;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Model;

namespace Crime.Gateway.Serving;

/// <summary>Echoes requests for the model <see cref="ModelId"/> as answers of a fixed number of classes. Thread-safe.</summary>
public sealed class BenchEcho
{
    /// <summary>Environment variable that switches it on: the number of classes of an echo.</summary>
    public const string Variable = "CRIMEBENCH_ECHO";

    /// <summary>The model that an echo is asked for by.</summary>
    public const uint ModelId = 0xEC0EC0;

    private const int SessionOffset = 4;
    private const int SequenceOffset = 8;
    private const int ModelOffset = 12;

    [ThreadStatic]
    private static ResponseFrame? s_frame;

    private readonly int _classCount;
    private readonly Outbox _outbox;

    private BenchEcho(int classCount, Outbox outbox)
    {
        _classCount = classCount;
        _outbox = outbox;
    }

    /// <summary>The echo that the environment asks for, or null.</summary>
    public static BenchEcho? FromEnvironment(Outbox outbox) =>
        int.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out int classCount)
        && classCount is > 0 and <= ModelFormat.MaxClasses ? new BenchEcho(classCount, outbox) : null;

    /// <summary>Echoes a request that asks for it.</summary>
    /// <param name="reply">Who waits for the answer.</param>
    /// <param name="bytes">A frame as it came.</param>
    /// <returns>Whether it asked for it.</returns>
    public bool TryAnswer(ReplyAddress reply, ArraySegment<byte> bytes)
    {
        bool isRequest = FrameFormat.TypeOf(bytes.Array, bytes.Offset, bytes.Count) == FrameType.Request && bytes.Count >= RequestFrame.HeaderSize;
        if (!isRequest || LittleEndian.ReadUInt32(bytes.Array, bytes.Offset + ModelOffset) != ModelId) return false;
        ResponseFrame frame = s_frame ??= new ResponseFrame { Logits = new short[ModelFormat.MaxClasses] };
        frame.ClassCount = _classCount;
        frame.Session = LittleEndian.ReadUInt32(bytes.Array, bytes.Offset + SessionOffset);
        frame.Sequence = LittleEndian.ReadUInt32(bytes.Array, bytes.Offset + SequenceOffset);
        _outbox.Send(reply.Topic, frame.Encode(), isRetained: false);
        return true;
    }
}
