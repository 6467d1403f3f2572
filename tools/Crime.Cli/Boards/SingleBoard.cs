// One virtual board by itself, for as long as its work takes or until somebody ends it.

using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;
using Crime.VirtualBoard.Boards;

namespace Crime.Cli.Boards;

/// <summary>What a single board works through.</summary>
/// <param name="DataPath">Folder of a data set; null for the bundled gestures.</param>
/// <param name="Count">How many inputs.</param>
internal sealed record InputChoice(string? DataPath, int Count);

/// <summary>A board with the firmware's Main on the flash of a folder.</summary>
internal sealed class SingleBoard : IDisposable
{
    private const int Seed = 1;

    private readonly string _name;
    private readonly BoardProfile _profile;
    private readonly string _folder;
    private readonly bool _hasInputs;
    private readonly bool _isTemporary;
    private readonly VirtualSensor? _sensor;

    private SingleBoard(string name, BoardProfile profile, string folder, VirtualSensor? sensor, bool hasInputs, bool isTemporary)
    {
        _sensor = sensor;
        _name = name;
        _profile = profile;
        _folder = folder;
        _hasInputs = hasInputs;
        _isTemporary = isTemporary;
    }

    /// <summary>A board whose flash has been set up before.</summary>
    /// <param name="folder">The flash.</param>
    /// <param name="profile">Which board it is.</param>
    /// <param name="sensor">A sensor to connect; null for none. The settings on the flash stay as they are.</param>
    public static SingleBoard On(string folder, BoardProfile profile, VirtualSensor? sensor) =>
        new(Path.GetFileName(Path.GetFullPath(folder)), profile, folder, sensor, hasInputs: false, isTemporary: false);

    /// <summary>A new board.</summary>
    /// <param name="folder">Where its flash will lie; null for a temporary place.</param>
    /// <param name="profile">Which board it is.</param>
    /// <param name="setup">Its settings.</param>
    /// <param name="inputs">What it works through; null for nothing.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="UserInputException">The inputs do not fit the model, or the folder cannot be written.</exception>
    public static async Task<SingleBoard> NewAsync(
        string? folder, BoardProfile profile, BoardSetup setup, InputChoice? inputs, CancellationToken cancellation)
    {
        byte[]? recording = inputs == null ? null : await RecordAsync(setup, inputs, cancellation);
        try
        {
            var board = new SingleBoard(
                setup.Id, profile, folder ?? Directory.CreateTempSubdirectory("crime-board-").FullName, setup.Sensor, inputs != null,
                isTemporary: folder == null);
            BoardFlash.Write(board._folder, setup, profile, recording);
            return board;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{folder}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Runs the board until it has worked through its inputs. When it asks for a reboot it starts again.</summary>
    /// <param name="serial">The other end of its serial line.</param>
    /// <param name="cancellation">Cuts the power.</param>
    /// <exception cref="BoardFailedException">The firmware crashed, or cannot use its inputs.</exception>
    public async Task RunAsync(ISerialEnd serial, CancellationToken cancellation)
    {
        BoardOutcome outcome;
        do
        {
            var options = new BoardOptions { Profile = _profile, FlashFolder = _folder };
            using var board = new Board(_sensor?.AttachTo(options) ?? options);
            if (_sensor != null) board.Pins.Written += OnPin;
            serial.Join(board.Serial);
            outcome = await BoardConsole.FollowAsync(_name, board, _hasInputs, serial.OnLine, cancellation);
            _sensor?.Pass(board.UptimeUs);
        }
        while (outcome == BoardOutcome.Reboot);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isTemporary) Directory.Delete(_folder, recursive: true);
    }

    private static void OnPin(int pin, bool isHigh, long atUs) =>
        Console.Error.WriteLine(FormattableString.Invariant($"GPIO {pin} {(isHigh ? "high" : "low")} at {atUs / 1e6:0.000} s"));

    private static async Task<byte[]> RecordAsync(BoardSetup setup, InputChoice inputs, CancellationToken cancellation)
    {
        ModelFile model = await GatewayModel.FetchAsync(setup, cancellation);
        Dataset data = inputs.DataPath == null
            ? GestureGenerator.Generate()
            : LoadedData.Read(inputs.DataPath, hasOutputs: model.Answer == AnswerKind.Sequence);
        new ModelInput(model).CheckFits(data);
        return RecordingWriter.Write(model, BoardInputs.Deal(data, 1, inputs.Count, Seed)[0]);
    }
}
