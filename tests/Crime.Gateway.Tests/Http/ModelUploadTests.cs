using System;
using System.Buffers;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using MQTTnet;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

/// <summary>Uploads to a gateway that is a process of its own.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ModelUploadTests : UploadTests
{
    private static readonly byte[] s_other = TestModels.Write("features", TestModels.Inputs, hidden: 8, seed: 9);

    private async Task<(HttpStatusCode Code, string Text)> PutAsync(
        byte[] file, string name = "features", string? token = null, bool isElsewhere = false, string? origin = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, GatewayHttp.Address(Port, $"/models/{name}.crime")) { Content = new ByteArrayContent(file) };
        request.Headers.ExpectContinue = true;
        if (origin != null) request.Headers.TryAddWithoutValidation("Origin", origin);
        return await SendAsync(request, token, isElsewhere);
    }

    private async Task AssertServedAsync(byte[] file, string name = "features")
    {
        using HttpResponseMessage answer = await GatewayHttp.SendAsync(Port, $"/models/{name}.crime");
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.EqualTo(ModelContainer.BoardImage(file)));
        Assert.That(Directory.GetFiles(Models.Path, "*.upload"), Is.Empty);
    }

    [Test]
    public async Task AGoodModelIsServedAtOnce()
    {
        var (code, text) = await PutAsync(s_other);
        Assert.That(code, Is.EqualTo(HttpStatusCode.OK), text);
        JsonElement served = JsonDocument.Parse(text).RootElement;
        Assert.That(served.GetProperty("id").GetString(), Is.EqualTo(TestModels.Parse(s_other).Id.ToString("x8")));
        Assert.That(served.GetProperty("previous_checksum").GetString(), Is.EqualTo(Checksum(TestModels.Features).ToString("x8")));
        await AssertServedAsync(s_other);
        Assert.That(File.ReadAllBytes(Path.Combine(Models.Path, "features.crime")), Is.EqualTo(s_other));
        Assert.That((await PutAsync(TestModels.Tokens, "further")).Code, Is.EqualTo(HttpStatusCode.OK));
        await AssertServedAsync(TestModels.Tokens, "further");
    }

    /// <summary>A board that connects later gets the list as well: it is retained.</summary>
    [Test]
    public async Task TheListOfModelsIsRetained()
    {
        Assert.That((await PutAsync(s_other)).Code, Is.EqualTo(HttpStatusCode.OK));
        byte[] frame = [];
        await Deadline.UntilAsync(
            async () =>
            {
                frame = await RetainedAsync();
                return ModelsFrame.Find(frame, NodeKey.Of("features"), out uint checksum) == FrameError.None && checksum == Checksum(s_other);
            },
            "the list with the new model");
        Assert.That(ModelsFrame.Find(frame, NodeKey.Of("nothing"), out uint missing), Is.EqualTo(FrameError.None));
        Assert.That(missing, Is.Zero);
    }

    [Test]
    public async Task ADamagedModelIsRefusedWithItsReason()
    {
        byte[] damaged = [.. s_other];
        damaged[damaged.Length / 2] ^= 1;
        await AssertRefusedAsync(await PutAsync(damaged), HttpStatusCode.UnprocessableEntity, "the CRC-32 does not match");
        await AssertRefusedAsync(await PutAsync(s_other[..^40]), HttpStatusCode.UnprocessableEntity, "truncated");
        await AssertRefusedAsync(await PutAsync([]), HttpStatusCode.UnprocessableEntity, "truncated");
        await AssertRefusedAsync(await PutAsync(ModelContainer.BoardImage(s_other)), HttpStatusCode.UnprocessableEntity, "no float weights");
        await AssertRefusedAsync(await PutAsync(TestModels.Features, "twin"), HttpStatusCode.UnprocessableEntity, "the same network as features");
    }

    [Test]
    public async Task AModelThatIsTooLargeIsRefusedUnread() =>
        await AssertRefusedAsync(await PutAsync(new byte[ModelFormat.MaxFileSize + 1]), HttpStatusCode.RequestEntityTooLarge, "at most 67108864 bytes");

    [TestCase("a b")]
    [TestCase(".hidden")]
    [TestCase("a-name-of-more-than-thirty-two-letters")]
    [TestCase("%2e%2e%2fescaped")]
    public async Task AWrongNameIsRefused(string name)
    {
        string[] before = Directory.GetFileSystemEntries(Path.GetDirectoryName(Models.Path)!);
        await AssertRefusedAsync(await PutAsync(s_other, name), HttpStatusCode.BadRequest, "a model's name is");
        Assert.That(Directory.GetFiles(Models.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "features.crime" }));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(Models.Path)!).Except(before).Where(entry => entry.Contains("escaped")), Is.Empty);
    }

    [Test]
    public async Task AnotherMachineNeedsTheToken()
    {
        await AssertRefusedAsync(await PutAsync(s_other, isElsewhere: true), HttpStatusCode.Unauthorized, "missing or wrong");
        await AssertRefusedAsync(await PutAsync(s_other, isElsewhere: true, token: Token + "x"), HttpStatusCode.Unauthorized, "missing or wrong");
        await AssertRefusedAsync(await PutAsync(s_other, origin: "http://localhost"), HttpStatusCode.Forbidden, "browser");
        Assert.That((await PutAsync(s_other, isElsewhere: true, token: Token)).Code, Is.EqualTo(HttpStatusCode.OK));
        await AssertServedAsync(s_other);
        Gateway.Terminate();
        var (_, output, errors) = await Gateway.EndAsync();
        Assert.That(output + string.Concat(errors), Does.Not.Contain(Token));
    }

    /// <summary>A folder in the way of the temporary file stands for a disk that is full or may not be written: root may write everywhere.</summary>
    [Test]
    public async Task WithoutAWritableFolderTheOldModelIsServed()
    {
        Directory.CreateDirectory(Path.Combine(Models.Path, ".features.upload"));
        var (code, text) = await PutAsync(s_other);
        Assert.That(code, Is.EqualTo(HttpStatusCode.InsufficientStorage), text);
        Assert.That(text, Does.Contain("cannot write its model folder"));
        await AssertServedAsync(TestModels.Features);
    }

    private async Task AssertRefusedAsync((HttpStatusCode Code, string Text) answer, HttpStatusCode code, string reason)
    {
        Assert.That(answer.Code, Is.EqualTo(code), answer.Text);
        Assert.That(answer.Text, Does.Contain(reason));
        Assert.That(answer.Text.Count(letter => letter == '\n'), Is.EqualTo(1), "one line");
        await AssertServedAsync(TestModels.Features);
    }

    /// <summary>Boards report their model by their presence, and leave with their last will.</summary>
    [Test]
    public async Task TheBoardsAreListedWithTheirModels()
    {
        await using TestBoard board = await TestBoard.ConnectAsync(BrokerPort, "board");
        var birth = new PresenceFrame { Online = true, ModelId = 5, ImageChecksum = Checksum(TestModels.Features), FirmwareVersion = 0x01020300 };
        await board.PublishAsync(Topics.Presence("board"), birth.Encode(), isRetained: true);
        await board.PublishAsync(Topics.Presence("earlier"), birth.Encode()[..PresenceFrame.EarlierOnlineSize], isRetained: true);
        JsonElement[] boards = await BoardsAsync(2);
        Assert.That(boards[0].GetProperty("board").GetString(), Is.EqualTo("board"));
        Assert.That(boards[0].GetProperty("online").GetBoolean(), Is.True);
        Assert.That(boards[0].GetProperty("model").GetString(), Is.EqualTo("features"));
        Assert.That(boards[0].GetProperty("image_checksum").GetString(), Is.EqualTo(Checksum(TestModels.Features).ToString("x8")));
        Assert.That(boards[0].GetProperty("firmware").GetString(), Is.EqualTo("1.2.3"));
        Assert.That(boards[1].GetProperty("image_checksum").ValueKind, Is.EqualTo(JsonValueKind.Null));
        await board.PublishAsync(Topics.Presence("board"), PresenceFrame.Will.Select(letter => (byte)letter).ToArray(), isRetained: true);
        boards = await BoardsAsync(2);
        Assert.That(boards[0].GetProperty("online").GetBoolean(), Is.False);
        Assert.That(boards[0].GetProperty("model").GetString(), Is.EqualTo("features"));
    }

    private async Task<JsonElement[]> BoardsAsync(int count)
    {
        using HttpResponseMessage answer = await GatewayHttp.SendAsync(Port, "/boards");
        JsonElement[] boards = [.. JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray()];
        Assert.That(boards, Has.Length.EqualTo(count));
        return boards;
    }

    private static uint Checksum(byte[] file) => TestModels.Parse(ModelContainer.BoardImage(file)).Checksum;

    private async Task<byte[]> RetainedAsync()
    {
        var received = new TaskCompletionSource<byte[]>();
        using IMqttClient board = new MqttClientFactory().CreateMqttClient();
        board.ApplicationMessageReceivedAsync += message =>
        {
            if (message.ApplicationMessage is { Retain: true } kept && kept.Topic == Topics.Models("gateway")) received.TrySetResult(kept.Payload.ToArray());
            return Task.CompletedTask;
        };
        await board.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", BrokerPort).WithClientId("late").Build());
        await board.SubscribeAsync(Topics.ModelsFilter);
        return await received.Task.WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms));
    }
}
