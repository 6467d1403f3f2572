using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Access;
using Crime.Gateway.Configuration;
using Crime.Gateway.Counting;
using Crime.Gateway.Diagnostics;
using Crime.Gateway.Tests.Running;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Access;

/// <summary>A gateway that admits enrolled clients, over real TCP.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class BrokerAccessTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private string _folder = "";
    private CredentialBook _book = null!;
    private string _password = "";

    private GatewayCounters Counters => _gateway.Part<GatewayCounters>();

    [SetUp]
    public async Task StartAsync()
    {
        _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        _book = new CredentialBook(_folder);
        _password = _book.Add("hall-1", ClientRole.Board, "", s_now)!;
        _models = new ModelFolder(("features.crime", TestModels.Features));
        _gateway = await RunningGateway.StartAsync(Options(BrokerAccess.Enrolled));
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _gateway.DisposeAsync();
        _models.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task StrangersStayOut()
    {
        Assert.That(await TryAsync("stranger"), Is.EqualTo(MqttClientConnectResultCode.NotAuthorized));
        Assert.That(await TryAsync("hall-1"), Is.EqualTo(MqttClientConnectResultCode.NotAuthorized));
        Assert.That(await TryAsync("hall-1", "hall-1", "wrong"), Is.EqualTo(MqttClientConnectResultCode.BadUserNameOrPassword));
        Assert.That(await TryAsync("hall-1", "hall-2", _password), Is.EqualTo(MqttClientConnectResultCode.BadUserNameOrPassword));
        Assert.That(await TryAsync("hall-2", "hall-1", _password), Is.EqualTo(MqttClientConnectResultCode.ClientIdentifierNotValid));
        Assert.That(await TryAsync(RunningGateway.Id, "hall-1", _password), Is.EqualTo(MqttClientConnectResultCode.ClientIdentifierNotValid));
        Assert.That(await TryAsync("hall-1", "hall-1", _password), Is.EqualTo(MqttClientConnectResultCode.Success));
    }

    [Test]
    public async Task AnEnrolledBoardGetsItsAnswers()
    {
        await using TestBoard board = await TestBoard.ConnectAsync(_gateway.BrokerPort, "hall-1", _password);
        ResponseFrame response = await board.AskAsync(board.Request(TestModels.Parse(TestModels.Features), 10));
        Assert.That(response.Code, Is.EqualTo(ResponseCode.Ok));
        await board.WatchStatusAsync();
        Assert.That((await board.StatusAsync()).Frame.Online, Is.True);
    }

    [Test]
    public async Task ABoardReachesItsOwnTopicsAlone()
    {
        using IMqttClient board = await ConnectAsync("hall-1", "hall-1", _password);
        string[] foreign = ["#", "crime/#", "crime/v1/response/+", "crime/v1/telemetry/+", "crime/v1/request/gateway/+"];
        foreach (string filter in foreign)
            Assert.That((await board.SubscribeAsync(filter)).Items.Single().ResultCode, Is.EqualTo(MqttClientSubscribeResultCode.NotAuthorized), filter);
        foreach (string topic in new[] { Topics.Response("hall-2"), Topics.Request("gateway", "hall-2"), Topics.Telemetry("hall-2"), Topics.Status("other") })
        {
            MqttClientPublishResult result = await board.PublishBinaryAsync(topic, [1], MqttQualityOfServiceLevel.AtLeastOnce);
            Assert.That(result.ReasonCode, Is.EqualTo(MqttClientPublishReasonCode.NotAuthorized), topic);
        }
        Assert.That(Counters.DeniedPublishes.Value, Is.EqualTo(4));
        Assert.That(Counters.DeniedSubscriptions.Value, Is.EqualTo(foreign.Length));
        Assert.That(await _gateway.CounterAsync("malformed_frames"), Is.Zero, "the gateway did not read them");
    }

    [Test]
    public async Task AWillNeedsTheRightToItsTopic()
    {
        string laptop = _book.Add("laptop", ClientRole.Tool, "", s_now)!;
        await Deadline.UntilAsync(async () => await TryAsync("probe", "laptop", laptop) == MqttClientConnectResultCode.Success, "the enrolment");
        using IMqttClient tool = await ConnectAsync("laptop", "laptop", laptop);
        var seen = new TaskCompletionSource<string>();
        tool.ApplicationMessageReceivedAsync += received =>
        {
            string topic = received.ApplicationMessage.Topic;
            if (topic == Topics.Response("hall-2") || topic == Topics.Presence("hall-1")) seen.TrySetResult(topic);
            return Task.CompletedTask;
        };
        await tool.SubscribeAsync("#");
        foreach (string topic in new[] { Topics.Response("hall-2"), Topics.Presence("hall-1") })
        {
            MqttClientOptionsBuilder options = OptionsOf("hall-1", "hall-1", _password).WithWillTopic(topic).WithWillPayload([1]);
            using IMqttClient board = new MqttClientFactory().CreateMqttClient();
            await board.ConnectAsync(options.Build());
            // Without a word of goodbye.
            board.Dispose();
        }
        Assert.That(await seen.Task.WaitAsync(TimeSpan.FromMilliseconds(Deadline.Ms)), Is.EqualTo(Topics.Presence("hall-1")));
    }

    [Test]
    public async Task ARevokedBoardIsCutOff()
    {
        using IMqttClient board = await ConnectAsync("hall-1", "hall-1", _password);
        Assert.That(_book.Revoke("hall-1"), Is.True);
        await Deadline.UntilAsync(() => !board.IsConnected, "the end of the connection");
        Assert.That(await TryAsync("hall-1", "hall-1", _password), Is.EqualTo(MqttClientConnectResultCode.BadUserNameOrPassword));
    }

    [Test]
    public async Task ARotatedPasswordEndsTheOldOne()
    {
        using IMqttClient board = await ConnectAsync("hall-1", "hall-1", _password);
        string other = _book.Add("hall-2", ClientRole.Board, "", s_now)!;
        string rotated = _book.Rotate("hall-1", s_now)!;
        await Deadline.UntilAsync(() => !board.IsConnected, "the end of the connection");
        Assert.That(await TryAsync("hall-1", "hall-1", rotated), Is.EqualTo(MqttClientConnectResultCode.Success));
        Assert.That(await TryAsync("hall-1", "hall-1", _password), Is.EqualTo(MqttClientConnectResultCode.BadUserNameOrPassword));
        Assert.That(await TryAsync("hall-2", "hall-2", other), Is.EqualTo(MqttClientConnectResultCode.Success));
    }

    /// <summary>A client that came in without a credential does not keep an id that belongs to an enrolled board from then on.</summary>
    [Test]
    public async Task AnIdThatIsEnrolledIsFreed()
    {
        await using RunningGateway local = await RunningGateway.StartAsync(Options(BrokerAccess.Local));
        using IMqttClient squatter = new MqttClientFactory().CreateMqttClient(), other = new MqttClientFactory().CreateMqttClient();
        await squatter.ConnectAsync(OptionsOf("hall-2", port: local.BrokerPort).Build());
        await other.ConnectAsync(OptionsOf("other", port: local.BrokerPort).Build());
        _book.Add("hall-2", ClientRole.Board, "", s_now);
        await Deadline.UntilAsync(() => !squatter.IsConnected, "the end of the connection");
        Assert.That(other.IsConnected, Is.True);
        Assert.That(await TryAsync("hall-2", port: local.BrokerPort), Is.EqualTo(MqttClientConnectResultCode.NotAuthorized));
        Assert.That(await TryAsync("hall-3", port: local.BrokerPort), Is.EqualTo(MqttClientConnectResultCode.Success));
    }

    [Test]
    public async Task ADamagedFileKeepsTheClientsThatAreKnown()
    {
        File.WriteAllText(Path.Combine(_folder, CredentialFile.Name), "{");
        await Task.Delay(1500);
        Assert.That(await TryAsync("hall-1", "hall-1", _password), Is.EqualTo(MqttClientConnectResultCode.Success));
        Assert.That(
            async () => await RunningGateway.StartAsync(Options(BrokerAccess.Enrolled)),
            Throws.TypeOf<StartupException>().With.Message.Contains("line 1 is not the JSON"));
    }

    /// <summary>One machine that guesses gets no more than a few answers, and the board beside it is served.</summary>
    [Test]
    public async Task GuessingIsSlow()
    {
        await using TestBoard board = await TestBoard.ConnectAsync(_gateway.BrokerPort, "hall-1", _password);
        var watch = Stopwatch.StartNew();
        MqttClientConnectResultCode[] codes = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => TryAsync("hall-9", "hall-1", $"guess {i}")));
        Assert.That(codes.Count(code => code == MqttClientConnectResultCode.BadUserNameOrPassword), Is.InRange(1, GuessLimiter.MaxWaitingPerAddress));
        Assert.That(codes, Has.None.EqualTo(MqttClientConnectResultCode.Success));
        Assert.That(watch.Elapsed, Is.GreaterThan(TimeSpan.FromMilliseconds(GuessLimiter.FirstDelayMs)));
        Assert.That(Counters.WrongPasswords.Value, Is.InRange(1, GuessLimiter.MaxWaitingPerAddress));
        Assert.That(Counters.RefusedUnseen.Value, Is.AtLeast(40 - GuessLimiter.MaxWaitingPerAddress));
        Assert.That((await board.PingAsync()).Depth, Is.Zero);
    }

    /// <summary>By default a client from elsewhere needs a credential, and one on this machine none.</summary>
    [Test]
    public async Task ByDefaultTheNetworkIsShutOut()
    {
        IPAddress? own = Dns.GetHostAddresses(Dns.GetHostName())
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address));
        Assume.That(own, Is.Not.Null, "this machine has no address but the loopback");
        GatewayOptions options = Options(BrokerAccess.Local);
        await using RunningGateway local = await RunningGateway.StartAsync(options with { Broker = options.Broker with { Host = "" } });
        Assert.That(await TryAsync("stranger", port: local.BrokerPort), Is.EqualTo(MqttClientConnectResultCode.Success));
        Assert.That(await TryAsync("stranger", host: own!.ToString(), port: local.BrokerPort), Is.EqualTo(MqttClientConnectResultCode.NotAuthorized));
        Assert.That(await TryAsync("hall-1", "hall-1", _password, own.ToString(), local.BrokerPort), Is.EqualTo(MqttClientConnectResultCode.Success));
    }

    private GatewayOptions Options(BrokerAccess access)
    {
        GatewayOptions options = RunningGateway.Options(_models.Path);
        return options with { DataFolder = _folder, Broker = options.Broker with { Access = access } };
    }

    private MqttClientOptionsBuilder OptionsOf(string id, string? user = null, string? password = null, string host = "127.0.0.1", int? port = null)
    {
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder().WithTcpServer(host, port ?? _gateway.BrokerPort).WithClientId(id)
            .WithProtocolVersion(MqttProtocolVersion.V500).WithTimeout(TimeSpan.FromMilliseconds(Deadline.Ms));
        return user == null ? options : options.WithCredentials(user, password);
    }

    private async Task<IMqttClient> ConnectAsync(string id, string user, string password)
    {
        IMqttClient client = new MqttClientFactory().CreateMqttClient();
        Assert.That((await client.ConnectAsync(OptionsOf(id, user, password).Build())).ResultCode, Is.EqualTo(MqttClientConnectResultCode.Success));
        return client;
    }

    private async Task<MqttClientConnectResultCode> TryAsync(string id, string? user = null, string? password = null, string host = "127.0.0.1", int? port = null)
    {
        using IMqttClient client = new MqttClientFactory().CreateMqttClient();
        return (await client.ConnectAsync(OptionsOf(id, user, password, host, port).Build())).ResultCode;
    }
}
