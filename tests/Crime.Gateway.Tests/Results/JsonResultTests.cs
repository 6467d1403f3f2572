using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Boards;
using Crime.Gateway.Broker;
using Crime.Gateway.Configuration;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Results;

/// <summary>Results as JSON, over real brokers.</summary>
public sealed class JsonResultTests
{
    private const uint Origin = 0xABCD;

    private ModelFolder _models = null!;
    private ModelFile _model = null!;

    [SetUp]
    public void MakeFolder()
    {
        _models = new ModelFolder(("features.crime", TestModels.Features));
        _model = TestModels.Parse(TestModels.Features);
    }

    [TearDown]
    public void DeleteModels() => _models.Dispose();

    [Test]
    public async Task EachReportedResultIsOneMessageWithNames([Values] bool isEmbedded)
    {
        await using TestBroker? broker = isEmbedded ? null : await TestBroker.StartAsync();
        await using RunningGateway gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path, broker));
        int port = broker?.Port ?? gateway.BrokerPort;
        await using JsonReader reader = await JsonReader.ConnectAsync(port);
        await using TestBoard board = await TestBoard.ConnectAsync(port);
        await board.PublishAsync(Topics.Presence("board"), new PresenceFrame { Online = true, ModelId = _model.Id }.Encode(), isRetained: true);
        await Deadline.UntilAsync(() => gateway.Part<BoardList>().ModelIdOf("board", TelemetryRecord.TagOf(_model.Id)) == _model.Id, "the presence");

        var records = new TelemetryBuffer();
        records.Add(Record(7, label: 1, TelemetryRecord.TagOf(_model.Id)), 0);
        records.Add(Record(8, label: 0, TelemetryRecord.TagOf(_model.Id) ^ 1), 0);
        // The gateway publishes this one itself.
        records.Add(Record(9, ResultJson.UnknownLabel, TelemetryRecord.TagOf(_model.Id)), 0);
        await board.PingAsync(records);
        await Deadline.UntilAsync(() => reader.Count >= 2, "two results");
        await board.PingAsync();

        JsonElement[] results = reader.Results;
        Assert.That(results.Select(result => result.GetProperty("input").GetInt32()), Is.EqualTo(new[] { 7, 8 }));
        Assert.That(results[0].GetProperty("board").GetString(), Is.EqualTo("board"));
        Assert.That(results[0].GetProperty("class").GetString(), Is.EqualTo(_model.ClassNames[1]));
        Assert.That(results[0].GetProperty("class_index").GetInt32(), Is.EqualTo(1));
        Assert.That(results[0].GetProperty("model").GetString(), Is.EqualTo("features"));
        Assert.That(results[0].GetProperty("target").GetString(), Is.EqualTo("local"));
        Assert.That(results[0].GetProperty("time_ms").GetDouble(), Is.EqualTo(19.591));
        Assert.That(results[0].GetProperty("energy_mj").GetDouble(), Is.EqualTo(1.214));
        Assert.That(results[0].GetProperty("confidence_per_mille").GetInt32(), Is.EqualTo(963));
        Assert.That(results[0].GetProperty("break_even_length").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(DateTime.UtcNow - results[0].GetProperty("utc").GetDateTime(), Is.LessThan(TimeSpan.FromMinutes(5)).And.GreaterThan(TimeSpan.FromMinutes(-1)));
        // A model that the gateway does not know has no names.
        Assert.That((results[1].GetProperty("class").ValueKind, results[1].GetProperty("model").ValueKind), Is.EqualTo((JsonValueKind.Null, JsonValueKind.Null)));
    }

    /// <summary>Inputs whose result the gateway publishes, at its own broker and at Mosquitto. The board reports them as well, before and afterwards.</summary>
    [Test]
    public async Task APublishedResultIsOneMessageToo([Values] bool isEmbedded)
    {
        await using Mosquitto? broker = isEmbedded ? null : await Mosquitto.StartAsync(Ports.Free());
        GatewayOptions options = RunningGateway.Options(_models.Path) with { ResultsFolder = Path.Combine(_models.Path, "results") };
        if (broker != null) options = options with { Broker = new BrokerOptions(BrokerMode.External, "127.0.0.1", broker.Port, "", "") };
        await using RunningGateway gateway = await RunningGateway.StartAsync(options);
        await using JsonReader reader = await JsonReader.ConnectAsync(options.Broker.Port);
        await using TestBoard board = await TestBoard.ConnectAsync(options.Broker.Port);
        await board.PublishAsync(Topics.Presence("board"), new PresenceFrame { Online = true, ModelId = _model.Id }.Encode(), isRetained: true);
        int tag = TelemetryRecord.TagOf(_model.Id);
        await Deadline.UntilAsync(() => gateway.Part<BoardList>().ModelIdOf("board", tag) == _model.Id, "the presence");

        // After a deep sleep the origin of an input is another session than the one of the board's frames.
        RequestFrame request = board.Request(_model, 7);
        (request.WantsReceipt, request.Origin, request.Input) = (true, Origin, 20);
        Assert.That((await board.AskAsync(request)).Code, Is.EqualTo(ResponseCode.Accepted));
        await Deadline.UntilAsync(() => reader.Count >= 1, "the result of the gateway");
        // It has computed this input as well, because the receipt was late.
        var late = new TelemetryBuffer();
        late.Add(Record(20, label: 0, tag), 0);
        // This one it reports before its result arrives at the gateway, and the next one not at all.
        late.Add(Record(21, label: 1, tag), 0);
        await board.PingAsync(late);
        await Deadline.UntilAsync(() => reader.Count >= 2, "the result of the board");
        for (uint input = 21; input <= 22; input++)
        {
            var own = new ResultFrame
            {
                Session = board.Session, Sequence = 1000 + input, Origin = board.Session, Input = input, ModelId = _model.Id, Length = 17, Label = 1,
            };
            await board.PublishUnacknowledgedAsync(Topics.Request(RunningGateway.Id, "board"), own.Encode());
            Assert.That((await board.ResponseAsync()).Code, Is.EqualTo(ResponseCode.Accepted));
        }
        await Deadline.UntilAsync(() => reader.Count >= 3, "the result that the board does not report");
        await board.PingAsync();

        JsonElement[] results = reader.Results;
        Assert.That(
            results.Select(result => (result.GetProperty("session").GetUInt32(), result.GetProperty("input").GetUInt32())),
            Is.EqualTo(new[] { (Origin, 20u), (board.Session, 21u), (board.Session, 22u) }));
        Assert.That(results.Select(result => result.GetProperty("target").GetString()), Is.EqualTo(new[] { "gateway", "local", "local" }));
        Assert.That(results.Select(result => result.GetProperty("model").GetString()), Has.All.EqualTo("features"));
        Assert.That(results[0].GetProperty("class").GetString(), Is.EqualTo(_model.ClassNames[results[0].GetProperty("class_index").GetInt32()]));
        Assert.That(results[0].GetProperty("confidence_per_mille").GetInt32(), Is.InRange(1, 1000));
        string[] unknown = ["time_ms", "energy_mj", "meter", "break_even_length"];
        foreach (string name in unknown) Assert.That(results[0].GetProperty(name).ValueKind, Is.EqualTo(JsonValueKind.Null), name);
        Assert.That((results[2].GetProperty("class").GetString(), results[2].GetProperty("length").GetInt32()), Is.EqualTo((_model.ClassNames[1], 17)));
        Assert.That(results[2].GetProperty("confidence_per_mille").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    /// <summary>A value of a model that the gateway does not know has no name: it may be a value or a score.</summary>
    [Test]
    public void AValueOfAnUnknownModelHasNoName()
    {
        var record = new TelemetryRecord { Input = 3, HasValue = true, Value = 2.5f };
        JsonElement json = JsonDocument.Parse(ResultJson.Write("hall", BoardResult.Of(1, record), null, DateTime.UnixEpoch)).RootElement;
        JsonElement value = json.GetProperty("values").EnumerateArray().Single();
        Assert.That((value.GetProperty("value").GetDouble(), value.GetProperty("name").ValueKind), Is.EqualTo((2.5, JsonValueKind.Null)));
        Assert.That(json.GetProperty("class_index").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    /// <summary>Results of before a change of the model keep the names of their model.</summary>
    [Test]
    public void ABoardHasTwoModelsForAWhile()
    {
        var boards = new BoardList(new Counting.GatewayCounters());
        boards.Receive("hall", new PresenceFrame { Online = true, ModelId = 0x101 }.Encode());
        boards.Receive("hall", new PresenceFrame { Online = true, ModelId = 0x202 }.Encode());
        boards.Receive("hall", new PresenceFrame { Online = true, ModelId = 0x202 }.Encode());
        Assert.That((boards.ModelIdOf("hall", 1), boards.ModelIdOf("hall", 2), boards.ModelIdOf("hall", 3)), Is.EqualTo((0x101u, 0x202u, 0u)));
        // Its last results may come after its last will.
        boards.Receive("hall", [1, 5, 2]);
        Assert.That(boards.ModelIdOf("hall", 2), Is.EqualTo(0x202u));
        boards.Receive("hall", []);
        Assert.That(boards.ModelIdOf("hall", 2), Is.Zero);
    }

    [Test]
    public void ManyNamesDoNotFillTheMemory()
    {
        var boards = new BoardList(new Counting.GatewayCounters());
        byte[] birth = new PresenceFrame { Online = true, ModelId = 5 }.Encode();
        for (int i = 0; i <= BoardList.MaxBoards; i++) boards.Receive($"board-{i}", birth);
        Assert.That((boards.ModelIdOf("board-0", 5), boards.ModelIdOf($"board-{BoardList.MaxBoards}", 5)), Is.EqualTo((5u, 0u)));
        // A board that has left makes room.
        boards.Receive("board-0", [1, 5, 2]);
        boards.Receive("another", birth);
        Assert.That((boards.ModelIdOf("board-0", 5), boards.ModelIdOf("another", 5)), Is.EqualTo((0u, 5u)));
    }

    /// <summary>A client that published results could switch lamps.</summary>
    [Test]
    public async Task NobodyElsePublishesResults()
    {
        await using RunningGateway gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path));
        await using JsonReader reader = await JsonReader.ConnectAsync(gateway.BrokerPort);
        await using TestBoard board = await TestBoard.ConnectAsync(gateway.BrokerPort);
        await board.PublishAsync(BoardTopics.Result("board"), "{}"u8.ToArray());
        await board.PingAsync(TestBoard.Records(Target.Local));
        await Deadline.UntilAsync(() => reader.Count >= 1, "a result");
        Assert.That(reader.Results.Single().GetProperty("input").GetInt32(), Is.Zero);
    }

    private static TelemetryRecord Record(uint input, int label, int tag) => new()
    {
        Input = input, Label = label, ModelTag = tag, Target = Target.Local, Length = 17, TimeUs = 19_591, EnergyUj = 1214, ConfidencePerMille = 963,
        BreakEvenLength = ushort.MaxValue,
    };
}
