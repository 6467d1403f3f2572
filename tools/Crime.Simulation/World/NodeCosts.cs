// What an input really costs: on a kind of board, and at a kind of gateway.

using System;
using Crime.Costs;
using Crime.Frames;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.VirtualBoard;

namespace Crime.Simulation.World;

/// <summary>True costs of a kind of board with a set of inputs, and what the board's engine is told of them.</summary>
internal sealed class BoardCosts
{
    /// <summary>Spread of a board's computing time: the interpreter's work is counted, interrupts disturb it little. Estimate.</summary>
    public const double LocalNoiseSigma = 0.01;

    /// <summary>Spread of the time to associate. Estimate: "one to several seconds".</summary>
    public const double AssociateNoiseSigma = 0.3;

    /// <summary>Executed IL of one decision with all details: the budget of a test for one gateway (tests/budgets/decision.json).</summary>
    public const double DecisionIl = 1_680;

    /// <summary>The same for a radio in modem sleep, where each candidate time is rounded up to a beacon.</summary>
    public const double DecisionAtBeaconsIl = 3_030;

    private readonly KernelCost _kernel;
    private readonly InputSet _set;
    private readonly double _usPerIl;

    /// <summary>Works the costs of a group of boards out.</summary>
    public BoardCosts(BoardGroup group, InputSet set)
    {
        BoardProfile profile = BoardProfile.Bundled(group.Kind.Profile);
        _set = set;
        _kernel = set.Kernel(group.Kind.Kernel);
        _usPerIl = group.Kind.UsPerIl;
        double awakeExtraMw = group.Radio == RadioKind.Awake ? group.Kind.AwakeMa * profile.SupplyV - profile.WaitMw : 0;
        ComputeMw = profile.ComputeMw + awakeExtraMw;
        WaitMw = profile.WaitMw + awakeExtraMw;
        TransmitMw = profile.TransmitMw;
        AssociateMw = profile.AssociateMw;
        AssociateUs = profile.AssociateMs * 1000;
        BeaconUs = group.Radio == RadioKind.Doze || group.Radio == RadioKind.Off ? profile.BeaconIntervalUs : 0;
        TransmitOverheadUs = profile.TransmitOverheadUs;
        TransmitUsPerByte = profile.TransmitNsPerByte / 1000;
        PublishUs = profile.MqttPublishIl * _usPerIl;
        ReceiveUs = profile.MqttReceiveIl * _usPerIl;
        bool dozes = BeaconUs > 0;
        DecisionUs = (dozes ? DecisionAtBeaconsIl : DecisionIl) * _usPerIl;
        ListenOnUs = dozes ? profile.ListenOnUs : 0;
        ListenMw = group.Kind.AwakeMa * profile.SupplyV;
        LengthDistribution lengths = set.Lengths;
        LocalLine = new CostLine(
            Ns(_kernel.PerStep + _kernel.PerOutputStep * lengths.Gamma), Us(_kernel.PerInput + _kernel.PerOutputStep * lengths.Delta));
        EncodeLine = new CostLine(Ns(set.EncodeIlPerStep), Us(set.EncodeIlPerInput));
        Power = new PowerProfile
        {
            ComputeMw = (int)Math.Round(ComputeMw), WaitMw = (int)Math.Round(WaitMw), TransmitMw = (int)Math.Round(TransmitMw),
            ListenMw = dozes ? (int)Math.Round(ListenMw) : 0, WakeMw = (int)Math.Round(AssociateMw),
            TransmitNsPerByte = (int)Math.Round(profile.TransmitNsPerByte), TransmitOverheadUs = (int)Math.Round(TransmitOverheadUs),
            MinActiveUs = (int)Math.Round(ListenOnUs),
        };
    }

    /// <summary>Time of one executed IL instruction, in µs.</summary>
    public double UsPerIl => _usPerIl;

    /// <summary>Power while computing, in mW.</summary>
    public double ComputeMw { get; }

    /// <summary>Power while waiting, in mW.</summary>
    public double WaitMw { get; }

    /// <summary>Power while transmitting, in mW.</summary>
    public double TransmitMw { get; }

