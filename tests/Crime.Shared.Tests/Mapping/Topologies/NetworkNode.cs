// What boards and gateways of a test network have alike: an engine, links to gateways, pings.

using System.Collections.Generic;
using System.Linq;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Shared.Tests.Mapping.Topologies;

/// <summary>A node.</summary>
internal abstract class NetworkNode
{
    /// <summary>The model that everybody has.</summary>
    public const uint ModelId = 9;

    /// <summary>Longest input in timesteps.</summary>
    public const int LongestLength = 200;

    private const int TickUs = 100_000;

    /// <summary>Makes a node that does nothing yet.</summary>
    protected NetworkNode(FailingNetwork network, string id)
    {
        Network = network;
        Id = id;
    }

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>The network around it.</summary>
    public FailingNetwork Network { get; }

    /// <summary>The gateways that it may ask.</summary>
    public List<NetworkLink> Upstreams { get; } = [];

    /// <summary>Decides and learns; another one after every start.</summary>
    public MappingEngine Engine { get; private set; } = null!;

    /// <summary>Number of this start.</summary>
    public uint Session { get; private set; }

    /// <summary>True when it is there.</summary>
    public bool IsAlive { get; protected set; }

    /// <summary>Takes an answer's bytes.</summary>
    public abstract void OnResponse(byte[] bytes);

    /// <summary>A gateway that it asks has said that it is gone.</summary>
    protected abstract void OnGone(string gateway);

    /// <summary>The connection behind a link was lost, or is there again.</summary>
    public virtual void OnConnectionChanged(NetworkLink link, bool isConnected) => Engine.OnConnectionChanged(Network.NowUs);

    /// <summary>Takes a status.</summary>
    public void OnStatus(string gateway, StatusFrame status)
    {
        if (!IsAlive) return;
        Engine.OnStatus(gateway, status, Network.NowUs);
        if (!status.Online) OnGone(gateway);
    }

    /// <summary>Begins anew, with nothing known.</summary>
    protected void Begin(CostLine line, bool relays)
    {
        IsAlive = true;
        Session++;
        Engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = ModelId, LongestLength = LongestLength, LocalTime = line, BytesPerStep = 2, Power = new PowerProfile(),
                Relays = relays, UseRefit = false, ReservesRows = false,
            },
            NodeKey.Of(Id));
        Tick(Session);
    }

    /// <summary>The link to a gateway.</summary>
    protected NetworkLink LinkOf(GatewayCandidate gateway) => Upstreams.First(link => link.Gateway.Id == gateway.Id);

    private void Tick(uint session)
    {
        if (Network.IsOver || !IsAlive || Session != session) return;
        while (Engine.TakePing(Network.NowUs, isWanted: false, extraSizeBytes: 0, out uint sequence) is { } gateway) Ping(LinkOf(gateway), session, sequence);
        Network.After(TickUs, () => Tick(session));
    }

    private void Ping(NetworkLink link, uint session, uint sequence) => Network.Send(link, () =>
    {
        if (!link.Gateway.IsAlive) return;
        var pong = new PongFrame { Session = session, Sequence = sequence, BacklogUs = (uint)link.Gateway.WaitUs };
        Network.Send(link, () =>
        {
            if (IsAlive && Session == pong.Session) Engine.OnPong(pong, Network.NowUs);
        });
    });
}
