using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Configuration;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Results;

/// <summary>Results that are wanted behind the gateway, over real brokers and with a real process that is killed.</summary>
public sealed class DeliveryTests
{
    private const uint Origin = 0xABCD;

    private ModelFolder _models = null!;
    private string _folder = null!;
    private ModelFile _model = null!;

    [SetUp]
    public void MakeFolders()
    {
        _models = new ModelFolder(("features.crime", TestModels.Features));
        _folder = Path.Combine(_models.Path, "results");
        _model = TestModels.Parse(TestModels.Features);
    }

    [TearDown]
    public void DeleteModels() => _models.Dispose();

    [Test]
    public async Task AnInputGetsAReceiptAndTheConsumerOneResult([Values] bool isEmbedded)
    {
        await using TestBroker? broker = isEmbedded ? null : await TestBroker.StartAsync();
        await using RunningGateway gateway = await RunningGateway.StartAsync(Options(broker));
        int port = broker?.Port ?? gateway.BrokerPort;
        await using ResultConsumer consumer = await ResultConsumer.ConnectAsync(port);
        await using TestBoard board = await TestBoard.ConnectAsync(port);
        RequestFrame request = Delivery(board, 1, 7);
        ResponseFrame receipt = await board.AskAsync(request);
        Assert.That((receipt.Code, receipt.Sequence, receipt.ClassCount), Is.EqualTo((ResponseCode.Accepted, request.Sequence, 0)));
        await consumer.UntilAsync(1);

        // A repeat gets a receipt, and so does a result that the board has computed meanwhile.
        RequestFrame repeat = Delivery(board, 1, 7, isRepeat: true);
        Assert.That((await board.AskAsync(repeat)).Code, Is.EqualTo(ResponseCode.Accepted));
        Assert.That((await SendResultAsync(board, 1)).Code, Is.EqualTo(ResponseCode.Accepted));
        // A result of another input of the board follows, so the consumer has what came before.
        Assert.That((await SendResultAsync(board, 2)).Code, Is.EqualTo(ResponseCode.Accepted));
        await consumer.UntilAsync(2);

        ResponseFrame answer = await board.AskAsync(board.Request(_model, 7));
        ResultFrame[] results = [.. consumer.Results];
        Assert.That(results.Select(result => (result.Input, result.Target, result.IsRepeat)), Is.EqualTo(new[]
        {
            (1u, Target.Gateway, false), (2u, Target.Local, false),
        }));
        Assert.That((results[0].Label, results[0].ClassCount, results[0].Origin), Is.EqualTo((answer.Label, answer.ClassCount, Origin)));
        Assert.That(results[0].Logits, Is.EqualTo(answer.Logits));
        Assert.That(results[1].Label, Is.EqualTo(3));
    }

