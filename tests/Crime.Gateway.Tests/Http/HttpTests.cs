using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

public sealed class HttpTests
{
    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private byte[] _image = null!;
    private string _tag = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(("features.crime", TestModels.Features), ("too slow.crime", TestModels.Slow));
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path));
        _image = ModelContainer.BoardImage(TestModels.Features)!;
        _tag = $"\"{TestModels.Parse(_image).Checksum:x8}\"";
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [Test]
    public async Task AModelComesWithItsLengthAndTag()
    {
        using HttpResponseMessage answer = await SendAsync("/models/features.crime");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo(_tag));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(_image.Length));
        Assert.That(answer.Headers.TransferEncodingChunked, Is.Not.True);
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.EqualTo(_image));
    }

    [Test]
    public async Task HeadSaysTheSameWithoutTheBytes()
    {
        using HttpResponseMessage answer = await SendAsync("/models/features.crime", HttpMethod.Head);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo(_tag));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(_image.Length));
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task WhoHasTheModelAlreadyGetsNothing()
    {
        foreach (string tag in new[] { _tag, $"\"00000000\", {_tag}", "*" })
        {
            using HttpResponseMessage answer = await SendAsync("/models/features.crime", ifNoneMatch: tag);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotModified), tag);
            Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo(_tag));
            Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.Empty);
        }
    }

    [TestCase("\"00000000\"")]
    [TestCase("no tag at all")]
    public async Task WhoHasAnotherGetsIt(string tag)
    {
        using HttpResponseMessage answer = await SendAsync("/models/features.crime", ifNoneMatch: tag);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.EqualTo(_image));
    }

    [TestCase("/models/nothing.crime")]
    [TestCase("/models/Features.crime")]
    [TestCase("/models/too%20slow.crime")]
    [TestCase("/models/features")]
    [TestCase("/models/..%2Ffeatures.crime")]
    [TestCase("/models/%2e%2e%2f%2e%2e%2fetc%2fpasswd.crime")]
    [TestCase("/models/.crime")]
    [TestCase("/appsettings.json")]
    [TestCase("/")]
    public async Task WhatIsNotThereIsOneLine(string path)
    {
        using HttpResponseMessage answer = await SendAsync(path);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.That(text.TrimEnd('\n'), Is.Not.Empty.And.Not.Contains("\n"));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(text.Length));
    }

    [Test]
    public async Task OnlyReadingIsPossible()
    {
        using HttpResponseMessage answer = await SendAsync("/models/features.crime", HttpMethod.Delete);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
    }

    [Test]
    public async Task TheListNamesTheModels()
    {
        using HttpResponseMessage answer = await SendAsync("/models");
        string text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(text.Length));
        JsonElement[] models = JsonDocument.Parse(text).RootElement.EnumerateArray().ToArray();
        Assert.That(models.Select(model => model.GetProperty("name").GetString()), Is.EqualTo(new[] { "features", "too slow" }));
        ModelFile file = TestModels.Parse(_image);
        Assert.That(models[0].GetProperty("id").GetString(), Is.EqualTo($"{file.Id:x8}"));
        Assert.That($"\"{models[0].GetProperty("image_checksum").GetString()}\"", Is.EqualTo(_tag));
        Assert.That(models[0].GetProperty("image_size").GetInt32(), Is.EqualTo(_image.Length));
        Assert.That(models[0].GetProperty("hidden_count").GetInt32(), Is.EqualTo(8));
        Assert.That(models[0].GetProperty("network").GetString(), Is.EqualTo("LSTM 8"));
        JsonElement layer = models[0].GetProperty("layers").EnumerateArray().Single();
        Assert.That((layer.GetProperty("kind").GetString(), layer.GetProperty("direction").GetString()), Is.EqualTo(("lstm", "forward")));
        Assert.That((layer.GetProperty("input_count").GetInt32(), layer.GetProperty("hidden_count").GetInt32()), Is.EqualTo((TestModels.Inputs, 8)));
        Assert.That(models[1].GetProperty("image_checksum").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task HealthTellsTheState()
    {
        using HttpResponseMessage answer = await SendAsync("/healthz");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        JsonElement health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("ok"));
        Assert.That(health.GetProperty("connected").GetBoolean(), Is.True);
        Assert.That(health.GetProperty("models").GetInt32(), Is.EqualTo(2));
        Assert.That(health.GetProperty("workers_alive").GetInt32(), Is.EqualTo(1));
        foreach (string name in new[] { "depth", "backlog_us", "malformed_frames", "requests", "telemetry_fallback" })
            Assert.That(health.GetProperty(name).GetInt64(), Is.GreaterThanOrEqualTo(0), name);
    }

    private Task<HttpResponseMessage> SendAsync(string path, HttpMethod? method = null, string? ifNoneMatch = null) =>
        GatewayHttp.SendAsync(_gateway.HttpPort, path, method, ifNoneMatch);
}
