// Executes the decisions about results: the store, receipts to boards, and results to the broker at QoS 1 and as JSON.

using System;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Broker;
using Crime.Gateway.Core;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using Crime.Gateway.Core.Results;
using Crime.Gateway.Signals;
using Crime.Gateway.Timing;
using Crime.Model;
using MQTTnet;
using MQTTnet.Protocol;

namespace Crime.Gateway.Serving;

/// <summary>The outputs of deliveries. Thread-safe.</summary>
public sealed class ResultActions : IResultActions, IResultSender
{
    private const int AcknowledgeTimeoutMs = 10_000;

    [ThreadStatic]
    private static ResponseFrame? s_frame;

    private readonly ResultStore _store;
    private readonly Outbox _outbox;
    private readonly ResultReporter _reporter;
    private readonly DriverSignals _signals;
    private readonly TimeProvider _time;
    private GatewayCore _core = null!;
    private volatile IMqttClient? _client;

    /// <summary>Makes the outputs.</summary>
    /// <param name="store">Keeps accepted inputs.</param>
    /// <param name="outbox">Sends receipts.</param>
    /// <param name="reporter">Publishes results as JSON.</param>
    /// <param name="signals">Wake the clock when a connection is usable.</param>
    /// <param name="time">The clock.</param>
    public ResultActions(ResultStore store, Outbox outbox, ResultReporter reporter, DriverSignals signals, TimeProvider time)
    {
        _store = store;
        _outbox = outbox;
        _reporter = reporter;
        _signals = signals;
        _time = time;
    }

    /// <summary>Opens the store, and sets the core. To be called before the first request.</summary>
    public void Start(GatewayCore core)
    {
        _core = core;
        _store.Start(core);
    }

    /// <summary>Closes the store.</summary>
    public void Stop() => _store.Stop();

    /// <inheritdoc/>
    public void SetClient(IMqttClient? client)
    {
        _client = client;
        if (client != null) _signals.Status.Set();
    }

    /// <inheritdoc/>
    public void Store(DeliveryItem item) => _store.Store(item);

    /// <inheritdoc/>
    public void SendReceipt(string board, uint session, uint sequence, in Reply reply)
    {
        var frame = new ResponseFrame
        {
            Code = reply.Code, Session = session, Sequence = sequence, WaitUs = reply.WaitUs, Depth = reply.Load.Depth, BacklogUs = reply.Load.BacklogUs,
        };
        _outbox.Send(Topics.Response(board), frame.Encode(), isRetained: false);
    }

    /// <inheritdoc/>
    public void FillResult(PendingRequest request, in Reply reply, ResultFrame result)
    {
        ResponseFrame frame = s_frame ??= new ResponseFrame { Logits = new short[ModelFormat.MaxClasses] };
        ResponseFrame source = reply.Upstream ?? frame;
        if (reply.Upstream == null) CoreActions.WriteResult(frame, (BoardRequest)request);
        result.Label = source.Label;
        result.FractionBits = source.FractionBits;
        result.ClassCount = source.ClassCount;
        result.Logits = source.Logits.AsSpan(0, source.ClassCount).ToArray();
        result.LabelCount = source.LabelCount;
        if (source.LabelCount > 0) result.Labels = source.Labels.AsSpan(0, source.LabelCount).ToArray();
    }

    /// <inheritdoc/>
    public void Publish(DeliveryItem item, byte[] payload)
    {
        if (_client is { } client) _ = PublishAsync(client, item, payload);
        else _core.Results.OnNotPublished(item, mayBePublished: false);
    }

    /// <inheritdoc/>
    public void Forget(DeliveryItem item) => _store.Forget(item);

    private async Task PublishAsync(IMqttClient client, DeliveryItem item, byte[] payload)
    {
        var message = new MqttApplicationMessage
        {
            Topic = Topics.Result(item.Key.Board), PayloadSegment = payload, QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
        };
        bool isPublished = false;
        try
        {
            using var limit = new CancellationTokenSource(AcknowledgeTimeoutMs);
            isPublished = (await client.PublishAsync(message, limit.Token)).IsSuccess;
        }
        catch (Exception)
        {
            // The connection has ended: the result goes by the next one.
        }
        if (!isPublished)
        {
            _core.Results.OnNotPublished(item, mayBePublished: true);
            return;
        }
        _core.Results.OnPublished(item, _time.NowUs());
        _reporter.Report(item);
    }
}