    /// <summary>Power while associating, in mW.</summary>
    public double AssociateMw { get; }

    /// <summary>Mean time to associate, in µs.</summary>
    public double AssociateUs { get; }

    /// <summary>Time between beacons that a dozing radio hears, in µs; 0 for one that is always awake.</summary>
    public double BeaconUs { get; }

    /// <summary>Minimum active time of a radio in modem sleep in µs; 0 for a radio that is always awake.</summary>
    public double ListenOnUs { get; }

    /// <summary>Power while waiting with a radio that listens, in mW.</summary>
    public double ListenMw { get; }

    /// <summary>Air time per message, in µs.</summary>
    public double TransmitOverheadUs { get; }

    /// <summary>Air time per byte, in µs.</summary>
    public double TransmitUsPerByte { get; }

    /// <summary>Time of the MQTT client to send, in µs.</summary>
    public double PublishUs { get; }

    /// <summary>Time of the MQTT client to receive, in µs.</summary>
    public double ReceiveUs { get; }

    /// <summary>Time of a decision, in µs.</summary>
    public double DecisionUs { get; }

    /// <summary>Time to compute, as the board profiles itself: over the length read, the length written being expected.</summary>
    public CostLine LocalLine { get; }

    /// <summary>Time to write a request, as the board profiles itself.</summary>
    public CostLine EncodeLine { get; }

    /// <summary>Power and air time as the engine knows them.</summary>
    public PowerProfile Power { get; }

    /// <summary>Bytes of a request.</summary>
    public int RequestSize(int length) => RequestFrame.HeaderSize + length * _set.BytesPerStep;

    /// <summary>Time to compute an input here, without noise, in µs.</summary>
    public double LocalUs(LengthCount input) =>
        (_kernel.PerInput + _kernel.PerStep * input.Length + _kernel.PerOutputStep * input.OutputLength) * _usPerIl;

    /// <summary>Time to write a request, in µs.</summary>
    public double EncodeUs(int length) => (_set.EncodeIlPerInput + _set.EncodeIlPerStep * length) * _usPerIl;

    /// <summary>Air time of a message, in µs.</summary>
    public double TransmitUs(int byteCount) => TransmitOverheadUs + byteCount * TransmitUsPerByte;

    /// <summary>Energy in nJ that listening adds to waiting in modem sleep: after the request, and after the answer.</summary>
    /// <param name="waitUs">From the request's leaving to the answer, or to the time-out, in µs.</param>
    /// <param name="hasAnswer">True when there was an answer.</param>
    public double ListeningNj(double waitUs, bool hasAnswer) =>
        (Math.Min(waitUs, ListenOnUs) + (hasAnswer ? ListenOnUs : 0)) * (ListenMw - WaitMw);

    private long Ns(double il) => (long)Math.Round(il * _usPerIl * 1000);

    private long Us(double il) => (long)Math.Round(il * _usPerIl);
}

/// <summary>True costs of a gateway with a set of inputs, and what it tells of them.</summary>
internal sealed class GatewayCosts
{
    private readonly GatewayKind _kind;
    private readonly InputSet _set;

    /// <summary>Works the costs of a gateway out.</summary>
    public GatewayCosts(GatewayKind kind, InputSet set)
    {
        _kind = kind;
        _set = set;
        LengthDistribution lengths = set.Lengths;
        double perStep = (set.MacsPerStep + set.MacsPerOutputStep * lengths.Gamma) * kind.NsPerMac;
        Line = new CostLine((long)Math.Round(perStep), (long)Math.Round(kind.RequestUs + set.MacsPerOutputStep * lengths.Delta * kind.NsPerMac / 1000));
    }

    /// <summary>The line that the gateway has fitted.</summary>
    public CostLine Line { get; }

    /// <summary>Spread of the service time.</summary>
    public double NoiseSigma => _kind.NoiseSigma;

    /// <summary>Time to serve an input, without noise, in µs.</summary>
    public double ServiceUs(LengthCount input) =>
        _kind.RequestUs + (_set.MacsPerStep * input.Length + _set.MacsPerOutputStep * input.OutputLength) * _kind.NsPerMac / 1000;
}
