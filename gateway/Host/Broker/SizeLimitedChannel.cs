// MQTTnet allocates what a packet's header announces, up to 256 MB, before it knows who sent it. This channel reads along
// and ends a connection that announces more than any frame of ours needs. It also reads ahead: MQTTnet asks for a packet in three
// parts, and each would be a system call.

using System;
using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using MQTTnet.Channel;

namespace Crime.Gateway.Broker;

/// <summary>A connection that ends itself at the first packet above a size.</summary>
public sealed class SizeLimitedChannel : IMqttChannel
{
    /// <summary>Bytes read ahead of what is asked for, at most.</summary>
    public const int BufferSize = 4096;

    private const int LengthBitsPerByte = 7;
    private const int MaxLengthBytes = 4;

    private readonly IMqttChannel _inner;
    private readonly int _maxPacketSize;
    private readonly byte[] _buffer = new byte[BufferSize];
    private int _bufferedAt;
    private int _bufferedEnd;

    // Where the reading stands: bytes of the current packet's body to come, or how much of its header has been seen.
    private int _bodyLeft;
    private bool _isInLength;
    private int _length;
    private int _lengthBytes;

    /// <summary>Limits a connection.</summary>
    /// <param name="inner">The connection; disposed of with this object.</param>
    /// <param name="maxPacketSize">Largest packet in bytes, its header not counted.</param>
    public SizeLimitedChannel(IMqttChannel inner, int maxPacketSize)
    {
        _inner = inner;
        _maxPacketSize = maxPacketSize;
    }

    /// <inheritdoc/>
    public X509Certificate2 ClientCertificate => _inner.ClientCertificate;

    /// <inheritdoc/>
    public EndPoint RemoteEndPoint => _inner.RemoteEndPoint;

    /// <inheritdoc/>
    public EndPoint LocalEndPoint => _inner.LocalEndPoint;

    /// <inheritdoc/>
    public bool IsSecureConnection => _inner.IsSecureConnection;

    /// <inheritdoc/>
    public Task ConnectAsync(CancellationToken cancellationToken) => _inner.ConnectAsync(cancellationToken);

    /// <inheritdoc/>
    public Task DisconnectAsync(CancellationToken cancellationToken) => _inner.DisconnectAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        if (_bufferedAt == _bufferedEnd) return ReadMoreAsync(buffer, offset, count, cancellationToken);
        return Task.FromResult(Followed(buffer, offset, Take(buffer, offset, count)));
    }

    /// <inheritdoc/>
    public Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken) =>
        _inner.WriteAsync(buffer, isEndOfPacket, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _inner.Dispose();

    /// <summary>Reads from the connection: into the buffer what is small, directly what would fill it anyway.</summary>
    private async Task<int> ReadMoreAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        if (count >= BufferSize) return Followed(buffer, offset, await _inner.ReadAsync(buffer, offset, count, cancellationToken));
        _bufferedAt = 0;
        _bufferedEnd = await _inner.ReadAsync(_buffer, 0, BufferSize, cancellationToken);
        return Followed(buffer, offset, Take(buffer, offset, count));
    }

    private int Take(byte[] buffer, int offset, int count)
    {
        int taken = Math.Min(count, _bufferedEnd - _bufferedAt);
        Array.Copy(_buffer, _bufferedAt, buffer, offset, taken);
        _bufferedAt += taken;
        return taken;
    }

    /// <summary>What MQTTnet is told to have read: nothing, which ends the connection, when a packet is too large.</summary>
    private int Followed(byte[] buffer, int offset, int read) => Follow(buffer.AsSpan(offset, read)) ? read : 0;

    /// <summary>Reads along: a type byte, one to four bytes of length (seven bits each, the lowest first), then the body.</summary>
    /// <returns>False when a packet is too large.</returns>
    private bool Follow(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_bodyLeft > 0)
            {
                int skipped = Math.Min(_bodyLeft, bytes.Length);
                _bodyLeft -= skipped;
                bytes = bytes[skipped..];
                continue;
            }
            if (!FollowHeader(bytes[0])) return false;
            bytes = bytes[1..];
        }
        return true;
    }

    private bool FollowHeader(byte value)
    {
        const byte more = 0x80;
        if (!_isInLength)
        {
            _isInLength = true;
            _length = _lengthBytes = 0;
            return true;
        }
        _length |= (value & ~more) << (LengthBitsPerByte * _lengthBytes++);
        if (_length > _maxPacketSize || _lengthBytes > MaxLengthBytes) return false;
        if ((value & more) != 0) return true;
        _isInLength = false;
        _bodyLeft = _length;
        return true;
    }
}
