using System;
using System.Buffers;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Frames;
using MQTTnet;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

/// <summary>Settings for boards at a gateway that is a process of its own.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class BoardSettingsTests : UploadTests
{
    private async Task<(HttpStatusCode Code, string Text)> SendAsync(
        string lines, HttpMethod? method = null, string board = "board", string? token = null, bool isElsewhere = false)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Patch, GatewayHttp.Address(Port, $"/boards/{board}/settings"));
        if (method != HttpMethod.Get) request.Content = new StringContent(lines);
        return await UploadTests.SendAsync(request, token, isElsewhere);
    }

    private async Task<JsonElement> SentAsync(string lines, HttpMethod? method = null, string board = "board")
    {
        var (code, text) = await SendAsync(lines, method, board);
        Assert.That(code, Is.EqualTo(HttpStatusCode.OK), text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<(IMqttClient Client, ChannelReader<(string Topic, string Text, bool IsRetained)> Messages)> ConnectAsync(string id, params string[] filters)
    {
        var messages = Channel.CreateUnbounded<(string, string, bool)>();
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        client.ApplicationMessageReceivedAsync += e =>
        {
            messages.Writer.TryWrite((e.ApplicationMessage.Topic, Encoding.UTF8.GetString(e.ApplicationMessage.Payload.ToArray()), e.ApplicationMessage.Retain));
            return Task.CompletedTask;
        };
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", BrokerPort).WithClientId(id).Build());
        foreach (string filter in filters) await client.SubscribeAsync(filter);
        return (client, messages.Reader);
    }

    private static Task<T> InTime<T>(ValueTask<T> task) => task.AsTask().WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms));

    private static string[] LinesOf(JsonElement sent) => sent.GetProperty("settings").EnumerateArray().Select(line => line.GetString()!).ToArray();

    private static string SettingsIn(string text) => text[(text.IndexOf('\n') + 1)..];

    /// <summary>A board that is off receives the settings when it connects: all that were sent meanwhile.</summary>
    [Test]
    public async Task SettingsWaitForTheirBoard()
    {
        JsonElement first = await SentAsync("objective=energy\nmapping=local");
        JsonElement second = await SentAsync("# again\r\nmapping = auto\r\nhedge=off");
        await SentAsync("objective=time", board: "other");
        Assert.That(LinesOf(first), Is.EqualTo(new[] { "objective=energy", "mapping=local" }));
        Assert.That(LinesOf(second), Is.EqualTo(new[] { "objective=energy", "mapping = auto", "hedge=off" }));
        var (client, messages) = await ConnectAsync("board", Topics.Settings("board"));
        using (client)
        {
            (string topic, string text, bool isRetained) = await InTime(messages.ReadAsync());
            Assert.That((topic, SettingsIn(text), isRetained), Is.EqualTo(("crime/v1/settings/board", "objective=energy\nmapping = auto\nhedge=off\n", true)));
            Assert.That(text, Does.StartWith("# "));
            string hash = SettingsText.HashOf(Encoding.UTF8.GetBytes(text)).ToString("x8");
            Assert.That(second.GetProperty("hash").GetString(), Is.EqualTo(hash));
            Assert.That(second.GetProperty("answer").ValueKind, Is.EqualTo(JsonValueKind.Null));

            // Settings that the board has answered are not sent again.
            await client.PublishStringAsync(Topics.Answer("board"), $"ok {hash} after a restart");
            await Deadline.UntilAsync(async () => (await SentStateAsync()).GetProperty("answer").GetString() == $"ok {hash} after a restart", "the answer");
            Assert.That(LinesOf(await SentAsync("race=on")), Is.EqualTo(new[] { "race=on" }));
            Assert.That(SettingsIn((await InTime(messages.ReadAsync())).Text), Is.EqualTo("race=on\n"));
            Assert.That((await SentStateAsync()).GetProperty("answer").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    [Test]
    public async Task PutReplacesWhatIsOnItsWay()
    {
        JsonElement first = await SentAsync("objective=energy");
        JsonElement second = await SentAsync("hedge=off", HttpMethod.Put), third = await SentAsync("hedge=off", HttpMethod.Put);
        Assert.That(LinesOf(second), Is.EqualTo(new[] { "hedge=off" }));
        // The same settings once more are another text: the board takes them again.
        string[] hashes = [.. new[] { first, second, third }.Select(sent => sent.GetProperty("hash").GetString()!)];
        Assert.That(hashes, Is.Unique);
    }

    private async Task<JsonElement> SentStateAsync()
    {
        using HttpResponseMessage answer = await GatewayHttp.SendAsync(Port, "/boards/board/settings");
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    [TestCase("nonsense", "board", HttpStatusCode.UnprocessableEntity, "'nonsense' is no key=value")]
    [TestCase("", "board", HttpStatusCode.UnprocessableEntity, "there is no setting")]
    [TestCase("hedge=on\nhedge=off", "board", HttpStatusCode.UnprocessableEntity, "hedge is there twice")]
    [TestCase("wifi.password=secret", "board", HttpStatusCode.UnprocessableEntity, "wifi.password is not set over the air")]
    [TestCase("objective=time", "a b", HttpStatusCode.BadRequest, "a board's id is")]
    [TestCase("objective=time", "a-name-of-more-than-thirty-two-letters", HttpStatusCode.BadRequest, "a board's id is")]
    public async Task WrongSettingsAreRefusedInOneLine(string lines, string board, HttpStatusCode code, string reason)
    {
        await SentAsync("objective=energy");
        AssertRefused(await SendAsync(lines, board: board), code, reason);
        Assert.That(LinesOf(await SentStateAsync()), Is.EqualTo(new[] { "objective=energy" }));
    }

    [Test]
    public async Task ATextThatIsTooLongIsRefused()
    {
        AssertRefused(await SendAsync("model.name=" + new string('a', SettingsText.MaxSize)), HttpStatusCode.RequestEntityTooLarge, "at most 1024 bytes");
        await SentAsync("inputs.file=" + new string('a', 600));
        AssertRefused(await SendAsync("http.host=" + new string('a', 600)), HttpStatusCode.RequestEntityTooLarge, "has not taken yet");
        await SentAsync("http.host=" + new string('a', 600), HttpMethod.Put);
    }

    [Test]
    public async Task AnotherMachineNeedsTheToken()
    {
        AssertRefused(await SendAsync("hedge=off", isElsewhere: true), HttpStatusCode.Unauthorized, "missing or wrong");
        AssertRefused(await SendAsync("hedge=off", isElsewhere: true, token: Token + "x"), HttpStatusCode.Unauthorized, "missing or wrong");
        Assert.That((await SendAsync("", HttpMethod.Get)).Code, Is.EqualTo(HttpStatusCode.NotFound), "nothing was sent");
        Assert.That((await SendAsync("hedge=off", isElsewhere: true, token: Token)).Code, Is.EqualTo(HttpStatusCode.OK));
    }

    /// <summary>The embedded broker passes on settings of the gateway only, and answers of their boards only.</summary>
    [Test]
    public async Task AStrangerNeitherSetsNorAnswers()
    {
        string hash = (await SentAsync("hedge=off")).GetProperty("hash").GetString()!;
        var (board, messages) = await ConnectAsync("board", Topics.Settings("board"));
        var (stranger, _) = await ConnectAsync("stranger");
        using (board)
        using (stranger)
        {
            Assert.That(SettingsIn((await InTime(messages.ReadAsync())).Text), Is.EqualTo("hedge=off\n"));
            // The broker acknowledges what it has dealt with.
            foreach (var (topic, text) in new[] { (Topics.Settings("board"), "mapping=local\n"), (Topics.Answer("board"), $"ok {hash}") })
            {
                await stranger.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(text).WithRetainFlag()
                    .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build());
            }
            Assert.That((await SentStateAsync()).GetProperty("answer").ValueKind, Is.EqualTo(JsonValueKind.Null));
            await SentAsync("race=on", HttpMethod.Put);
            Assert.That(SettingsIn((await InTime(messages.ReadAsync())).Text), Is.EqualTo("race=on\n"), "nothing of the stranger's in between");
        }
        var (late, retained) = await ConnectAsync("board", Topics.Settings("board"));
        using (late) Assert.That(SettingsIn((await InTime(retained.ReadAsync())).Text), Is.EqualTo("race=on\n"));
    }

    private static void AssertRefused((HttpStatusCode Code, string Text) answer, HttpStatusCode code, string reason)
    {
        Assert.That(answer.Code, Is.EqualTo(code), answer.Text);
        Assert.That(answer.Text, Does.Contain(reason));
        Assert.That(answer.Text.Count(letter => letter == '\n'), Is.EqualTo(1), "one line");
    }
}
