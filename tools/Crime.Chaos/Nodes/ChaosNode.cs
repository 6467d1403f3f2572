// Boards and gateways have a lifetime, a clock of their own, and a link.

using Crime.Chaos.Broker;
using Crime.Chaos.Events;
using Crime.Chaos.Worlds;

namespace Crime.Chaos.Nodes;

/// <summary>A node.</summary>
internal abstract class ChaosNode : IEventTarget, IClientOwner
{
    private const int LatestStartUs = 1_000_000_000;

    private long _offsetUs;

    /// <summary>Makes a node that is off.</summary>
    /// <param name="world">The world of the run.</param>
    /// <param name="id">Its id.</param>
    /// <param name="index">Its number.</param>
    protected ChaosNode(World world, string id, int index)
    {
        World = world;
        Id = id;
        Index = index;
    }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <inheritdoc/>
    public string Name => Id;

    /// <inheritdoc/>
    public int Index { get; }

    /// <inheritdoc/>
    public uint Life { get; private set; }

    /// <summary>True while it runs.</summary>
    public bool IsUp { get; private set; }

    /// <summary>The way to the broker.</summary>
    public NetworkLink Link { get; } = new();

    /// <summary>The time of its own clock in µs.</summary>
    public long NowUs => World.NowUs + _offsetUs;

    /// <summary>The world of the run.</summary>
    protected World World { get; }

    /// <summary>Its clients at the broker.</summary>
    public abstract BrokerClient[] Clients { get; }

    /// <inheritdoc/>
    public abstract string NameOf(int kind);

    /// <inheritdoc/>
    public abstract bool IsWanted(int kind, int number);

    /// <inheritdoc/>
    public abstract void OnEvent(int kind, int number, object? content);

    /// <inheritdoc/>
    public abstract void OnConnect(BrokerClient client, bool isConnected);

    /// <inheritdoc/>
    public abstract void OnClosed(BrokerClient client);

    /// <inheritdoc/>
    public abstract void OnMessage(BrokerClient client, Message message);

    /// <summary>Checks all invariants of the node.</summary>
    public abstract void Check();

    /// <summary>Its clock jumps forward: all that waits for a time looks again.</summary>
    /// <param name="us">By so many µs.</param>
    public void Jump(long us)
    {
        _offsetUs += us;
        if (IsUp) OnJump();
    }

    /// <summary>Its clock has jumped.</summary>
    protected abstract void OnJump();

    /// <summary>Begins a life, with a clock that begins anew.</summary>
    protected void BeginLife()
    {
        IsUp = true;
        _offsetUs = 1 + World.Below(LatestStartUs) - World.NowUs;
    }

    /// <summary>Ends a life: all that was scheduled for it is discarded.</summary>
    protected void EndLife()
    {
        IsUp = false;
        Life++;
    }

    /// <summary>Schedules an event at a time of the node's own clock.</summary>
    protected void AtOwn(long ownUs, int kind, int number = 0) => World.Scheduler.At(ownUs - _offsetUs, this, kind, number);

    /// <summary>Schedules an event after a delay in µs.</summary>
    protected void After(long us, int kind, int number = 0) => World.Scheduler.After(us, this, kind, number);
}
