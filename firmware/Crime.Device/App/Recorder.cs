// Records a data set: reports the sequences of the live signal as the sensor gives them, instead of classifying them. It needs no model.
// SPEC.md, "The lines of a recorded sequence", has the form.

using System;
using System.Threading;
using Crime.Device.Inputs;
using Crime.Device.Offload;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Node;
using Crime.Recordings;

namespace Crime.Device.App;

/// <summary>Content that a listener receives.</summary>
internal enum RecordingMode
{
    /// <summary>Nothing.</summary>
    Off = 0,

    /// <summary>Sequences.</summary>
    On = 1,

    /// <summary>Sequences, and the signal as it comes.</summary>
    Live = 2,
}

/// <summary>Reports sequences on the console, over the broker, or on both. Used by the main thread.</summary>
internal sealed class Recorder
{
    /// <summary>Time in µs after the last command until the board classifies again: nobody may be left to switch the recording off.</summary>
    public const long LimitUs = 600_000_000;

    // Time from one look at the signal to the next.
    private const int PollMs = 10;

    // The signal is collected for that time: each message costs the radio more than its content.
    private const int FlushUs = 250_000;

    private readonly BoardInputs _inputs;
    private readonly SerialConsole _console;
    private readonly BrokerConnection _connection;
    private readonly BackgroundEnergy _background;
    private readonly string _topic;
    private RecordingMode _consoleMode;
    private RecordingMode _remoteMode;
    private LineWriter _line;
    private SequenceChecksum _checksum;
    private byte[] _message;
    private int _messageSize;
    private long _flushedUs;
    private long _signalUs;
    private long _untilUs;
    private uint _signalCount;
    private uint _count;

    /// <summary>Makes a recorder that is off. It allocates its buffers when it is switched on.</summary>
    /// <param name="inputs">Gives the live signal.</param>
    /// <param name="console">Receives the lines.</param>
    /// <param name="connection">Publishes the lines for those who listen over the broker.</param>
    /// <param name="background">Receives the energy of the messages.</param>
    /// <param name="boardId">The board's id.</param>
    public Recorder(BoardInputs inputs, SerialConsole console, BrokerConnection connection, BackgroundEnergy background, string boardId)
    {
        _inputs = inputs;
        _console = console;
        _connection = connection;
        _background = background;
        _topic = Topics.Record(boardId);
    }

    /// <summary>Commands over the broker.</summary>
    public RemoteCommands Remote { get; } = new RemoteCommands();

    /// <summary>True while sequences are reported instead of classified.</summary>
    public bool IsOn => _consoleMode != RecordingMode.Off || _remoteMode != RecordingMode.Off;

    /// <summary>Executes a command of the recorder and answers it, where it came from.</summary>
    /// <param name="command">The command in small letters.</param>
    /// <param name="isRemote">True when it came over the broker.</param>
    /// <returns>False when it is another command.</returns>
    public bool TryExecute(string command, bool isRemote)
    {
        switch (command)
        {
            case "record off": Switch(RecordingMode.Off, isRemote); return true;
            case "record on": Switch(RecordingMode.On, isRemote); return true;
            case "record live": Switch(RecordingMode.Live, isRemote); return true;
            default: return false;
        }
    }

    /// <summary>Reports a sequence that is complete, or the signal; waits a little when there is neither.</summary>
    public void Step()
    {
        long nowUs = Clock.NowUs();
        if (nowUs >= _untilUs)
        {
            Send(_line.Clear().Text(SequenceLines.Answer).Text("off: no command for ").Number(LimitUs / 1_000_000).Text(" s"), RecordingMode.On);
            Flush(nowUs);
            _consoleMode = _remoteMode = RecordingMode.Off;
            return;
        }
        LiveSource source = _inputs.Live.Source;
        if (source.Read() == InputState.Ready) Report(source);
        else Thread.Sleep(PollMs);
        if (_consoleMode == RecordingMode.Live || _remoteMode == RecordingMode.Live) ReportSignal(source, nowUs);
        if (_messageSize > 0 && nowUs - _flushedUs >= FlushUs) Flush(nowUs);
    }