    [Test]
    public async Task AGatewayWithoutAFolderRefuses()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path));
        await using TestBoard board = await TestBoard.ConnectAsync(gateway.BrokerPort);
        Assert.That((await board.AskAsync(Delivery(board, 1, 7))).Code, Is.EqualTo(ResponseCode.NoDelivery));
        Assert.That((await SendResultAsync(board, 1)).Code, Is.EqualTo(ResponseCode.NoDelivery));
    }

    /// <summary>A board must not be able to write results in the name of another.</summary>
    [Test]
    public async Task OnlyTheGatewayPublishesResults()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync(Options(null));
        await using ResultConsumer consumer = await ResultConsumer.ConnectAsync(gateway.BrokerPort);
        await using TestBoard board = await TestBoard.ConnectAsync(gateway.BrokerPort);
        await board.PublishAsync(Topics.Result("other"), new ResultFrame { Input = 9, Length = 1 }.Encode());
        Assert.That((await SendResultAsync(board, 2)).Code, Is.EqualTo(ResponseCode.Accepted));
        await consumer.UntilAsync(1);
        Assert.That(consumer.Results.Select(result => result.Input), Is.EqualTo(new[] { 2u }));
    }

    /// <summary>The process is killed while it has given receipts and has not published all results.</summary>
    [Test]
    public async Task AKilledGatewayPublishesWhatItHasAccepted()
    {
        const int count = 200;
        await using TestBroker broker = await TestBroker.StartAsync();
        await using ResultConsumer consumer = await ResultConsumer.ConnectAsync(broker.Port);
        await using TestBoard board = await TestBoard.ConnectAsync(broker.Port);
        // Until the kill the broker refuses results, so that receipts are surely first.
        bool refuses = true;
        broker.Server.InterceptingPublishAsync += e =>
        {
            if (!refuses || !Topics.IsResult(e.ApplicationMessage.Topic, out _)) return Task.CompletedTask;
            e.ProcessPublish = false;
            e.Response.ReasonCode = MqttPubAckReasonCode.QuotaExceeded;
            return Task.CompletedTask;
        };
        var accepted = new HashSet<uint>();
        int publishedBefore;
        await using (GatewayProcess gateway = await StartProcessAsync(broker.Port))
        {
            var inputs = new Dictionary<uint, uint>();
            for (uint input = 1; input <= count; input++)
            {
                RequestFrame request = Delivery(board, input, FrameFormat.MaxLength);
                inputs[request.Sequence] = input;
                await board.SendUnacknowledgedAsync(request, RunningGateway.Id);
            }
            while (accepted.Count < 4)
            {
                ResponseFrame receipt = await board.ResponseAsync();
                if (receipt.Code == ResponseCode.Accepted) accepted.Add(inputs[receipt.Sequence]);
            }
            gateway.Kill();
            publishedBefore = consumer.Results.Count;
            while (await board.ResponseWithinAsync(500) is { } late)
                if (late.Code == ResponseCode.Accepted) accepted.Add(inputs[late.Sequence]);
        }
        TestContext.Out.WriteLine($"{accepted.Count} receipts and {publishedBefore} results before the kill");
        Assert.That(publishedBefore, Is.Zero);
        // Not earlier: the broker still had messages of the killed process, whose acknowledgements nobody would have received.
        refuses = false;
        await using GatewayProcess next = await StartProcessAsync(broker.Port);
        await Deadline.UntilAsync(() => accepted.IsSubsetOf(consumer.Results.Select(result => result.Input)), "a result of every receipt");
        foreach (uint input in accepted)
        {
            ResultFrame[] results = [.. consumer.Results.Where(result => result.Input == input)];
            Assert.That(results, Has.Length.EqualTo(1), $"input {input}");
            Assert.That(results.All(result => result.IsComputed), Is.True);
        }
        // A repeat after the restart is recognised.
        Assert.That((await board.AskAsync(Delivery(board, accepted.First(), FrameFormat.MaxLength, isRepeat: true))).Code, Is.EqualTo(ResponseCode.Accepted));
    }

    /// <summary>Prints the cost of a receipt; the figures are in docs/decisions/0018.</summary>
    [Test]
    public async Task AReceiptIsGivenSoon([Values] ResultsFlush flush)
    {
        const int count = 200;
        await using RunningGateway gateway = await RunningGateway.StartAsync(Options(null) with { ResultsFlush = flush });
        await using TestBoard board = await TestBoard.ConnectAsync(gateway.BrokerPort);
        var waitsUs = new List<uint>();
        var elapsed = Stopwatch.StartNew();
        for (uint input = 1; input <= count; input++)
        {
            ResponseFrame receipt = await board.AskAsync(Delivery(board, input, 20));
            Assert.That(receipt.Code, Is.EqualTo(ResponseCode.Accepted));
            waitsUs.Add(receipt.WaitUs);
        }
        waitsUs.Sort();
        TestContext.Out.WriteLine(
            $"{flush}: until the receipt median {waitsUs[count / 2]} us, 99 % {waitsUs[count * 99 / 100]} us; "
            + $"{elapsed.Elapsed.TotalMilliseconds / count:0.00} ms with the broker");
    }

    private GatewayOptions Options(TestBroker? broker) => RunningGateway.Options(_models.Path, broker) with { ResultsFolder = _folder };

    private async Task<GatewayProcess> StartProcessAsync(int brokerPort)
    {
        int httpPort = Ports.Free();
        GatewayProcess gateway = GatewayProcess.Start(
            "--Broker:Mode=external", "--Broker:Host=127.0.0.1", $"--Broker:Port={brokerPort}", $"--Http:Port={httpPort}", $"--Node:Id={RunningGateway.Id}",
            $"--Models:Folder={_models.Path}", $"--Results:Folder={_folder}", "--Workers:Count=1");
        await GatewayHttp.UntilHealthyAsync(httpPort);
        return gateway;
    }

    private RequestFrame Delivery(TestBoard board, uint input, int length, bool isRepeat = false)
    {
        RequestFrame request = board.Request(_model, length);
        request.WantsReceipt = true;
        request.Origin = Origin;
        request.Input = input;
        request.IsRepeat = isRepeat;
        return request;
    }

    private static async Task<ResponseFrame> SendResultAsync(TestBoard board, uint input)
    {
        var result = new ResultFrame { Session = board.Session, Sequence = 1000 + input, Origin = Origin, Input = input, Length = 5, Label = 3 };
        await board.PublishUnacknowledgedAsync(Topics.Request(RunningGateway.Id, "board"), result.Encode());
        return await board.ResponseAsync();
    }
}
