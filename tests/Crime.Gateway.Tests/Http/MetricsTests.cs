using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Crime.Frames;
using Crime.Gateway.Counting;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

/// <summary>The figures of a real gateway after real requests, and the documents that name them.</summary>
public sealed partial class MetricsTests
{
    private const int AnswerCount = 7;

    private int _httpPort;
    private ModelFolder _models = null!;
    private GatewayProcess _gateway = null!;
    private PrometheusText _metrics = null!;

    [OneTimeSetUp]
    public async Task WorkAsync()
    {
        int brokerPort = Ports.Free();
        _httpPort = Ports.Free();
        _models = new ModelFolder(("features.crime", TestModels.Features), ("tokens.crime", TestModels.Tokens));
        _gateway = GatewayProcess.Start($"--Broker:Port={brokerPort}", $"--Http:Port={_httpPort}", $"--Models:Folder={_models.Path}", "--Queue:Capacity=99");
        await GatewayHttp.UntilHealthyAsync(_httpPort);
        await using TestBoard board = await TestBoard.ConnectAsync(brokerPort);
        ModelFile model = TestModels.Parse(TestModels.Features);
        for (int i = 0; i < AnswerCount; i++) Assert.That((await board.AskAsync(board.Request(model, 10 + i))).Code, Is.EqualTo(ResponseCode.Ok));
        RequestFrame unknown = board.Request(model, 5);
        unknown.ModelId ^= 1;
        Assert.That((await board.AskAsync(unknown)).Code, Is.EqualTo(ResponseCode.UnknownModel));
        await board.PublishAsync(Topics.Request(RunningGateway.Id, "board"), [1, 2, 3]);
        foreach (Target target in new[] { Target.Local, Target.Local, Target.Gateway, Target.Fallback })
            await board.PublishAsync(Topics.Telemetry("board"), TestBoard.Telemetry(target));
        await board.PingAsync();
        // The exporter may repeat what it said a moment ago.
        await Deadline.UntilAsync(
            async () => (_metrics = await PrometheusText.ReadAsync(_httpPort)).Value("crime_pings_total") == 1, "figures of now");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [TestCase("crime_requests_total", "", AnswerCount + 1)]
    [TestCase("crime_requests_taken_total", "", AnswerCount)]
    [TestCase("crime_answers_total", "", AnswerCount)]
    [TestCase("crime_refusals_total", "reason=\"unknown_model\"", 1)]
    [TestCase("crime_refusals_total", "reason=\"queue_full\"", 0)]
    [TestCase("crime_access_refusals_total", "cause=\"wrong_password\"", 0)]
    [TestCase("crime_malformed_frames_total", "", 1)]
    [TestCase("crime_decisions_total", "target=\"local\"", 2)]
    [TestCase("crime_decisions_total", "target=\"gateway\"", 1)]
    [TestCase("crime_decisions_total", "target=\"fallback\"", 1)]
    [TestCase("crime_wait_seconds_count", "", AnswerCount)]
    [TestCase("crime_service_seconds_count", "", AnswerCount)]
    [TestCase("crime_service_seconds_bucket", "le=\"+Inf\"", AnswerCount)]
    [TestCase("crime_batch_size_sum", "", AnswerCount)]
    [TestCase("crime_queue_capacity", "", 99)]
    [TestCase("crime_queue_depth", "", 0)]
    [TestCase("crime_connected", "", 1)]
    [TestCase("crime_models", "", 2)]
    [TestCase("crime_faults_total", "", 0)]
    public void EveryFigureIsTrue(string name, string label, double expected) =>
        Assert.That(_metrics.Value(name, label), Is.EqualTo(expected));

    [Test]
    public void TimesAreSeconds()
    {
        double meanS = _metrics.Value("crime_service_seconds_sum") / AnswerCount;
        Assert.That(meanS, Is.GreaterThan(1e-7).And.LessThan(1));
        Assert.That(_metrics.Value("crime_wait_seconds_sum"), Is.GreaterThan(0).And.LessThan(AnswerCount));
    }

    [Test]
    public async Task HealthSaysTheSame()
    {
        JsonElement health = await GatewayHttp.HealthAsync(_httpPort);
        foreach (var (field, name, label) in new[]
        {
            ("requests", "crime_requests_total", ""), ("answered", "crime_answers_total", ""), ("malformed_frames", "crime_malformed_frames_total", ""),
            ("refused_unknown_model", "crime_refusals_total", "reason=\"unknown_model\""), ("telemetry_local", "crime_decisions_total", "target=\"local\""),
            ("capacity", "crime_queue_capacity", ""), ("models", "crime_models", ""), ("workers", "crime_workers", ""),
        })
            Assert.That(health.GetProperty(field).GetDouble(), Is.EqualTo(_metrics.Value(name, label)), field);
    }

    [Test]
    public void TheDashboardAsksForNothingThatIsNotThere()
    {
        string[] asked = Panels().SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .SelectMany(target => Metric().Matches(target.GetProperty("expr").GetString()!).Select(match => match.Value)).Distinct().ToArray();
        Assert.That(asked, Is.Not.Empty);
        Assert.That(asked.Except(_metrics.Names), Is.Empty);
        // And it leaves out nothing of the gateway's own.
        string[] own = _metrics.Names.Where(name => name.StartsWith("crime_", StringComparison.Ordinal)).ToArray();
        string[] families = own.Select(name => HistogramSuffix().Replace(name, "")).Distinct().ToArray();
        Assert.That(families.Where(family => !asked.Any(name => HistogramSuffix().Replace(name, "") == family)), Is.Empty);
    }

    [Test]
    public void TheDashboardIsOneThatGrafanaLoads()
    {
        JsonElement dashboard = Dashboard();
        foreach (string name in new[] { "title", "uid" }) Assert.That(dashboard.GetProperty(name).GetString(), Is.Not.Empty);
        Assert.That(dashboard.GetProperty("schemaVersion").GetInt32(), Is.GreaterThanOrEqualTo(36));
        JsonElement[] variables = dashboard.GetProperty("templating").GetProperty("list").EnumerateArray().ToArray();
        JsonElement source = variables.Single(variable => variable.GetProperty("type").GetString() == "datasource");
        Assert.That(source.GetProperty("query").GetString(), Is.EqualTo("prometheus"));
        string uid = "${" + source.GetProperty("name").GetString() + "}";

        JsonElement[] panels = Panels().ToArray();
        Assert.That(panels.Select(panel => panel.GetProperty("id").GetInt32()), Is.Unique);
        var taken = new HashSet<(int, int)>();
        foreach (JsonElement panel in panels)
        {
            string title = panel.GetProperty("title").GetString()!;
            foreach (string name in new[] { "title", "type", "description" }) Assert.That(panel.GetProperty(name).GetString(), Is.Not.Empty, title);
            Assert.That(panel.GetProperty("datasource").GetProperty("uid").GetString(), Is.EqualTo(uid), title);
            JsonElement[] targets = panel.GetProperty("targets").EnumerateArray().ToArray();
            Assert.That(targets.Select(target => target.GetProperty("refId").GetString()), Is.Not.Empty.And.Unique, title);
            AssertNoOverlap(panel.GetProperty("gridPos"), taken, title);
        }
    }

    [Test]
    public void TheDocumentNamesEveryMetric()
    {
        string document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "gateway.md"));
        var own = _metrics.Names.Where(name => name.StartsWith("crime_", StringComparison.Ordinal)).Select(name => HistogramSuffix().Replace(name, "")).Distinct();
        var documented = DocumentedMetric().Matches(document).Select(match => match.Groups[1].Value).Distinct();
        Assert.That(documented, Is.EquivalentTo(own));
    }

    [Test]
    public void RecordingAllocatesNothing()
    {
        using var counters = new GatewayCounters();
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        long seen = 0;
        listener.InstrumentPublished = (instrument, self) => { if (instrument.Meter == counters.Meter) self.EnableMeasurementEvents(instrument); };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => seen++);
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => seen++);
        listener.Start();
        Record(counters);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Record(counters);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(seen, Is.EqualTo(3 * 1001));
    }

    private static void Record(GatewayCounters counters)
    {
        counters.RecordBatch(3);
        counters.RecordAnswer(100, 200);
    }

    /// <summary>Grafana's grid is 24 wide.</summary>
    private static void AssertNoOverlap(JsonElement grid, HashSet<(int, int)> taken, string title)
    {
        int x = grid.GetProperty("x").GetInt32(), y = grid.GetProperty("y").GetInt32();
        int width = grid.GetProperty("w").GetInt32(), height = grid.GetProperty("h").GetInt32();
        Assert.That(x + width, Is.LessThanOrEqualTo(24), title);
        for (int i = x; i < x + width; i++)
            for (int j = y; j < y + height; j++) Assert.That(taken.Add((i, j)), Is.True, $"{title} lies over another panel");
    }

    private static JsonElement Dashboard() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "crime-gateway.json"))).RootElement;

    private static IEnumerable<JsonElement> Panels() => Dashboard().GetProperty("panels").EnumerateArray();

    [GeneratedRegex(@"\b(crime|dotnet)_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();

    [GeneratedRegex(@"(?m)^\| `(crime_[a-z_]+)")]
    private static partial Regex DocumentedMetric();
}
