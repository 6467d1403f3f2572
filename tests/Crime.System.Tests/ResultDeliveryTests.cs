// Results that are wanted behind the gateway: a virtual board over real MQTT, a real gateway process, and a broker that loses receipts.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A consumer gets one result of each input, although receipts are lost.</summary>
public sealed class ResultDeliveryTests : KeptInputSite
{
    private const int FirstLength = 190;
    private const int LostReceipts = 5;

    private readonly ConcurrentQueue<ResultFrame> _results = new();
    private readonly ConcurrentQueue<uint> _jsonResults = new();
    private int _lostReceipts;

    /// <inheritdoc/>
    protected override string[] MoreGatewayOptions => [$"--Results:Folder={Path.Combine(Site.Models, "results")}"];

    [SetUp]
    public void Reset()
    {
        _results.Clear();
        _jsonResults.Clear();
        _lostReceipts = 0;
    }

    /// <summary>A batch at a report: the requests without a receipt are repeated, and the gateway recognises them.</summary>
    [Test]
    public async Task KeptInputsAreDeliveredOnce()
    {
        List<LabelledSequence> inputs = Inputs(FirstLength, 10);
        List<string> lines = await RunAsync(inputs, "sleep=light\ninputs.result-within-ms=at-report\nreport.every-ms=2500\n");
        string[] readings = [.. lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal))];
        Assert.That(readings, Has.Length.EqualTo(inputs.Count));
        Assert.That(readings.Count(line => line.Contains(" at=gateway class=- ", StringComparison.Ordinal)), Is.GreaterThanOrEqualTo(inputs.Count / 2));
        AssertDelivered(inputs, Target.Gateway);
    }

    /// <summary>Every sleep wipes the memory: the key of an input comes back from the flash.</summary>
    [Test]
    public async Task DeepSleepsKeepTheKeys()
    {
        List<LabelledSequence> inputs = Inputs(FirstLength, 6);
        await RunAsync(inputs, "sleep=deep\ninputs.interval-ms=1100\ninputs.result-within-ms=at-report\nreport.every-ms=4000\n");
        AssertDelivered(inputs, Target.Gateway);
        Assert.That(_results.Select(result => result.Origin).Distinct().Count(), Is.EqualTo(1));
    }

    /// <summary>An associated board computes everything, and its own results go to the gateway.</summary>
    [Test]
    public async Task OwnResultsAreDeliveredOnce()
    {
        List<LabelledSequence> inputs = Inputs(FirstLength, 6);
        List<string> lines = await RunAsync(inputs, "radio=modem\nmapping=local\n");
        string[] readings = [.. lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal))];
        Assert.That(readings, Has.Length.EqualTo(inputs.Count).And.All.Contains(" at=local "));
        AssertDelivered(inputs, Target.Local);
    }

    /// <inheritdoc/>
    protected override bool Withholds() => Interlocked.Increment(ref _lostReceipts) <= LostReceipts;

    /// <inheritdoc/>
    protected override void OnMessage(string topic, byte[] payload)
    {
        if (topic == BoardTopics.Result(BoardId))
        {
            using JsonDocument json = JsonDocument.Parse(payload);
            Assert.That(json.RootElement.GetProperty("class").ValueKind, Is.EqualTo(JsonValueKind.String));
            _jsonResults.Enqueue(json.RootElement.GetProperty("input").GetUInt32());
        }
        var result = new ResultFrame();
        if (!Topics.IsResult(topic, out _)) return;
        Assert.That(result.Decode(payload), Is.EqualTo(FrameError.None));
        _results.Enqueue(result);
    }

    private async Task<List<string>> RunAsync(List<LabelledSequence> inputs, string settings)
    {
        await ServeAsync();
        WriteFlash(inputs, "result.to=gateway\ninputs.interval-ms=400\n" + settings);
        using Board board = Power();
        List<string> lines = await ReadUntilAsync(board, "END ");
        TestContext.Out.WriteLine(string.Join('\n', lines));
        // The gateway publishes after the receipt.
        await Deadline.UntilAsync(() => _results.Select(result => result.Input).Distinct().Count() == inputs.Count, "a result of each input");
        await Deadline.UntilAsync(() => _jsonResults.Distinct().Count() == inputs.Count, "JSON of each input");
        return lines;
    }

    private void AssertDelivered(List<LabelledSequence> inputs, Target most)
    {
        ResultFrame[] results = [.. _results.OrderBy(result => result.Input)];
        Assert.That(_jsonResults.Order(), Is.EqualTo(inputs.Select((_, i) => (uint)i)), "JSON of each input, once");
        Assert.That(_lostReceipts, Is.GreaterThan(LostReceipts), "receipts were lost");
        Assert.That(results.Select(result => result.Input), Is.EqualTo(inputs.Select((_, i) => (uint)i)));
        Assert.That(results.Select(result => result.Length), Is.EqualTo(inputs.Select(input => input.Length)));
        Assert.That(results.Select(result => result.Label), Is.EqualTo(inputs.Select(LabelOf)));
        Assert.That(results.Count(result => result.Target == most), Is.GreaterThanOrEqualTo(inputs.Count / 2));
    }
}
