// A gateway relates to the gateways behind it as a board relates to the gateway: the same engine learns their costs. The gateway adds
// the decision about requests of other nodes, and the adverts of the costs that it reaches.

using System;
using System.Threading;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Core.Models;
using Crime.Mapping;

namespace Crime.Gateway.Core.Relaying;

/// <summary>The mapping engine of a gateway for one model. Thread-safe, except that one thread at a time may publish.</summary>
public sealed class RelayEngine
{
    /// <summary>Least time in µs beyond the expected time that this gateway waits for an answer, where it can compute the request itself.</summary>
    public const int MarginUs = 200_000;

    /// <summary>Longest wait for an answer, in µs.</summary>
    public const int MaxWaitUs = 2_000_000;

    /// <summary>A relay wait that differs from the last published one by less than this, in µs, is not published.</summary>
    public const int WaitStepUs = 1000;

    // Resolves lengths by eights to 700, for a model whose lengths are not known.
    private const int UsualLongestLength = 512;

    private CostLine? _line;
    private int _publishedVersion;
    private uint _publishedWaitUs;

    /// <summary>Makes the engine of a model that this gateway does not compute itself.</summary>
    /// <param name="modelId">Identity of the model.</param>
    /// <param name="longestLength">Longest length that the engine resolves, in timesteps; 0 when unknown.</param>
    /// <param name="nodeKey">This gateway's own key.</param>
    /// <param name="session">Session of its requests and pings.</param>
    /// <param name="measures">Anti-herding measures of the engine.</param>
    public RelayEngine(uint modelId, int longestLength, uint nodeKey, uint session, AntiHerding measures)
    {
        ModelId = modelId;
        Session = session;
        int longest = longestLength > 0 ? longestLength : UsualLongestLength;
        var setup = new EngineSetup
        {
            ModelId = modelId,
            LongestLength = longest,
            // Between gateways only time counts, and the round trip includes the time on the wire.
            Power = new PowerProfile(),
            Objective = Objective.Time,
            Relays = true,
            // The service cost is fitted where it is measured.
            UseRefit = false,
            TimeoutMarginUs = MarginUs,
            TimeoutMaxUs = MaxWaitUs,
            Measures = measures,
        };
        Mapping = new MappingEngine(setup, nodeKey);
        Rules = new RelayRules(Mapping);
        Adverts = new AdvertBuilder(Mapping, nodeKey, longest);
    }

    /// <summary>Identity of the model.</summary>
    public uint ModelId { get; }

    /// <summary>Session of its requests and pings; it identifies the engine in answers.</summary>
    public uint Session { get; }

    /// <summary>Learns the costs of this gateway and of its upstreams.</summary>
    public MappingEngine Mapping { get; }

    /// <summary>Decides whether a request is passed on.</summary>
    public RelayRules Rules { get; }

    /// <summary>Writes the adverts of the model.</summary>
    public AdvertBuilder Adverts { get; }

    /// <summary>Adopts the present cost of the model on this gateway.</summary>
    /// <param name="model">The model; null when this gateway does not have it.</param>
    public void Follow(ServedModel? model)
    {
        CostLine? line = model?.Cost.Line;
        if (ReferenceEquals(Interlocked.Exchange(ref _line, line), line)) return;
        Mapping.SetLocalTime(line!);
    }

    /// <summary>True when an advert differs noticeably from the last published one.</summary>
    /// <param name="advert">The present advert.</param>
    public bool IsChanged(CostAdvert advert) =>
        advert.Version != _publishedVersion || Math.Abs((long)advert.RelayWaitUs - _publishedWaitUs) >= WaitStepUs;

    /// <summary>Notes an advert as published.</summary>
    /// <param name="advert">The advert.</param>
    public void OnPublished(CostAdvert advert)
    {
        _publishedVersion = advert.Version;
        _publishedWaitUs = advert.RelayWaitUs;
    }
}
