using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Broker;
using MQTTnet.Channel;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Broker;

public sealed class SizeLimitedChannelTests
{
    private const int MaxPacketSize = 300;

    [TestCase(new[] { 0 })]
    [TestCase(new[] { 127, 128, 299, 300 })]
    [TestCase(new[] { 300, 0, 1, 300 })]
    public async Task PacketsUpToTheLimitPass(int[] sizes)
    {
        byte[] stream = sizes.SelectMany(size => Packet(size)).ToArray();
        foreach (int piece in new[] { 1, 2, 3, 7, 4096 }) Assert.That(await ReadAllAsync(stream, piece), Is.EqualTo(stream), $"pieces of {piece}");
    }

    [TestCase(301)]
    [TestCase(16_384)]
    [TestCase(268_435_455)]
    public async Task ALargerOneEndsTheConnectionBeforeItsBody(int size)
    {
        byte[] small = Packet(5).ToArray(), stream = [.. small, .. Header(size), .. new byte[1000]];
        byte[] read = await ReadAllAsync(stream, piece: 1);
        Assert.That(read, Has.Length.LessThan(small.Length + Header(size).Count()));
        Assert.That(read.Take(small.Length), Is.EqualTo(small));
    }

    [Test]
    public async Task ALengthThatNeverEndsEndsTheConnection()
    {
        byte[] read = await ReadAllAsync([0x30, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], piece: 1);
        Assert.That(read, Has.Length.LessThanOrEqualTo(5));
    }

    private static IEnumerable<byte> Packet(int size) => Header(size).Concat(Enumerable.Repeat((byte)0xFF, size));

    private static IEnumerable<byte> Header(int size)
    {
        yield return 0x30;
        do
        {
            yield return (byte)(size % 128 + (size >= 128 ? 128 : 0));
            size /= 128;
        }
        while (size > 0);
    }

    private static async Task<byte[]> ReadAllAsync(byte[] stream, int piece)
    {
        using var channel = new SizeLimitedChannel(new MemoryChannel(stream), MaxPacketSize);
        var all = new List<byte>();
        var buffer = new byte[piece];
        while (true)
        {
            int read = await channel.ReadAsync(buffer, 0, piece, CancellationToken.None);
            if (read == 0) return all.ToArray();
            all.AddRange(buffer.AsSpan(0, read));
        }
    }

    private sealed class MemoryChannel(byte[] content) : IMqttChannel
    {
        private readonly MemoryStream _stream = new(content);

        public X509Certificate2 ClientCertificate => null!;

        public EndPoint RemoteEndPoint => null!;

        public EndPoint LocalEndPoint => null!;

        public bool IsSecureConnection => false;

        public Task ConnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task DisconnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            _stream.ReadAsync(buffer, offset, count, cancellationToken);

        public Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _stream.Dispose();
    }
}
