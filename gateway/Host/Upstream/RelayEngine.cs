// A gateway is to the gateways behind it what a board is to it: the same engine decides, and tells what is within reach.

using System;
using System.Threading;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Models;
using Crime.Mapping;

namespace Crime.Gateway.Upstream;

/// <summary>The mapping engine of a gateway for one model. Thread-safe but for what is told, which one thread at a time tells.</summary>
public sealed class RelayEngine
{
    /// <summary>Relay waits that differ by less than this from the one last told, in µs, are no news.</summary>
    public const int WaitStepUs = 1000;

    // Resolves lengths by eights to 700, for a model that says nothing of its lengths.
    private const int UsualLongestLength = 512;

    private CostLine? _line;
    private int _toldVersion;
    private uint _toldWaitUs;

    /// <summary>Makes the engine of a model that this gateway does not compute itself.</summary>
    /// <param name="modelId">Identity of the model.</param>
    /// <param name="longestLength">Length to resolve, in timesteps; 0 when unknown.</param>
    /// <param name="nodeKey">This gateway's own key.</param>
    /// <param name="session">Session of its requests and pings.</param>
    public RelayEngine(uint modelId, int longestLength, uint nodeKey, uint session)
    {
        ModelId = modelId;
        Session = session;
        var setup = new EngineSetup
        {
            ModelId = modelId,
            LongestLength = longestLength > 0 ? longestLength : UsualLongestLength,
            // Between gateways nothing is spent but time, and a wire's share of it lies within the round trip.
            Power = new PowerProfile(),
            Goal = Goal.Time,
            Relays = true,
            // What computing costs is fitted where it is measured.
            UseRefit = false,
            TimeoutMarginUs = RequestRelay.MarginUs,
            TimeoutMaxUs = RequestRelay.MaxWaitUs,
        };
        Mapping = new MappingEngine(setup, nodeKey);
    }

    /// <summary>Identity of the model.</summary>
    public uint ModelId { get; }

    /// <summary>Session of its requests and pings: answers tell by it which engine asked.</summary>
    public uint Session { get; }

    /// <summary>Decides and learns.</summary>
    public MappingEngine Mapping { get; }

    /// <summary>Takes over what the model costs here.</summary>
    /// <param name="model">The model; null when this gateway does not have it.</param>
    public void Follow(GatewayModel? model)
    {
        CostLine? line = model?.Cost.Line;
        if (ReferenceEquals(Interlocked.Exchange(ref _line, line), line)) return;
        Mapping.SetLocalTime(line!);
    }

    /// <summary>Whether an advert differs from the one told last.</summary>
    public bool IsNews(CostAdvert advert) =>
        advert.Version != _toldVersion || Math.Abs((long)advert.RelayWaitUs - _toldWaitUs) >= WaitStepUs;

    /// <summary>An advert has been told.</summary>
    public void OnTold(CostAdvert advert)
    {
        _toldVersion = advert.Version;
        _toldWaitUs = advert.RelayWaitUs;
    }
}
