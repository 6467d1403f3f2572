using Crime.Gateway.Core;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core;

/// <summary>A gateway's core with a time that the test sets.</summary>
public abstract class CoreTest
{
    protected const uint ModelId = 7;
    protected const int AlphaUs = 100;
    protected const int BetaUs = 1000;
    protected const int Length = 10;
    protected const int CostUs = BetaUs + AlphaUs * Length;
    protected const int Capacity = 3;
    protected const int HeartbeatMs = 1000;
    protected const int MinIntervalMs = 100;

    internal RecordingActions Actions { get; private set; } = null!;

    internal CostModel Model { get; private set; } = null!;

    protected GatewayCore Core { get; private set; } = null!;

    protected long NowUs { get; set; }

    [SetUp]
    public void Reset()
    {
        NowUs = 5_000_000;
        Use(Settings());
    }

    protected static GatewaySettings Settings(int workerCount = 1) => new()
    {
        NodeId = "gateway", QueueCapacity = Capacity, WorkerCount = workerCount, MinIntervalMs = MinIntervalMs, HeartbeatMs = HeartbeatMs, Session = 42,
    };

    protected static GatewaySettings WithUpstreams(params string[] nodes) => Settings() with
    {
        Upstreams = System.Array.ConvertAll(nodes, node => new Gateway.Core.Relaying.Upstream(node, System.Array.IndexOf(nodes, node))),
    };

    /// <summary>Starts anew with other settings, or with another time per request in µs.</summary>
    protected void Use(GatewaySettings settings, bool hasModel = true, int betaUs = BetaUs)
    {
        Actions = new RecordingActions();
        Model = new CostModel(ModelId, AlphaUs, betaUs, imageChecksum: 0x12345678);
        Core = new GatewayCore(settings, hasModel ? new ModelSet(Model) : new ModelSet(), Actions);
    }

    /// <summary>A request arrives.</summary>
    protected PendingRequest Ask(long budgetUs = 0, int length = Length, uint modelId = ModelId)
    {
        var request = new TestRequest();
        request.Frame.ModelId = modelId;
        request.Frame.Length = length;
        request.Frame.ValuesPerStep = 1;
        request.Frame.BudgetUs = (uint)budgetUs;
        Core.OnRequest(request, NowUs);
        return request;
    }

    /// <summary>An answer or refusal that has been sent, oldest first.</summary>
    protected Reply Replied(PendingRequest request)
    {
        var (replied, reply) = Actions.NextReply();
        Assert.That(replied, Is.SameAs(request));
        return reply;
    }

    /// <summary>A worker takes a batch and computes it in the predicted time.</summary>
    protected void Serve(Batch batch)
    {
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Taken));
        NowUs += batch.PredictedUs;
        Core.OnComputed(batch, batch.PredictedUs, NowUs);
    }
}
