// Keeps accepted inputs until their results are published. A thread writes everything that has come meanwhile with one flush.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Crime.Gateway.Configuration;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Results;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Results;
using Crime.Gateway.Timing;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Serving;

/// <summary>The store of a gateway's deliveries. Thread-safe.</summary>
public sealed class ResultStore : IDisposable
{
    private readonly string _folder;
    private readonly bool _isFlushed;
    private readonly RequestPool _pool;
    private readonly TimeProvider _time;
    private readonly ILogger<ResultStore> _log;
    private readonly BlockingCollection<(DeliveryItem Item, JournalRecord Record)> _work = [];

    // Accepted inputs without a published result. Used by the writing thread.
    private readonly Dictionary<ResultKey, JournalRecord> _live = [];
    private readonly MemoryStream _buffer = new();
    private GatewayCore _core = null!;
    private ResultJournal? _journal;
    private Thread? _thread;
    private bool _isFailing;

    /// <summary>Makes a store that is not open.</summary>
    /// <param name="options">The folder.</param>
    /// <param name="pool">Unused request objects.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives failures.</param>
    public ResultStore(GatewayOptions options, RequestPool pool, TimeProvider time, ILogger<ResultStore> log)
    {
        _folder = options.ResultsFolder;
        _isFlushed = options.ResultsFlush == ResultsFlush.Disk;
        _pool = pool;
        _time = time;
        _log = log;
    }

    /// <summary>Opens the store, and gives the core what a former start has left. Without a folder nothing is stored, and no receipts are given.</summary>
    /// <param name="core">Decides.</param>
    public void Start(GatewayCore core)
    {
        _core = core;
        var records = new List<JournalRecord>();
        try
        {
            if (_folder.Length == 0) return;
            (_journal, long damagedBytes) = ResultJournal.Open(_folder, records);
            Restore(records);
            if (_live.Count > 0 || damagedBytes > 0) _log.ResultsRestored(_live.Count, damagedBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.ResultsNotStored(_folder, e.Message);
        }
        if (_journal == null) return;
        _thread = new Thread(Run) { Name = "results", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Stores an item, and reports that to the core.</summary>
    public void Store(DeliveryItem item)
    {
        if (_thread == null)
        {
            _core.Results.OnStored(item, isStored: false, _time.NowUs());
            return;
        }
        byte[] frame = item.Request?.Frame.Encode() ?? item.Result!.Encode();
        _work.Add((item, new JournalRecord(JournalKind.Accepted, item.Key, _time.GetUtcNow().ToUnixTimeMilliseconds(), frame)));
    }

    /// <summary>Notes that the result of an item was published.</summary>
    public void Forget(DeliveryItem item)
    {
        if (_thread != null && !_work.IsAddingCompleted) _work.Add((item, new JournalRecord(JournalKind.Published, item.Key, 0, [])));
    }

    /// <summary>Writes what has come, and ends the thread.</summary>
    public void Stop()
    {
        _work.CompleteAdding();
        _thread?.Join();
        _journal?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _work.Dispose();
        _buffer.Dispose();
    }

    private void Run()
    {
        var group = new List<(DeliveryItem Item, JournalRecord Record)>();
        foreach (var first in _work.GetConsumingEnumerable())
        {
            group.Clear();
            group.Add(first);
            while (group.Count < ResultDelivery.MaxItems && _work.TryTake(out var next)) group.Add(next);
            bool isStored = TryAppend(group);
            foreach (var (item, record) in group)
                if (record.Kind == JournalKind.Accepted) _core.Results.OnStored(item, isStored, _time.NowUs());
        }
    }

    private bool TryAppend(List<(DeliveryItem Item, JournalRecord Record)> group)
    {
        bool hasAccepted = false;
        _buffer.SetLength(0);
        foreach (var (_, record) in group)
        {
            ResultJournal.Write(_buffer, record);
            hasAccepted |= record.Kind == JournalKind.Accepted;
        }
        try
        {
            // A published key that a power cut loses makes a repeat with its flag, which costs no receipt.
            _journal!.Append(_buffer, hasAccepted && _isFlushed);
            Keep(group);
            if (_journal.SizeBytes > ResultJournal.MaxSizeBytes) Rewrite();
            if (_isFailing) _log.ResultsStoredAgain(_folder);
            _isFailing = false;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing) _log.ResultsNotStored(_folder, e.Message);
            _isFailing = true;
            return false;
        }
    }

    private void Keep(List<(DeliveryItem Item, JournalRecord Record)> group)
    {
        foreach (var (_, record) in group)
        {
            if (record.Kind == JournalKind.Accepted) _live[record.Key] = record;
            else _live.Remove(record.Key);
        }
    }

    private void Rewrite()
    {
        _buffer.SetLength(0);
        foreach (ResultKey key in _core.Results.PublishedKeys()) ResultJournal.Write(_buffer, new JournalRecord(JournalKind.Published, key, 0, []));
        foreach (JournalRecord record in _live.Values) ResultJournal.Write(_buffer, record);
        _journal!.Rewrite(_buffer);
    }

    private void Restore(List<JournalRecord> records)
    {
        long nowUs = _time.NowUs(), nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (JournalRecord record in records)
        {
            if (record.Kind == JournalKind.Accepted)
            {
                _live[record.Key] = record;
                continue;
            }
            _live.Remove(record.Key);
            _core.Results.Restore(record.Key, nowUs);
        }
        foreach (JournalRecord record in _live.Values)
            if (ItemOf(record, nowMs, nowUs) is { } item) _core.Results.Restore(item);
    }

    private DeliveryItem? ItemOf(JournalRecord record, long nowMs, long nowUs)
    {
        uint elapsedMs = (uint)Math.Clamp(nowMs - record.AcceptedAtMs, 0, int.MaxValue);
        var result = new Frames.ResultFrame();
        if (result.Decode(record.Frame) == Frames.FrameError.None)
            return new DeliveryItem(record.Key, record.Frame.Length) { Result = result, AgeMs = result.AgeMs + elapsedMs, ArrivedUs = nowUs };
        BoardRequest request = _pool.Rent();
        if (request.Frame.Decode(record.Frame) != Frames.FrameError.None)
        {
            _pool.Return(request);
            return null;
        }
        request.Sender = record.Key.Board;
        return new DeliveryItem(record.Key, record.Frame.Length) { Request = request, AgeMs = request.Frame.AgeMs + elapsedMs, ArrivedUs = nowUs };
    }
}
