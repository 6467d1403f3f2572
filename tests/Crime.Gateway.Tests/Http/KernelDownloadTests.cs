using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using Crime.Modelling.Compilation.Packaging;
using Crime.Packages;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

/// <summary>Compiled kernels as boards download them.</summary>
public sealed class KernelDownloadTests
{
    private const int ConcurrentCount = 16;

    private static readonly byte[] s_large = TestModels.Write("large", inputs: 40, hidden: 100, seed: 4, scale: 0.1f);

    private ModelFolder _models = null!;
    private RunningGateway _gateway = null!;
    private byte[] _package = null!;
    private string _tag = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _models = new ModelFolder(
            ("features.crime", TestModels.Features), ("large.crime", s_large), ("odd name.crime", TestModels.Tokens), ("slow.crime", TestModels.Slow));
        _gateway = await RunningGateway.StartAsync(RunningGateway.Options(_models.Path));
        _package = KernelPackager.Build(TestModels.Parse(ModelContainer.BoardImage(TestModels.Features)));
        _tag = Tag(_package);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _gateway.DisposeAsync();
        _models.Dispose();
    }

    [Test]
    public async Task AKernelIsThatOfTheImageUnderTheSameName()
    {
        using HttpResponseMessage answer = await SendAsync("/models/features.kernel");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo(_tag));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(_package.Length));
        Assert.That(answer.Headers.TransferEncodingChunked, Is.Not.True);
        byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.That(bytes, Is.EqualTo(_package));

        using HttpResponseMessage image = await SendAsync("/models/features.crime");
        ModelFile model = TestModels.Parse(await image.Content.ReadAsByteArrayAsync());
        KernelPackage read = Read(bytes);
        Assert.That((read.ModelId, read.FixedPointChecksum), Is.EqualTo((model.Id, model.FixedPointChecksum())));
    }

    [Test]
    public async Task HeadHasTheHeadersWithoutTheBytes()
    {
        using HttpResponseMessage answer = await SendAsync("/models/features.kernel", HttpMethod.Head);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo(_tag));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(_package.Length));
        Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task ABoardThatHasTheKernelGets304()
    {
        foreach (string tag in new[] { _tag, $"\"00000000\", {_tag}", "*" })
        {
            using HttpResponseMessage answer = await SendAsync("/models/features.kernel", ifNoneMatch: tag);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotModified), tag);
            Assert.That(answer.Headers.ETag?.ToString(), Is.EqualTo(_tag));
            Assert.That(await answer.Content.ReadAsByteArrayAsync(), Is.Empty);
        }
        using HttpResponseMessage other = await SendAsync("/models/features.kernel", ifNoneMatch: "\"00000000\"");
        Assert.That((other.StatusCode, (await other.Content.ReadAsByteArrayAsync()).Length), Is.EqualTo((HttpStatusCode.OK, _package.Length)));
    }

    [TestCase("/models/slow.kernel", "no fixed-point weights")]
    [TestCase("/models/large.kernel", "too large for a kernel over the air")]
    [TestCase("/models/nothing.kernel", "no model 'nothing'")]
    [TestCase("/models/Features.kernel", "no model 'Features'")]
    [TestCase("/models/odd%20name.kernel", "no such model")]
    [TestCase("/models/..%2Ffeatures.kernel", "no such model")]
    [TestCase("/models/.kernel", "/models/<name>.kernel")]
    public async Task AModelWithoutAKernelIsOneLineWithTheReason(string path, string reason)
    {
        using HttpResponseMessage answer = await SendAsync(path);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.That(text.TrimEnd('\n'), Does.Contain(reason).And.Not.Contains("\n"));
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(text.Length));
    }

    [Test]
    public async Task TheListHasTheKernels()
    {
        using HttpResponseMessage answer = await SendAsync("/models");
        Dictionary<string, JsonElement> models = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray()
            .ToDictionary(model => model.GetProperty("name").GetString()!);
        Assert.That($"\"{models["features"].GetProperty("kernel_checksum").GetString()}\"", Is.EqualTo(_tag));
        Assert.That(models["features"].GetProperty("kernel_size").GetInt32(), Is.EqualTo(_package.Length));
        foreach (string name in new[] { "large", "odd name", "slow" })
        {
            Assert.That(models[name].GetProperty("kernel_checksum").ValueKind, Is.EqualTo(JsonValueKind.Null), name);
            Assert.That(models[name].GetProperty("kernel_size").GetInt32(), Is.Zero, name);
        }
    }

    /// <summary>Requests that come together, before anybody has asked for the kernel.</summary>
    [Test]
    public async Task ConcurrentFirstRequestsGetTheSameKernelAndAChangedModelAnother()
    {
        using var folder = new ModelFolder(("m.crime", Version(1)));
        await using RunningGateway gateway = await RunningGateway.StartAsync(RunningGateway.Options(folder.Path));
        var registry = gateway.Part<ModelRegistry>();
        var tags = new List<string>();
        foreach (int version in new[] { 1, 2 })
        {
            byte[] file = Version(version);
            File.WriteAllBytes(Path.Combine(folder.Path, "m.crime.partial"), file);
            File.Move(Path.Combine(folder.Path, "m.crime.partial"), Path.Combine(folder.Path, "m.crime"), overwrite: true);
            await Deadline.UntilAsync(() => registry.ByName("m")!.Id == TestModels.Parse(file).Id, $"version {version}");
            byte[] expected = KernelPackager.Build(TestModels.Parse(file));
            (string Tag, byte[] Bytes)[] answers = await Task.WhenAll(Enumerable.Range(0, ConcurrentCount).Select(_ => DownloadAsync(gateway.HttpPort)));
            foreach ((string tag, byte[] bytes) in answers) Assert.That((tag, bytes.SequenceEqual(expected)), Is.EqualTo((Tag(expected), true)));
            tags.Add(answers[0].Tag);
        }
        Assert.That(tags, Is.Unique);
        using HttpResponseMessage stale = await GatewayHttp.SendAsync(gateway.HttpPort, "/models/m.kernel", ifNoneMatch: tags[0]);
        Assert.That(stale.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task AModelIsCompiledOnceAndAFailureIsOneLine()
    {
        var log = new LineLog<ModelLibrary>();
        var model = new GatewayModel(
            "large", new FloatModel(TestModels.Parse(s_large)), ModelContainer.BoardImage(s_large), new ServiceCost(1, 1), log);
        BoardKernel[] kernels = await Task.WhenAll(Enumerable.Range(0, ConcurrentCount).Select(_ => Task.Run(model.KernelAsync)));
        Assert.That(kernels, Has.All.SameAs(kernels[0]));
        Assert.That((kernels[0].Package, kernels[0].Checksum), Is.EqualTo(((byte[]?)null, 0u)));
        Assert.That(log.Lines.Single(), Does.StartWith("model large is served without a kernel: ").And.Contain(kernels[0].MissingReason));
    }

    [Test]
    public async Task ADefectIsLoggedAndAnsweredAsAMissingKernel()
    {
        var log = new LineLog<ModelLibrary>();
        byte[] damaged = ModelContainer.BoardImage(TestModels.Features);
        damaged[^10] ^= 1;
        BoardKernel kernel = await BoardKernel.CompileAsync("m", damaged, log);
        Assert.That(kernel.Package, Is.Null);
        Assert.That(kernel.MissingReason, Does.Contain("'m'").And.Contain("defect"));
        Assert.That(log.Lines.Single(), Does.Contain("model m is served without a kernel"));
    }

    private static byte[] Version(int seed) => TestModels.Write("m", TestModels.Inputs, hidden: 8, seed: 200 + seed);

    /// <summary>The CRC-32 at the end of the header is the ETag.</summary>
    private static string Tag(byte[] package) => $"\"{BitConverter.ToUInt32(package, BitConverter.ToUInt16(package, 6) - 4):x8}\"";

    private static KernelPackage Read(byte[] bytes)
    {
        var reader = new KernelPackageReader(int.MaxValue);
        Assert.That(reader.Feed(bytes, 0, bytes.Length), Is.EqualTo(KernelPackageError.None));
        return reader.Package;
    }

    private static async Task<(string Tag, byte[] Bytes)> DownloadAsync(int port)
    {
        using HttpResponseMessage answer = await GatewayHttp.SendAsync(port, "/models/m.kernel");
        return (answer.Headers.ETag!.ToString(), await answer.Content.ReadAsByteArrayAsync());
    }

    private Task<HttpResponseMessage> SendAsync(string path, HttpMethod? method = null, string? ifNoneMatch = null) =>
        GatewayHttp.SendAsync(_gateway.HttpPort, path, method, ifNoneMatch);
}
