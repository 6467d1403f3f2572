using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Compilation.Packaging;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard.Boards;
using Crime.VirtualBoard.Tests.Duty;
using Crime.VirtualBoard.Tests.Model;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.Assemblies;

/// <summary>The firmware's own Main with a kernel package on its flash.</summary>
public sealed class FirmwareTests
{
    private const int LimitMs = 300_000;

    [TestCase(2, 4, 1)]
    [TestCase(13, 32, 2)]
    public async Task TheFirmwareRunsTheKernelOfItsPackage(int inputs, int hidden, int parts)
    {
        byte[] model = LoadedModels.Make(CellKind.Lstm, inputs, [hidden]);
        List<string> lines = await RunAsync(model, KernelPackager.Build(LoadedModels.Read(model)), isKept: true);
        Assert.That(lines, Has.Some.Matches($"loaded: [0-9]+ bytes in {parts} assemblies"));
        Assert.That(lines, Has.Some.Contains(" kernel=compiled "));
    }

    /// <summary>The package's own checksums are right, those of its assembly are not.</summary>
    [Test]
    public async Task TheFirmwareGoesOnWithoutADamagedAssembly()
    {
        byte[] model = LoadedModels.Make(CellKind.Lstm, 2, [4]);
        KernelAssemblies compiled = KernelAssemblies.Compile(LoadedModels.Read(model));
        compiled.Parts[0][^3] ^= 1;
        List<string> lines = await RunAsync(model, KernelPackager.Pack(LoadedModels.Read(model), compiled), isKept: false);
        Assert.That(lines, Has.Some.Contains("cannot be loaded: the assembly is damaged"));
        Assert.That(lines, Has.Some.Contains(" kernel=table "));
    }

    private static async Task<List<string>> RunAsync(byte[] model, byte[] package, bool isKept)
    {
        const string settings = "board.id=air\nwifi.ssid=x\nbroker.host=127.0.0.1\nbroker.port=1\nhttp.port=0\nmapping=local\n";
        ModelFile read = LoadedModels.Read(model);
        var sequence = new LabelledSequence(0, "class 0", 4, new float[4 * read.InputCount], []);
        string flash = FirmwareFlash.Make(settings, model, RecordingWriter.Write(read, [sequence, sequence]));
        await File.WriteAllBytesAsync(Path.Combine(flash, "kernel.new"), package);
        using var board = new Board(new BoardOptions { Profile = TestBoards.Profile, FlashFolder = flash });
        board.Start();
        var lines = new List<string>();
        using var limit = new CancellationTokenSource(LimitMs);
        await foreach (string line in board.Serial.Lines.ReadAllAsync(limit.Token))
        {
            lines.Add(line);
            if (line.StartsWith("END ", StringComparison.Ordinal)) break;
        }
        TestContext.Out.WriteLine(string.Join('\n', lines));
        Assert.That(board.Crash, Is.Null);
        Assert.That(lines[^1], Does.StartWith("END inputs=2 local=2 "));
        Assert.That(File.Exists(Path.Combine(flash, "kernel.pkg")), Is.EqualTo(isKept));
        return lines;
    }
}
