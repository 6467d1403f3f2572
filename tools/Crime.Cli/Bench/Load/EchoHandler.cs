// Answers requests without computing, so that a benchmark measures what the network costs: the gateway of the benchmark has this handler.

using System;
using Crime.Binary;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Serving;
using Crime.Model;

namespace Crime.Cli.Bench.Load;

/// <summary>Echoes requests for the model <see cref="ModelId"/> as answers of a fixed number of classes; other frames are processed as usual. Thread-safe.</summary>
/// <param name="inner">Processes the other frames.</param>
/// <param name="outbox">Sends the echoes.</param>
internal sealed class EchoHandler(IRequestHandler inner, Outbox outbox) : IRequestHandler
{
    /// <summary>Identity of the model that stands for an echo.</summary>
    public const uint ModelId = 0xEC0EC0;

    private const int SessionOffset = 4;
    private const int SequenceOffset = 8;
    private const int ModelOffset = 12;

    [ThreadStatic]
    private static ResponseFrame? s_frame;

    /// <inheritdoc/>
    public void Receive(ReplyAddress reply, ArraySegment<byte> bytes, Action? acknowledge = null)
    {
        if (TryEcho(reply, bytes)) acknowledge?.Invoke();
        else inner.Receive(reply, bytes, acknowledge);
    }

    private bool TryEcho(ReplyAddress reply, ArraySegment<byte> bytes)
    {
        bool isRequest = FrameFormat.TypeOf(bytes.Array, bytes.Offset, bytes.Count) == FrameType.Request && bytes.Count >= RequestFrame.HeaderSize;
        if (!isRequest || LittleEndian.ReadUInt32(bytes.Array, bytes.Offset + ModelOffset) != ModelId) return false;
        ResponseFrame frame = s_frame ??= new ResponseFrame { Logits = new short[ModelFormat.MaxClasses] };
        frame.ClassCount = BenchModel.ClassCount;
        frame.Session = LittleEndian.ReadUInt32(bytes.Array, bytes.Offset + SessionOffset);
        frame.Sequence = LittleEndian.ReadUInt32(bytes.Array, bytes.Offset + SequenceOffset);
        outbox.Send(reply.Topic, frame.Encode(), isRetained: false);
        return true;
    }
}
