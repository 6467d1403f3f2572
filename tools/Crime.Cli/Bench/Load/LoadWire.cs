// The few packets of MQTT 3.1.1 that a load generator needs, as bytes made once. A real client would spend on each request a
// multiple of what is to be measured; what a board pays for its own client is the virtual board's business.

using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace Crime.Cli.Bench.Load;

/// <summary>Writes and takes apart MQTT packets.</summary>
internal static class LoadWire
{
    /// <summary>First byte of a published message at QoS 0, without its flags.</summary>
    public const int Publish = 0x30;

    private const byte Connect = 0x10;
    private const byte Subscribe = 0x82;
    private const int TypeMask = 0xf0;

    /// <summary>Opens a session that nothing is kept of, without keep-alive.</summary>
    public static byte[] ConnectPacket(string clientId)
    {
        const byte level = 4, cleanSession = 2;
        return Packet(Connect, [.. Text("MQTT"), level, cleanSession, 0, 0, .. Text(clientId)]);
    }

    /// <summary>Subscribes to topics at QoS 0.</summary>
    public static byte[] SubscribePacket(params string[] filters)
    {
        var body = new MemoryStream();
        body.Write([0, 1]);
        foreach (string filter in filters) body.Write([.. Text(filter), 0]);
        return Packet(Subscribe, body.ToArray());
    }

    /// <summary>Publishes at QoS 0; the payload is the packet's end.</summary>
    public static byte[] PublishPacket(string topic, byte[] payload) => Packet(Publish, [.. Text(topic), .. payload]);

    /// <summary>Finds the first packet in received bytes.</summary>
    /// <param name="bytes">What has been received and not taken yet.</param>
    /// <param name="type">First byte without the flags.</param>
    /// <param name="body">What follows the packet's header.</param>
    /// <returns>Bytes of the packet; 0 while it is not complete.</returns>
    public static int Take(ReadOnlySpan<byte> bytes, out int type, out ReadOnlySpan<byte> body)
    {
        type = 0;
        body = default;
        int length = 0, at = 1;
        for (int shift = 0; ; shift += 7)
        {
            if (at >= bytes.Length) return 0;
            byte next = bytes[at++];
            length |= (next & 0x7f) << shift;
            if ((next & 0x80) == 0) break;
        }
        if (bytes.Length < at + length) return 0;
        type = bytes[0] & TypeMask;
        body = bytes.Slice(at, length);
        return at + length;
    }

    /// <summary>The payload of a published message at QoS 0.</summary>
    /// <param name="body">What follows the packet's header.</param>
    public static ReadOnlySpan<byte> PayloadOf(ReadOnlySpan<byte> body) => body[(2 + BinaryPrimitives.ReadUInt16BigEndian(body))..];

    private static byte[] Text(string text)
    {
        byte[] letters = Encoding.UTF8.GetBytes(text);
        return [(byte)(letters.Length >> 8), (byte)letters.Length, .. letters];
    }

    private static byte[] Packet(byte first, byte[] body)
    {
        var packet = new MemoryStream();
        packet.WriteByte(first);
        int length = body.Length;
        do
        {
            int more = length >= 0x80 ? 0x80 : 0;
            packet.WriteByte((byte)(length & 0x7f | more));
            length >>= 7;
        }
        while (length > 0);
        packet.Write(body);
        return packet.ToArray();
    }
}
