// A board of a test network: one input at a time, here or at a gateway, as the firmware's Offloader does it.

using System;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping.Topologies;

/// <summary>A board.</summary>
internal sealed class NetworkBoard : NetworkNode
{
    private const int LongestPauseUs = 400_000;

    private readonly CostLine _line;
    private readonly short[] _values = new short[LongestLength];
    private readonly ResponseFrame _response = new();
    private uint _sequence;
    private bool _isPending;
    private int _input;
    private int _length;
    private readonly Decision _decision = new();
    private long _sentUs;

    /// <summary>Makes a board.</summary>
    public NetworkBoard(FailingNetwork network, int index)
        : base(network, $"board-{index}") => _line = new CostLine(1000L * network.Random.Next(100, 5000), 100);

    /// <summary>Begins.</summary>
    public void Start()
    {
        Begin(_line, relays: false);
        Network.After(Network.Random.Next(1_000_000), Next);
    }

    /// <inheritdoc/>
    public override void OnResponse(byte[] bytes)
    {
        Assert.That(_response.Decode(bytes), Is.EqualTo(FrameError.None));
        if (!_isPending || _response.Session != Session || _response.Sequence != _sequence)
        {
            Network.Counts.LateAnswers++;
            return;
        }
        _isPending = false;
        Engine.OnResponse(_decision.Gateway!, _response, _length, Network.NowUs - _sentUs, Network.NowUs);
        if (_response.Code != ResponseCode.Ok)
        {
            Network.Counts.Refusals++;
            Compute();
            return;
        }
        if (_response.Logits[0] != (short)_input) Assert.Fail($"{Id} gets the answer to another input");
        Network.Counts.Answers++;
        Network.Counts.DeepestRelay = Math.Max(Network.Counts.DeepestRelay, _response.RelayCount + 1);
        Conclude();
    }

    /// <inheritdoc/>
    protected override void OnGone(string gateway)
    {
        // A board waits for its own time-out.
    }

    private void Next()
    {
        if (Network.IsOver) return;
        _input = Network.NewInput();
        _length = 1 + Network.Random.Next(LongestLength);
        Engine.Decide(_length, Network.NowUs, _decision);
        if (_decision.Gateway is { } gateway)
        {
            Send(gateway);
            return;
        }
        Network.Counts.Here++;
        Compute();
    }

    private void Send(GatewayCandidate gateway)
    {
        int timeoutUs = _decision.TimeoutUs;
        uint sequence = ++_sequence;
        _isPending = true;
        _sentUs = Network.NowUs;
        _values[0] = (short)_input;
        byte[] bytes = new RequestFrame
        {
            Session = Session, Sequence = sequence, ModelId = ModelId, Length = _length, ValuesPerStep = 1, Encoding = SequenceEncoding.Int16,
            BudgetUs = (uint)timeoutUs, Values = _values,
        }.Encode();
        Engine.OnSent(gateway, _length, _sentUs);
        NetworkLink link = LinkOf(gateway);
        Network.Send(link, () => link.Gateway.OnRequest(link, bytes, null));
        Network.After(timeoutUs, () =>
        {
            if (!_isPending || _sequence != sequence) return;
            _isPending = false;
            Network.Counts.Timeouts++;
            Engine.OnTimeout(gateway, Network.NowUs);
            Compute();
        });
    }

    private void Compute() => Network.After(_line.At(_length), Conclude);

    private void Conclude()
    {
        Network.Conclude(_input);
        Network.After(Network.Random.Next(LongestPauseUs), Next);
    }
}
