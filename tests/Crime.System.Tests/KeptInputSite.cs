// The frame of tests of kept inputs: a real gateway process behind a broker in this process, which counts the board's connections and requests
// and can withhold answers.

using System;
using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using MQTTnet.Server;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>An INF line. <see cref="Time"/> in ms and <see cref="Energy"/> in mJ have three decimals, as on the console.</summary>
internal sealed record KeptReading(int Input, int Length, string Target, int Label, decimal Time, decimal Active, decimal Energy, decimal Power);

/// <summary>Tests of boards that keep inputs.</summary>
public abstract partial class KeptInputSite : BoardSiteTests
{
    /// <summary>Time in ms that the radio of these boards takes to join the network.</summary>
    protected const int AssociateMs = 300;

    private const int ValuesPerStep = 2;

    /// <summary>Name of the board.</summary>
    protected const string BoardId = "small";

    private const string Common =
        "http.port=0\nobjective=energy\nradio=duty\nradio.up-ms=300\nkernel=table\ninputs.keep-bytes=16384\ntimeout.margin-ms=1500\ntimeout.max-ms=2000\n";

    /// <summary>A board computes 3.5 ms a timestep: 200 of them take more energy than a request, and less than a wake of the radio.</summary>
    private static readonly byte[] s_model = TestModels.Write(ValuesPerStep, hidden: 24, classes: 3, scale: 2);

    private static readonly ModelFile s_parsed = ModelLoading.Parse(s_model, "the model");

    private readonly ConcurrentQueue<int> _requestLengths = new();
    private TestBroker? _broker;
    private GatewayProcess? _gateway;
    private int _connections;
    private volatile bool _isWithheld;

    /// <summary>Profile of the boards.</summary>
    protected static BoardProfile Profile { get; } = BoardProfile.Bundled(BoardSite.ProfileName).With("associate_ms", AssociateMs);

    /// <summary>Times that a board has connected to the broker.</summary>
    protected int Connections => Volatile.Read(ref _connections);

    /// <summary>Lengths of the requests that have reached the broker.</summary>
    protected IReadOnlyCollection<int> RequestLengths => _requestLengths;

    /// <summary>Options of the gateway beside those of all tests.</summary>
    protected virtual string[] MoreGatewayOptions => [];

    /// <summary>True while the broker withholds answers to requests. It still delivers answers to pings.</summary>
    protected bool IsWithheld
    {
        get => _isWithheld;
        set => _isWithheld = value;
    }

    [TearDown]
    public async Task EndBroker()
    {
        if (_gateway != null) await _gateway.DisposeAsync();
        if (_broker != null) await _broker.DisposeAsync();
        _gateway = null;
        _broker = null;
        _requestLengths.Clear();
        _connections = 0;
        _isWithheld = false;
    }

    /// <summary>Starts broker and gateway.</summary>
    protected async Task ServeAsync()
    {
        _broker = await TestBroker.StartAsync(Site.BrokerPort);
        _broker.Server.ClientConnectedAsync += e =>
        {
            if (e.ClientId == BoardId) Interlocked.Increment(ref _connections);
            return Task.CompletedTask;
        };
        _broker.Server.InterceptingPublishAsync += OnPublish;
        File.WriteAllBytes(Path.Combine(Site.Models, "test.crime"), s_model);
        _gateway = GatewayProcess.Start(
            [
                "--Broker:Mode=external", "--Broker:Host=127.0.0.1", $"--Broker:Port={Site.BrokerPort}", $"--Http:Port={Site.HttpPort}",
                $"--Models:Folder={Site.Models}", .. MoreGatewayOptions,
            ]);
        await GatewayHttp.UntilHealthyAsync(Site.HttpPort);
    }

    /// <summary>Makes inputs that the model classifies differently, each of another length.</summary>
    /// <param name="firstLength">Length of the first one in timesteps.</param>
    /// <param name="count">Number of inputs.</param>
    internal static List<LabelledSequence> Inputs(int firstLength, int count) => [.. Enumerable.Range(0, count).Select(i => new LabelledSequence(
        i, "class 0", firstLength + i, Enumerable.Repeat(0, (firstLength + i) * ValuesPerStep).Select((_, k) => Level(firstLength + i, k)).ToArray(), []))];

    /// <summary>Writes the flash of a board.</summary>
    /// <param name="inputs">Its recording.</param>
    /// <param name="settings">Lines of the settings file beside those of all tests.</param>
    internal void WriteFlash(IReadOnlyList<LabelledSequence> inputs, string settings) => Site.WriteFlash(s_model, inputs, Common + settings);

    /// <summary>Returns true when the broker withholds the answer that has just come.</summary>
    protected virtual bool Withholds() => false;

    /// <summary>A message has come to the broker.</summary>
    protected virtual void OnMessage(string topic, byte[] payload)
    {
    }

