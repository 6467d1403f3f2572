// One simulated board of the load: a TCP connection with at most one request under way, as boards have it.

using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Frames;

namespace Crime.Cli.Bench.Load;

/// <summary>What a client tells of what it receives; called on threads of the pool.</summary>
internal interface ILoadObserver
{
    /// <summary>The answer to the request under way.</summary>
    /// <param name="client">Who asked.</param>
    /// <param name="code">What became of it.</param>
    /// <param name="depth">The gateway's queue depth as the answer tells it.</param>
    /// <param name="sinceTicks">Time stamp that the request was given.</param>
    void OnAnswer(LoadClient client, ResponseCode code, int depth, long sinceTicks);

    /// <summary>An answer to a request that is not under way (any more).</summary>
    void OnStrayAnswer();

    /// <summary>A status.</summary>
    /// <param name="client">Who received it.</param>
    /// <param name="payload">The frame.</param>
    void OnStatus(LoadClient client, ReadOnlySpan<byte> payload);
}

/// <summary>A connection that sends one request at a time.</summary>
internal sealed class LoadClient : IDisposable
{
    private const int BufferSize = 4096;
    private const int SequenceOffset = 8;
    private const int SubAckType = 0x90;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly SocketAsyncEventArgs _receiving = new();
    private readonly TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ILoadObserver _observer;
    private readonly byte[] _buffer = new byte[BufferSize];
    private byte[] _packet = [];
    private int _frameAt;
    private int _received;
    private uint _sequence;
    private long _sinceTicks;

    private LoadClient(int index, ILoadObserver observer)
    {
        Index = index;
        _observer = observer;
    }

    /// <summary>Number of the client.</summary>
    public int Index { get; }

    /// <summary>Its name in topics.</summary>
    public string Id => "load-" + Index;

    /// <summary>Whether the connection has ended.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Connects and subscribes as a board does: to its answers and to every status.</summary>
    public static async Task<LoadClient> ConnectAsync(int index, int port, ILoadObserver observer)
    {
        var client = new LoadClient(index, observer);
        await client._socket.ConnectAsync(IPAddress.Loopback, port);
        client._receiving.SetBuffer(client._buffer, 0, BufferSize);
        client._receiving.Completed += (_, _) => client.OnReceived();
        await client._socket.SendAsync(LoadWire.ConnectPacket(client.Id));
        await client._socket.SendAsync(LoadWire.SubscribePacket(Topics.Response(client.Id), Topics.StatusFilter));
        client.Receive();
        await client._subscribed.Task;
        return client;
    }

    /// <summary>Sets what the next requests ask.</summary>
    /// <param name="gateway">Whom.</param>
    /// <param name="request">What; its number is this client's own.</param>
    public void Use(string gateway, RequestFrame request)
    {
        byte[] frame = request.Encode();
        _packet = LoadWire.PublishPacket(Topics.Request(gateway, Id), frame);
        _frameAt = _packet.Length - frame.Length;
    }

    /// <summary>Sends the next request. Not while one is under way.</summary>
    /// <param name="sinceTicks">Time stamp from which its time counts.</param>
    public void Send(long sinceTicks)
    {
        _sinceTicks = sinceTicks;
        BinaryPrimitives.WriteUInt32LittleEndian(_packet.AsSpan(_frameAt + SequenceOffset), ++_sequence);
        try
        {
            _socket.Send(_packet);
        }
        catch (SocketException)
        {
            IsLost = true;
        }
    }

    /// <summary>Gives the request under way up: its answer will be a stray one.</summary>
    /// <param name="olderThanTicks">Only if it was given a time stamp before this.</param>
    /// <returns>Whether there was such a request.</returns>
    public bool GiveUp(long olderThanTicks)
    {
        if (_sinceTicks == 0 || _sinceTicks >= olderThanTicks) return false;
        _sinceTicks = 0;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _receiving.Dispose();
    }

    private void Receive()
    {
        try
        {
            while (!_socket.ReceiveAsync(_receiving))
                if (!TakeReceived()) return;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            IsLost = true;
        }
    }

    private void OnReceived()
    {
        if (TakeReceived()) Receive();
    }

    private bool TakeReceived()
    {
        if (_receiving.SocketError != SocketError.Success || _receiving.BytesTransferred == 0)
        {
            IsLost = true;
            return false;
        }
        _received += _receiving.BytesTransferred;
        int taken = 0;
        while (true)
        {
            int size = LoadWire.Take(_buffer.AsSpan(taken, _received - taken), out int type, out ReadOnlySpan<byte> body);
            if (size == 0) break;
            taken += size;
            if (type == LoadWire.Publish) OnMessage(LoadWire.PayloadOf(body));
            else if (type == SubAckType) _subscribed.TrySetResult();
        }
        _buffer.AsSpan(taken, _received - taken).CopyTo(_buffer);
        _received -= taken;
        _receiving.SetBuffer(_received, BufferSize - _received);
        return true;
    }

    private void OnMessage(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < ResponseFrame.HeaderSize) return;
        if (payload[1] == (byte)FrameType.Status)
        {
            _observer.OnStatus(this, payload);
            return;
        }
        long since = _sinceTicks;
        bool isAwaited = since != 0 && BinaryPrimitives.ReadUInt32LittleEndian(payload[SequenceOffset..]) == _sequence;
        if (!isAwaited)
        {
            _observer.OnStrayAnswer();
            return;
        }
        _sinceTicks = 0;
        _observer.OnAnswer(this, (ResponseCode)payload[2], BinaryPrimitives.ReadUInt16LittleEndian(payload[24..]), since);
    }
}
