// The engines of all models that this gateway has or knows of, and their part of a status.

using System.Linq;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Models;
using Crime.Mapping;

namespace Crime.Gateway.Core.Relaying;

/// <summary>One engine per model. Thread-safe.</summary>
public sealed class RelayEngines
{
    private readonly Lock _lock = new();
    private readonly CostAdvert _advert = new();
    private readonly IServedModels _models;
    private readonly AntiHerding _measures;
    private uint _nextSession;

    // Replaced as a whole, so that readers need no lock.
    private volatile RelayEngine[] _engines = [];

    /// <summary>Makes engines without candidates.</summary>
    /// <param name="models">The models that this gateway computes.</param>
    /// <param name="upstreams">The candidates.</param>
    /// <param name="firstSession">Random number; the sessions of the engines count from it.</param>
    /// <param name="measures">Anti-herding measures of the engines.</param>
    public RelayEngines(IServedModels models, Upstreams upstreams, uint firstSession, AntiHerding measures)
    {
        _models = models;
        Upstreams = upstreams;
        _nextSession = firstSession;
        _measures = measures;
    }

    /// <summary>The gateways that requests may be passed on to.</summary>
    public Upstreams Upstreams { get; }

    /// <summary>The engine of a model, or null.</summary>
    /// <param name="modelId">Identity of the model.</param>
    public RelayEngine? Of(uint modelId)
    {
        foreach (RelayEngine engine in _engines)
            if (engine.ModelId == modelId) return engine;
        return null;
    }

    /// <summary>Takes the status of an upstream.</summary>
    /// <param name="node">Its id.</param>
    /// <param name="status">The decoded frame; only read.</param>
    /// <param name="nowUs">The time.</param>
    public void OnStatus(string node, StatusFrame status, long nowUs)
    {
        lock (_lock)
        {
            for (int i = 0; status.Online && i < status.ModelCount; i++) Ensure(status.ModelId[i], _models.ById(status.ModelId[i]));
            foreach (RelayEngine engine in _engines) engine.Mapping.OnStatus(node, status, nowUs);
        }
    }

    /// <summary>Takes the answer to a ping.</summary>
    /// <param name="pong">The decoded frame.</param>
    /// <param name="nowUs">The time.</param>
    public void OnPong(PongFrame pong, long nowUs)
    {
        foreach (RelayEngine engine in _engines)
            if (engine.Session == pong.Session) engine.Mapping.OnPong(pong, nowUs);
    }

    /// <summary>A connection to a broker was lost or is new: every link is measured again.</summary>
    /// <param name="nowUs">The time.</param>
    public void OnConnectionChanged(long nowUs)
    {
        foreach (RelayEngine engine in _engines) engine.Mapping.OnConnectionChanged(nowUs);
    }

    /// <summary>Sends the pings that are due.</summary>
    /// <param name="actions">Sends them.</param>
    /// <param name="nowUs">The time.</param>
    public void SendDuePings(IGatewayActions actions, long nowUs)
    {
        foreach (RelayEngine engine in _engines)
        {
            while (engine.Mapping.TakePing(nowUs, isWanted: false, extraSizeBytes: 0, out uint sequence) is { } gateway)
                actions.SendPing(gateway.Id, engine.Session, sequence);
        }
    }

    /// <summary>Time of the next due ping in µs, which may have passed; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextPingUs()
    {
        long nextUs = long.MaxValue;
        foreach (RelayEngine engine in _engines)
        {
            long dueUs = engine.Mapping.NextPingUs();
            if (dueUs < nextUs) nextUs = dueUs;
        }
        return nextUs;
    }

    /// <summary>True when an advert differs noticeably from the last published one.</summary>
    /// <param name="nowUs">The time.</param>
    public bool AreCostsChanged(long nowUs)
    {
        lock (_lock)
        {
            FollowModels();
            foreach (RelayEngine engine in _engines)
            {
                engine.Adverts.Fill(_advert, nowUs);
                if (engine.IsChanged(_advert)) return true;
            }
            return false;
        }
    }

    /// <summary>Adds all models to a status: those that this gateway computes, and those that it only reaches.</summary>
    /// <param name="status">The status to be published.</param>
    /// <param name="nowUs">The time.</param>
    public void AddModels(StatusFrame status, long nowUs)
    {
        lock (_lock)
        {
            FollowModels();
            foreach (ServedModel model in _models.Served)
                if (Of(model.Id) is { } engine) Add(engine, model.ImageChecksum, status, nowUs);
            foreach (RelayEngine engine in _engines)
                if (status.IndexOf(engine.ModelId) < 0) Add(engine, imageChecksum: 0, status, nowUs);
        }
    }

    private void Add(RelayEngine engine, uint imageChecksum, StatusFrame status, long nowUs)
    {
        engine.Adverts.Fill(_advert, nowUs);
        engine.OnPublished(_advert);
        if (_advert.Count > 0 && status.ModelCount < StatusFrame.MaxModels) status.Add(engine.ModelId, imageChecksum).CopyFrom(_advert);
    }

    /// <summary>Adds engines for new models, and adopts the present costs.</summary>
    private void FollowModels()
    {
        foreach (ServedModel model in _models.Served) Ensure(model.Id, model);
        foreach (RelayEngine engine in _engines) engine.Follow(_models.ById(engine.ModelId));
    }

    private void Ensure(uint modelId, ServedModel? model)
    {
        if (Of(modelId) != null) return;
        if (_engines.Length >= StatusFrame.MaxModels) RemoveUnserved();
        // A model of this gateway's own gets an engine however many others advertise.
        if (model == null && _engines.Length >= StatusFrame.MaxModels) return;
        _engines = [.. _engines, new RelayEngine(modelId, model?.LongestLength ?? 0, Upstreams.NodeKey, _nextSession++, _measures)];
    }

    /// <summary>Removes the engines of models that no gateway computes any more.</summary>
    private void RemoveUnserved() => _engines = _engines.Where(engine => IsServed(engine) || _models.ById(engine.ModelId) != null).ToArray();

    private static bool IsServed(RelayEngine engine)
    {
        for (int i = 0; i < engine.Mapping.CandidateCount; i++)
            if (engine.Mapping.Candidate(i).IsServing) return true;
        return false;
    }
}