    /// <summary>Powers a board with the flash of the site.</summary>
    protected Board Power()
    {
        var board = new Board(new BoardOptions { Profile = Profile, FlashFolder = Site.Flash });
        board.Start();
        return board;
    }

    /// <summary>The files of kept inputs on the flash.</summary>
    protected string[] KeptFiles => Directory.GetFiles(Site.Flash, "kept*");

    /// <summary>The class that the gateway finds for an input.</summary>
    internal static int LabelOf(LabelledSequence input) => new FloatNetwork(new FloatModel(s_parsed))
        .Run(new ModelInput(s_parsed).Quantised(input), s_parsed.InputFractionBits, new float[s_parsed.ClassCount]);

    /// <summary>The results among console lines.</summary>
    internal static List<KeptReading> ReadingsOf(IEnumerable<string> lines)
    {
        var readings = new List<KeptReading>();
        foreach (string line in lines.Where(line => line.StartsWith("INF ", StringComparison.Ordinal)))
        {
            Match match = Line().Match(line);
            Assert.That(match.Success, Is.True, line);
            decimal Number(string name) => decimal.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
            readings.Add(new KeptReading(
                (int)Number("id"), (int)Number("len"), match.Groups["at"].Value, (int)Number("class"), Number("ms"), Number("active"), Number("mj"),
                Number("mw")));
        }
        return readings;
    }

    /// <summary>Numbers of the inputs that were kept, in the order of the lines.</summary>
    internal static List<int> KeptOf(IEnumerable<string> lines) =>
        [.. lines.Where(line => line.StartsWith("KEEP id=", StringComparison.Ordinal)).Select(line => (int)Field(line, "id"))];

    /// <summary>A number of a console line.</summary>
    internal static decimal Field(string line, string name) => decimal.Parse(
        line.Split(' ').Single(word => word.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..], CultureInfo.InvariantCulture);

    /// <summary>Checks that every input of a recording has exactly one result, with its length, and with its class where a gateway has computed it.</summary>
    internal static void AssertOneResultEach(IReadOnlyList<LabelledSequence> inputs, IReadOnlyList<KeptReading> readings)
    {
        Assert.That(
            readings.OrderBy(reading => reading.Input).Select(reading => (reading.Input, reading.Length)),
            Is.EqualTo(inputs.Select((input, i) => (i, input.Length))));
        AssertLabels(inputs, readings);
    }

    /// <summary>Checks that results have the class of their own input, which its length identifies.</summary>
    internal static void AssertLabels(IReadOnlyList<LabelledSequence> inputs, IReadOnlyList<KeptReading> readings)
    {
        Dictionary<int, int> labels = inputs.ToDictionary(input => input.Length, LabelOf);
        Assert.That(labels.Values.Distinct().Count(), Is.GreaterThan(1), "or it would say nothing");
        foreach (KeptReading reading in readings) Assert.That(reading.Label, Is.EqualTo(labels[reading.Length]), reading.ToString());
    }

    /// <summary>Checks the totals of an END line against the results.</summary>
    internal static void AssertTotals(string end, IReadOnlyList<KeptReading> readings)
    {
        int local = readings.Count(reading => reading.Target == "local"), gateway = readings.Count(reading => reading.Target == "gateway");
        Assert.That(end, Does.StartWith($"END inputs={readings.Count} local={local} gateway={gateway} fallback={readings.Count - local - gateway} "));
        Assert.That((Field(end, "ms"), Field(end, "mj")), Is.EqualTo((readings.Sum(reading => reading.Time), readings.Sum(reading => reading.Energy))));
    }

    // Levels of both signs, the same for all values of an input.
    private static float Level(int length, int index) => (length % 4 - 1.5f) * (index % 2 == 0 ? 1 : -0.5f);

    private Task OnPublish(InterceptingPublishEventArgs e)
    {
        byte[] bytes = e.ApplicationMessage.Payload.ToArray();
        var request = new RequestFrame();
        if (e.ClientId == BoardId && request.Decode(bytes) == FrameError.None) _requestLengths.Enqueue(request.Length);
        bool isAnswer = e.ApplicationMessage.Topic == Topics.Response(BoardId) && new ResponseFrame().Decode(bytes) == FrameError.None;
        if (isAnswer && (IsWithheld || Withholds())) e.ProcessPublish = false;
        OnMessage(e.ApplicationMessage.Topic, bytes);
        return Task.CompletedTask;
    }

    [GeneratedRegex(
        @"^INF id=(?<id>\d+) len=(?<len>\d+) at=(?<at>\w+) class=(?<class>\d+) "
        + @"ms=(?<ms>[\d.]+) active-ms=(?<active>[\d.]+) mj=(?<mj>[\d.]+) mw=(?<mw>[\d.]+) even=\S+ depth=\d+ meter=model conf=(-|\d+) name=(-|"".+"")$")]
    private static partial Regex Line();
}
