// Looks for a newer model in the background: an inference never waits for a download.

using System;
using System.Threading;
using Crime.Device.Memory;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Model;

namespace Crime.Device.Models;

/// <summary>Fetches the board's model when it is missing or older than the gateway's.</summary>
public sealed class ModelUpdater
{
    /// <summary>Wait after a failed attempt, in ms.</summary>
    public const int RetryMs = 2000;

    /// <summary>Time between two looks at a gateway that had nothing new, in ms.</summary>
    public const int IntervalMs = 600_000;

    private readonly object _lock = new object();
    private readonly BoardSettings _settings;
    private readonly SerialConsole _console;
    private readonly LinkKeeper _link;
    private readonly MemoryPlan _memory;
    private uint _checksum;
    private ModelFile _newModel;

    /// <summary>Makes the updater; <see cref="Start"/> starts its thread.</summary>
    /// <param name="settings">The board's settings.</param>
    /// <param name="console">For what happened.</param>
    /// <param name="link">Tells when the network is up.</param>
    /// <param name="memory">Notes where memory ran out.</param>
    /// <param name="current">The model on the board, or null.</param>
    public ModelUpdater(BoardSettings settings, SerialConsole console, LinkKeeper link, MemoryPlan memory, ModelFile current)
    {
        _memory = memory;
        _settings = settings;
        _console = console;
        _link = link;
        _checksum = current == null ? 0 : current.Checksum;
    }

    /// <summary>Starts the thread, unless downloads are switched off.</summary>
    public void Start()
    {
        if (_settings.HttpPort > 0 && _settings.BrokerHost.Length > 0) new Thread(Run).Start();
    }

    /// <summary>A model that has arrived since the last call, or null.</summary>
    public ModelFile TakeNewModel()
    {
        lock (_lock)
        {
            ModelFile model = _newModel;
            _newModel = null;
            return model;
        }
    }

    private void Run()
    {
        string host = _settings.HttpHost.Length > 0 ? _settings.HttpHost : _settings.BrokerHost;
        string lastProblem = null;
        while (true)
        {
            if (!_link.IsNetworkUp)
            {
                Thread.Sleep(LinkKeeper.TickMs);
                continue;
            }
            string problem = Update(host);
            // The same complaint every few seconds would drown the readings.
            if (problem != null && problem != lastProblem) _console.WriteLine("model: " + problem);
            lastProblem = problem;
            Thread.Sleep(problem == null ? IntervalMs : RetryMs);
        }
    }

    /// <returns>Why there is no new model, although there may be one at the gateway; null when all is well.</returns>
    private string Update(string host)
    {
        try
        {
            byte[] bytes = ModelDownload.Fetch(host, _settings.HttpPort, _settings.ModelName, _checksum, _memory, out string problem);
            return bytes == null ? problem : Accept(bytes);
        }
        catch (OutOfMemoryException)
        {
            _memory.OnShortage("the model's update");
            return "the new model needs more memory than is free";
        }
    }

    private string Accept(byte[] bytes)
    {
        string problem = ModelStore.Replace(bytes, out ModelFile model);
        if (problem != null) return "the download was refused, the old model stays: " + problem;
        lock (_lock)
        {
            _checksum = model.Checksum;
            _newModel = model;
        }
        return null;
    }
}
