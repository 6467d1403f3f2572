// The engines of all models that this gateway has or knows of, and what they make of it a status tells.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Threading;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Models;
using Crime.Gateway.Serving;

namespace Crime.Gateway.Upstream;

/// <summary>One engine per model; none at all where there are no gateways behind this one. Thread-safe.</summary>
public sealed class RelayEngines
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<uint, RelayEngine> _byModel = new();
    private readonly StatusFrame _received = new();
    private readonly CostAdvert _advert = new();
    private readonly ModelRegistry _models;
    private readonly TimeProvider _time;
    private readonly uint _nodeKey;
    private uint _nextSession = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));

    /// <summary>Makes engines that know of nobody.</summary>
    public RelayEngines(GatewayOptions options, ModelRegistry models, TimeProvider time)
    {
        _models = models;
        _time = time;
        _nodeKey = NodeKey.Of(options.NodeId);
        AreUsed = options.Upstreams.Count > 0;
    }

    /// <summary>Whether there are gateways that requests may be passed on to.</summary>
    public bool AreUsed { get; }

    /// <summary>The engine of a model, or null.</summary>
    public RelayEngine? Of(uint modelId) => _byModel.GetValueOrDefault(modelId);

    /// <summary>Takes a status.</summary>
    /// <param name="node">Whose.</param>
    /// <param name="bytes">Foreign bytes.</param>
    /// <param name="isOnline">Whether that node says that it is there.</param>
    /// <returns>False when it cannot be read.</returns>
    public bool TryReceiveStatus(string node, byte[] bytes, out bool isOnline)
    {
        lock (_lock)
        {
            isOnline = false;
            if (_received.Decode(bytes) != FrameError.None) return false;
            isOnline = _received.Online;
            for (int i = 0; isOnline && i < _received.ModelCount; i++) Ensure(_received.ModelId[i], _models.ById(_received.ModelId[i]));
            long now = _time.NowUs();
            foreach (RelayEngine engine in _byModel.Values) engine.Mapping.OnStatus(node, _received, now);
            return true;
        }
    }

    /// <summary>Takes the answer to a ping.</summary>
    public void OnPong(PongFrame pong)
    {
        long now = _time.NowUs();
        foreach (RelayEngine engine in _byModel.Values)
            if (engine.Session == pong.Session) engine.Mapping.OnPong(pong, now);
    }

    /// <summary>A connection to a broker was lost or is new: every link has to prove itself.</summary>
    public void OnConnectionChanged()
    {
        long now = _time.NowUs();
        foreach (RelayEngine engine in _byModel.Values) engine.Mapping.OnConnectionChanged(now);
    }

    /// <summary>The pings that are due now, noted as sent.</summary>
    public IEnumerable<(string Node, PingFrame Ping)> DuePings()
    {
        long now = _time.NowUs();
        foreach (RelayEngine engine in _byModel.Values)
        {
            while (engine.Mapping.TakePing(now, isWanted: false, extraSizeBytes: 0, out uint sequence) is { } gateway)
                yield return (gateway.Id, new PingFrame { Session = engine.Session, Sequence = sequence });
        }
    }

    /// <summary>Whether something else would be told than was told last.</summary>
    public bool HasNews()
    {
        if (!AreUsed) return false;
        lock (_lock)
        {
            FollowModels();
            long now = _time.NowUs();
            foreach (RelayEngine engine in _byModel.Values)
            {
                engine.Mapping.FillAdvert(_advert, now);
                if (engine.IsNews(_advert)) return true;
            }
            return false;
        }
    }

    /// <summary>Adds all models to a status: those that this gateway has, and those that it only reaches.</summary>
    public void AddModels(StatusFrame status)
    {
        lock (_lock)
        {
            FollowModels();
            long now = _time.NowUs();
            IReadOnlyList<GatewayModel> own = _models.Models;
            foreach (GatewayModel model in own) Add(_byModel[model.Id], model.ImageChecksum, status, now);
            foreach (RelayEngine engine in _byModel.Values)
                if (own.All(model => model.Id != engine.ModelId)) Add(engine, imageChecksum: 0, status, now);
        }
    }

    private void Add(RelayEngine engine, uint imageChecksum, StatusFrame status, long nowUs)
    {
        engine.Mapping.FillAdvert(_advert, nowUs);
        engine.OnTold(_advert);
        if (_advert.Count > 0 && status.ModelCount < StatusFrame.MaxModels) status.Add(engine.ModelId, imageChecksum).CopyFrom(_advert);
    }

    /// <summary>Makes the engines agree with the models that are there now.</summary>
    private void FollowModels()
    {
        foreach (GatewayModel model in _models.Models) Ensure(model.Id, model);
        foreach (RelayEngine engine in _byModel.Values) engine.Follow(_models.ById(engine.ModelId));
    }

    private void Ensure(uint modelId, GatewayModel? model)
    {
        if (_byModel.ContainsKey(modelId)) return;
        if (_byModel.Count >= StatusFrame.MaxModels) MakeRoom();
        // A model of this gateway's own gets an engine whatever others tell.
        if (model == null && _byModel.Count >= StatusFrame.MaxModels) return;
        _byModel[modelId] = new RelayEngine(modelId, model?.Weights.LongestLength ?? 0, _nodeKey, _nextSession++);
    }

    /// <summary>Forgets the models that nobody has any more.</summary>
    private void MakeRoom()
    {
        foreach (RelayEngine engine in _byModel.Values)
        {
            bool isServed = Enumerable.Range(0, engine.Mapping.CandidateCount).Any(i => engine.Mapping.Candidate(i).IsServing);
            if (!isServed && _models.ById(engine.ModelId) == null) _byModel.TryRemove(engine.ModelId, out _);
        }
    }
}