    private void Switch(RecordingMode mode, bool isRemote)
    {
        if (_line == null) _line = new LineWriter();
        if (isRemote && _message == null) _message = new byte[SequenceLines.MostMessageBytes];
        string problem = mode == RecordingMode.Off ? null : _inputs.OpenLive();
        _line.Clear();
        if (problem != null)
        {
            Answer(_line.Text(SequenceLines.Refusal).Text(problem), isRemote);
            return;
        }
        if (mode != RecordingMode.Off) Begin();
        if (isRemote) _remoteMode = mode;
        else _consoleMode = mode;
        _line.Text(SequenceLines.Answer).Text(mode == RecordingMode.Off ? "off" : mode == RecordingMode.On ? "on" : "live");
        if (mode != RecordingMode.Off)
        {
            _line.Text(" channels=").Number(_inputs.Live.Ring.Channels).Text(" rate-mhz=").Number(_inputs.Live.RateMilliHz)
                .Text(" next=").Number(_count + 1L);
        }
        Answer(_line, isRemote);
    }

    private void Begin()
    {
        _untilUs = Clock.NowUs() + LimitUs;
        if (_checksum == null) _checksum = new SequenceChecksum(_inputs.Live.Ring.Channels);
        // A sequence of before the command is none that somebody has recorded.
        if (!IsOn) _inputs.Live.Source.PassBy();
    }

    private void Answer(LineWriter line, bool isRemote)
    {
        if (!isRemote)
        {
            _console.Write(line);
            return;
        }
        Collect(line);
        Flush(Clock.NowUs());
    }

    private void Report(LiveSource source)
    {
        short[] raw = source.Raw;
        int length = source.Length, channels = _inputs.Live.Ring.Channels, rateMilliHz = _inputs.Live.RateMilliHz;
        _count++;
        Send(
            Begun().Text(" len=").Number(length).Text(" channels=").Number(channels).Text(" rate-mhz=").Number(rateMilliHz)
                .Text(" crc=").Hex(_checksum.Of(_count, length, rateMilliHz, raw)),
            RecordingMode.On);
        int most = SequenceLines.StepsPerLine(channels);
        for (int at = 0; at < length; at += most)
        {
            int steps = length - at < most ? length - at : most;
            Send(Begun().Text(" at=").Number(at).Text(" data=").Base64(raw, at * channels, steps * channels), RecordingMode.On);
        }
        Send(Begun().Text(" end"), RecordingMode.On);
        Flush(Clock.NowUs());
    }

    private LineWriter Begun() => _line.Clear().Text(SequenceLines.Sequence).Text("id=").Number(_count);

    private void ReportSignal(LiveSource source, long nowUs)
    {
        uint count = _inputs.Live.Ring.Count;
        if (count == _signalCount || nowUs - _signalUs < SequenceLines.SignalIntervalUs) return;
        _signalCount = count;
        _signalUs = nowUs;
        short[] step = source.Step;
        _line.Clear().Text(SequenceLines.Signal);
        for (int i = 0; i < step.Length; i++) _line.Text(" ").Number(step[i]);
        Send(_line, RecordingMode.Live);
    }

    /// <summary>Writes a line for all listeners of a mode.</summary>
    private void Send(LineWriter line, RecordingMode least)
    {
        if (_consoleMode >= least) _console.Write(line);
        if (_remoteMode >= least) Collect(line);
    }

    private void Collect(LineWriter line)
    {
        if (_messageSize + line.Length + 1 > _message.Length) Flush(Clock.NowUs());
        Array.Copy(line.Bytes, 0, _message, _messageSize, line.Length);
        _messageSize += line.Length;
        _message[_messageSize++] = (byte)'\n';
    }

    private void Flush(long nowUs)
    {
        _flushedUs = nowUs;
        if (_messageSize == 0) return;
        var payload = new byte[_messageSize];
        Array.Copy(_message, 0, payload, 0, _messageSize);
        _messageSize = 0;
        // Without a connection the lines are lost. The listener sees the gap by the number of the next sequence.
        if (_connection.Publish(_topic, payload, false)) _background.OnSent(payload.Length, nowUs);
    }
}
