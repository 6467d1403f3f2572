using System.Collections.Generic;
using System.Net.Http;
using System.Threading.Tasks;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Http;

[Parallelizable(ParallelScope.Self)]
public sealed class OutOfMemoryTests
{
    private const int UploadSize = 60_000_000;

    /// <summary>A gateway without memory is no use, and an answer to systemd's watchdog may still be possible: the process ends, and is started again.</summary>
    [Test]
    public async Task AGatewayWithoutMemoryEnds()
    {
        using var models = new ModelFolder(("features.crime", TestModels.Features));
        int port = Ports.Free();
        await using GatewayProcess gateway = GatewayProcess.Start(
            new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x3000000" },
            $"--Broker:Port={Ports.Free()}", $"--Http:Port={port}", $"--Models:Folder={models.Path}");
        await GatewayHttp.UntilHealthyAsync(port);
        using var http = new HttpClient();
        using var content = new ByteArrayContent(new byte[UploadSize]);
        try
        {
            using HttpResponseMessage answer = await http.PutAsync($"http://127.0.0.1:{port}/models/large.crime", content);
        }
        catch (HttpRequestException)
        {
            // The gateway has ended while it read.
        }
        var (code, _, errors) = await gateway.EndAsync();
        Assert.That(code, Is.Not.Zero);
        Assert.That(errors, Has.Some.Contains("the gateway is out of memory"));
    }
}
