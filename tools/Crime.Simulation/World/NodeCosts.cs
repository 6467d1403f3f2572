// The true cost of an input: on a kind of board, and at a kind of gateway.

using System;
using Crime.Costs;
using Crime.Mapping;
using Crime.Modelling.Prediction;
using Crime.Simulation.Inputs;
using Crime.Simulation.Scenarios;
using Crime.VirtualBoard;

namespace Crime.Simulation.World;

/// <summary>True costs of a group of boards with a set of inputs, and the setup of its engines.</summary>
internal sealed class BoardCosts
{
    /// <summary>Spread of a board's computing time: the interpreter's work is counted, and interrupts disturb it little. Estimate.</summary>
    public const double LocalNoiseSigma = 0.01;

    /// <summary>Spread of the time to associate. Estimate: "one to several seconds".</summary>
    public const double AssociateNoiseSigma = 0.3;

    private readonly KernelCost _kernel;
    private readonly InputSet _set;
    private readonly double _airUs;
    private readonly double _airUsPerByte;

    /// <summary>Computes the costs of a group of boards.</summary>
    public BoardCosts(BoardGroup group, InputSet set)
    {
        BoardProfile profile = group.Profile();
        Group = group;
        Power = group.Radio == RadioKind.Off ? BoardPower.DutyCycled(profile) : BoardPower.Associated(profile);
        _set = set;
        _kernel = set.Kernel(group.Kind.Kernel);
        _airUs = profile.TransmitOverheadUs;
        _airUsPerByte = profile.TransmitNsPerByte / 1000;
        UsPerIl = profile.UsPerIl;
        AssociateUs = profile.AssociateMs * 1000;
        BeaconUs = profile.BeaconIntervalUs;
        PublishUs = profile.MqttSendUs;
        ReceiveUs = profile.MqttReceiveUs;
        LengthDistribution lengths = set.Lengths;
        LocalLine = lengths.IsWriting ? CostLine.Decoder(InputLine, OutputStepNs, lengths.Output) : InputLine;
        EncodeLine = new CostLine(Ns(set.EncodeIlPerStep), Us(set.EncodeIlPerInput));
    }

    /// <summary>The boards.</summary>
    public BoardGroup Group { get; }

    /// <summary>Time of one executed IL instruction in µs.</summary>
    public double UsPerIl { get; }

    /// <summary>Mean time to associate in µs.</summary>
    public double AssociateUs { get; }

    /// <summary>Time in µs between the beacons at which a radio in modem sleep receives; 0 for a radio that always listens.</summary>
    public double BeaconUs { get; }

    /// <summary>Time of the MQTT client to send, in µs.</summary>
    public double PublishUs { get; }

    /// <summary>Time of the MQTT client to receive, in µs.</summary>
    public double ReceiveUs { get; }

    /// <summary>Time to compute, as the board profiles itself: over the length of the input, with the expected length of the output.</summary>
    public CostLine LocalLine { get; }

    /// <summary>Time to read an input, as the board profiles itself.</summary>
    private CostLine InputLine => new(Ns(_kernel.PerStep), Us(_kernel.PerInput));

    private int OutputStepNs => (int)Ns(_kernel.PerOutputStep);

    /// <summary>Time to write a request, as the board profiles itself.</summary>
    public CostLine EncodeLine { get; }

    /// <summary>Power and air time.</summary>
    public PowerProfile Power { get; }

    /// <summary>Returns the setup of the engines of these boards.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="measures">Anti-herding measures that are on.</param>
    /// <param name="listening">What the boards listen to.</param>
    /// <param name="output">Output length that the boards expect; null for a network that does not write.</param>
    /// <param name="isFitted">True when the lines follow what inferences take.</param>
    public EngineSetup Setup(Objective objective, AntiHerding measures, ListeningMode listening, OutputLength? output, bool isFitted) => new()
    {
        ModelId = SimWorld.ModelId, LongestLength = _set.Lengths.MaxLength, LocalTime = InputLine, EncodeTime = EncodeLine, UseRefit = isFitted,
        Output = output, OutputStepNs = OutputStepNs,
        BytesPerStep = _set.BytesPerStep, Power = Power, Objective = objective, BeaconIntervalUs = EngineSetup.StandardBeaconUs, Measures = measures,
        Listening = listening,
    };

    /// <summary>Time to compute an input in µs, without noise.</summary>
    public double LocalUs(LengthCount input) =>
        (_kernel.PerInput + _kernel.PerStep * input.Length + _kernel.PerOutputStep * input.OutputLength) * UsPerIl;

    /// <summary>Time to write a request in µs.</summary>
    public double EncodeUs(int length) => (_set.EncodeIlPerInput + _set.EncodeIlPerStep * length) * UsPerIl;

    /// <summary>Air time of a message in µs.</summary>
    public double AirUs(int sizeBytes) => _airUs + sizeBytes * _airUsPerByte;

    private long Ns(double il) => (long)Math.Round(il * UsPerIl * 1000);

    private long Us(double il) => (long)Math.Round(il * UsPerIl);
}

/// <summary>True costs of a gateway with a set of inputs, and the line that it publishes.</summary>
internal sealed class GatewayCosts
{
    private readonly GatewayKind _kind;
    private readonly InputSet _set;

    /// <summary>Computes the costs of a gateway.</summary>
    public GatewayCosts(GatewayKind kind, InputSet set)
    {
        _kind = kind;
        _set = set;
        LengthDistribution lengths = set.Lengths;
        var input = new CostLine((long)Math.Round(set.MacsPerStep * kind.NsPerMac), (long)Math.Round(kind.RequestUs));
        Line = lengths.IsWriting ? CostLine.Decoder(input, (int)Math.Round(set.MacsPerOutputStep * kind.NsPerMac), lengths.Output) : input;
    }

    /// <summary>The line that the gateway has fitted.</summary>
    public CostLine Line { get; }

    /// <summary>Spread of the service time.</summary>
    public double NoiseSigma => _kind.NoiseSigma;

    /// <summary>Time to serve an input, without noise, in µs.</summary>
    public double ServiceUs(LengthCount input) =>
        _kind.RequestUs + (_set.MacsPerStep * input.Length + _set.MacsPerOutputStep * input.OutputLength) * _kind.NsPerMac / 1000;
}
