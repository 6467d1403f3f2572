// A gateway process and the virtual boards that use it, for tests of the whole path.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>Ports and folders that a gateway and its boards share.</summary>
internal sealed class BoardSite : IAsyncDisposable
{
    /// <summary>Profile of the boards.</summary>
    public const string ProfileName = "esp32-devkitc";

    /// <summary>
    /// Settings of a board whose inputs go to the gateway on a busy machine as well: a late answer counts. A kernel that comes over the air would begin the
    /// mapping anew, and until the next status all inputs would be computed here.
    /// </summary>
    public const string Patient = "kernel=table\nhedge=off\ntimeout.margin-ms=2000\ntimeout.max-ms=10000\n";

    private readonly string _folder;
    private GatewayProcess? _gateway;

    /// <summary>Makes a site without a gateway.</summary>
    /// <param name="folder">An empty folder for flashes and models.</param>
    public BoardSite(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(Models);
        Directory.CreateDirectory(Flash);
    }

    /// <summary>The bundled model.</summary>
    public static byte[] Gestures { get; } = File.ReadAllBytes(Path.Combine(TestContext.CurrentContext.TestDirectory, "models", "gestures.crime"));

    /// <summary>Port of the gateway's broker.</summary>
    public int BrokerPort { get; } = Ports.Free();

    /// <summary>Port of the gateway's HTTP endpoint.</summary>
    public int HttpPort { get; } = Ports.Free();

    /// <summary>Folder of the gateway's models.</summary>
    public string Models => Path.Combine(_folder, "models");

    /// <summary>Flash of the board.</summary>
    public string Flash => Path.Combine(_folder, "flash");

    /// <summary>Starts the gateway with a model, and waits until it serves.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="file">The model.</param>
    public Task ServeAsync(string name, byte[] file)
    {
        File.WriteAllBytes(Path.Combine(Models, name + ".crime"), file);
        return StartGatewayAsync();
    }

    /// <summary>Starts the gateway, also after <see cref="DisposeAsync"/>, and waits until it serves.</summary>
    /// <param name="more">Options beside ports and models.</param>
    public async Task StartGatewayAsync(params string[] more)
    {
        _gateway = GatewayProcess.Start([$"--Broker:Port={BrokerPort}", $"--Http:Port={HttpPort}", $"--Models:Folder={Models}", .. more]);
        await GatewayHttp.UntilHealthyAsync(HttpPort);
    }

    /// <summary>Writes the board's flash.</summary>
    /// <param name="file">The model on the board, and that of the inputs.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="settings">Lines of the settings file beside those that lead to the gateway.</param>
    /// <param name="hasModel">True when the board has the model already.</param>
    public void WriteFlash(byte[] file, IReadOnlyList<LabelledSequence> inputs, string settings, bool hasModel = true)
    {
        ModelFile model = ModelLoading.Parse(file, "the model");
        File.WriteAllBytes(Path.Combine(Flash, "inputs.recording"), RecordingWriter.Write(model, inputs.ToList()));
        if (hasModel) File.WriteAllBytes(Path.Combine(Flash, "model.crime"), ModelContainer.BoardImage(file));
        File.WriteAllText(
            Path.Combine(Flash, "crime.cfg"),
            $"board.id=small\nwifi.ssid=test\nbroker.host=127.0.0.1\nbroker.port={BrokerPort}\nhttp.host=127.0.0.1\nhttp.port={HttpPort}\n"
            + $"model.name={model.Name}\n{settings}");
    }

    /// <summary>Powers a board with this flash.</summary>
    /// <param name="heapBytes">Bytes of its heap; null for no limit.</param>
    /// <param name="profile">The board; null for that of <see cref="ProfileName"/>.</param>
    public Board Power(int? heapBytes = null, BoardProfile? profile = null)
    {
        var board = new Board(new BoardOptions { Profile = profile ?? BoardProfile.Bundled(ProfileName), FlashFolder = Flash, HeapBytes = heapBytes });
        board.Start();
        return board;
    }

    /// <summary>Reads the console up to a line.</summary>
    /// <param name="board">The board.</param>
    /// <param name="start">Start of that line.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The lines, that one included.</returns>
    public static async Task<List<string>> ReadUntilAsync(Board board, string start, CancellationToken cancellation)
    {
        var lines = new List<string>();
        try
        {
            await foreach (string line in board.Serial.Lines.ReadAllAsync(cancellation))
            {
                lines.Add(line);
                if (line.StartsWith(start, StringComparison.Ordinal)) return lines;
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"no line '{start}' in time: {string.Join(" | ", lines)}");
        }
        Assert.Fail($"the board ended: {string.Join(" | ", lines)} {board.Crash}");
        return lines;
    }

    /// <summary>Ends the gateway, and returns its log.</summary>
    public async Task<string> EndGatewayAsync()
    {
        _gateway!.Terminate();
        var (_, output, _) = await _gateway.EndAsync();
        return output;
    }

    /// <summary>Ends the gateway; no effect without one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_gateway != null) await _gateway.DisposeAsync();
        _gateway = null;
    }
}
