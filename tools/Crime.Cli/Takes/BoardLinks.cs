// The two ways to a board that records: its serial console, and the broker.

using System;
using System.Buffers;
using System.IO.Ports;
using System.Text;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Frames;
using MQTTnet;
using MQTTnet.Protocol;

namespace Crime.Cli.Takes;

/// <summary>Lines of a board, and commands to it.</summary>
internal interface IBoardLink : IDisposable
{
    /// <summary>Advice for a person when no board answers.</summary>
    string Advice { get; }

    /// <summary>The lines; completes when the link has ended.</summary>
    ChannelReader<string> Lines { get; }

    /// <summary>Opens the link.</summary>
    /// <exception cref="Crime.Modelling.UserInputException">It cannot be opened.</exception>
    Task OpenAsync(CancellationToken cancellation);

    /// <summary>Sends a command. A link that has ended drops it.</summary>
    Task SendAsync(string command, CancellationToken cancellation);
}

/// <summary>The console of a board on a cable.</summary>
/// <param name="port">Name of a port, or path of a terminal device.</param>
/// <param name="baud">Bits per second.</param>
internal sealed class SerialLink(string port, int baud) : IBoardLink
{
    private const int BufferSize = 4096;

    // Bytes without an end within this length are no line.
    private const int MostLineBytes = 4096;

    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private SerialPort? _serial;

    /// <inheritdoc/>
    public string Advice => $"is it the port of the board's console, and has it {baud} baud?";

    /// <inheritdoc/>
    public ChannelReader<string> Lines => _lines.Reader;

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellation)
    {
        try
        {
            _serial = SerialPorts.Open(port, baud);
        }
        catch (Exception e) when (SerialPorts.IsTrouble(e))
        {
            throw SerialPorts.Refusal(port, e);
        }
        // A read of a port can be neither cancelled nor awaited.
        new Thread(Read) { IsBackground = true, Name = "board to record" }.Start();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task SendAsync(string command, CancellationToken cancellation)
    {
        try
        {
            // The first end closes what somebody has typed before.
            _serial?.Write($"\n{command}\n");
        }
        catch (Exception e) when (SerialPorts.IsTrouble(e))
        {
            _lines.Writer.TryComplete();
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _serial?.Dispose();

    private void Read()
    {
        var buffer = new byte[BufferSize];
        var line = new StringBuilder();
        try
        {
            for (int count = _serial!.BaseStream.Read(buffer); count > 0; count = _serial.BaseStream.Read(buffer))
                foreach (byte letter in buffer.AsSpan(0, count)) Take(letter, line);
        }
        catch (Exception e) when (SerialPorts.IsTrouble(e))
        {
            // The end of the lines reports it.
        }
        _lines.Writer.TryComplete();
    }

    private void Take(byte letter, StringBuilder line)
    {
        if (letter == '\n')
        {
            _lines.Writer.TryWrite(line.ToString().TrimEnd('\r'));
            line.Clear();
        }
        else if (line.Length < MostLineBytes)
        {
            line.Append((char)letter);
        }
    }
}

/// <summary>A board behind a broker.</summary>
/// <param name="broker">Where the broker listens.</param>
/// <param name="board">The board's id.</param>
internal sealed class MqttLink(BrokerEndpoint broker, string board) : IBoardLink
{
    private readonly string _clientId = "record-" + Guid.NewGuid().ToString("n")[..12];
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    /// <inheritdoc/>
    public string Advice => $"is '{board}' connected to this broker, has it a sensor (sensor= in its settings), and is its radio always on?";

    /// <inheritdoc/>
    public ChannelReader<string> Lines => _lines.Reader;

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellation)
    {
        _client.ApplicationMessageReceivedAsync += e =>
        {
            foreach (string line in Encoding.Latin1.GetString(e.ApplicationMessage.Payload.ToArray()).Split('\n'))
                if (line.Length > 0) _lines.Writer.TryWrite(line);
            return Task.CompletedTask;
        };
        _client.DisconnectedAsync += e =>
        {
            if (e.ClientWasConnected) _lines.Writer.TryComplete();
            return Task.CompletedTask;
        };
        try
        {
            await BoardBroker.ConnectAsync(_client, broker, _clientId, Topics.Record(board), cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            throw BoardBroker.Refusal(broker, e);
        }
    }

    /// <inheritdoc/>
    public async Task SendAsync(string command, CancellationToken cancellation)
    {
        try
        {
            await _client.PublishStringAsync(Topics.Command(board), command, MqttQualityOfServiceLevel.AtMostOnce, retain: false, cancellation);
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            _lines.Writer.TryComplete();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
