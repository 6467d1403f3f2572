// Writes answers, with what the gateway knows of its load at that moment.

using System;
using Crime.FixedPoint;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Model;

namespace Crime.Gateway.Serving;

/// <summary>Answers and refuses requests. Each thread has its own: the frame is used again and again.</summary>
public sealed class Responder
{
    private readonly ResponseFrame _frame = new() { Logits = new short[ModelFormat.MaxClasses] };
    private readonly LoadMeter _load;
    private readonly Outbox _outbox;
    private readonly GatewayCounters _counters;

    /// <summary>Makes a responder for one thread.</summary>
    public Responder(LoadMeter load, Outbox outbox, GatewayCounters counters)
    {
        _load = load;
        _outbox = outbox;
        _counters = counters;
    }

    /// <summary>Sends a result.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="label">The class found.</param>
    /// <param name="logits">The logits, all classes.</param>
    /// <param name="waitUs">Time it waited.</param>
    /// <param name="serviceUs">Time it took to compute.</param>
    /// <param name="isOneOfMany">Whether there are others to be answered at the same time.</param>
    public void Answer(PendingRequest request, int label, ReadOnlySpan<float> logits, uint waitUs, uint serviceUs, bool isOneOfMany)
    {
        float largest = 0;
        foreach (float logit in logits) largest = MathF.Max(largest, MathF.Abs(logit));
        _frame.Label = label;
        _frame.ClassCount = logits.Length;
        _frame.FractionBits = QFormat.FractionBitsFor(largest);
        for (int i = 0; i < logits.Length; i++) _frame.Logits[i] = QFormat.FromFloat(logits[i], _frame.FractionBits);
        Send(request, ResponseCode.Ok, waitUs, serviceUs, isOneOfMany);
        _counters.RecordAnswer(waitUs, serviceUs);
    }

    /// <summary>Sends what another gateway has found.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="response">The other gateway's answer.</param>
    /// <param name="nowUs">The time: what was not spent computing was spent waiting.</param>
    public void Pass(PendingRequest request, ResponseFrame response, long nowUs)
    {
        _frame.Label = response.Label;
        _frame.ClassCount = response.ClassCount;
        _frame.FractionBits = response.FractionBits;
        Array.Copy(response.Logits, _frame.Logits, response.ClassCount);
        _frame.RelayCount = Math.Min(response.RelayCount + 1, CostAdvert.MaxPathNodes);
        uint sinceArrivalUs = request.WaitUs(nowUs);
        Send(request, ResponseCode.Ok, sinceArrivalUs - Math.Min(response.ServiceUs, sinceArrivalUs), response.ServiceUs, isOneOfMany: false);
        _frame.RelayCount = 0;
    }

    /// <summary>Sends a refusal.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="code">Why not.</param>
    /// <param name="waitUs">Time it waited before it was refused.</param>
    public void Refuse(PendingRequest request, ResponseCode code, uint waitUs)
    {
        _frame.Label = _frame.ClassCount = _frame.FractionBits = 0;
        Send(request, code, waitUs, serviceUs: 0, isOneOfMany: false);
    }

    private void Send(PendingRequest request, ResponseCode code, uint waitUs, uint serviceUs, bool isOneOfMany)
    {
        _frame.Code = code;
        _frame.Session = request.Frame.Session;
        _frame.Sequence = request.Frame.Sequence;
        _frame.WaitUs = waitUs;
        _frame.ServiceUs = serviceUs;
        _frame.Depth = _load.DepthFor(request.Reply);
        _frame.BacklogUs = _load.BacklogUsFor(request.Reply);
        _outbox.Send(request.Reply.Topic, _frame.Encode(), isRetained: false, isOneOfMany);
        CounterOf(code).Increment();
    }

    private Counter CounterOf(ResponseCode code) => code switch
    {
        ResponseCode.Ok => _counters.Answered,
        ResponseCode.QueueFull => _counters.QueueFull,
        ResponseCode.TooLate => _counters.TooLate,
        ResponseCode.UnknownModel => _counters.UnknownModel,
        ResponseCode.WrongInput => _counters.WrongInput,
        _ => _counters.Stopping,
    };
}
