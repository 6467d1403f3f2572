// Takes the messages of the broker, and wakes the thread that waits for an answer.

using System.Threading;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Device.Offload;

/// <summary>The board's incoming messages. The MQTT client's thread delivers them, the main thread waits for answers.</summary>
internal sealed class Inbox : IMessageReceiver
{
    private readonly OpenRequest _request;
    private readonly BoardInbox _messages;
    private readonly AutoResetEvent _answered = new AutoResetEvent(false);
    private readonly InputFlow _flow;
    private RemoteCommands _commands;
    private string _commandTopic;
    private readonly AutoResetEvent _modelPublished = new AutoResetEvent(false);
    private byte[] _settings;

    /// <summary>Makes an inbox without a model.</summary>
    /// <param name="request">The request under way.</param>
    /// <param name="flow">Counts late answers, malformed frames, and the energy of messages that no input waits for.</param>
    /// <param name="modelName">Name of the board's model at the gateway.</param>
    public Inbox(OpenRequest request, InputFlow flow, string modelName)
    {
        _request = request;
        _flow = flow;
        Models = new ModelNotice(modelName);
        _messages = new BoardInbox(request, flow) { Models = Models };
    }

    /// <summary>Topic of the settings that are sent to the board. Set before the connection is made.</summary>
    public string SettingsTopic { get; set; } = "";

    /// <summary>The last text of settings that has come, of any length; null when there is none.</summary>
    public byte[] Settings => _settings;

    /// <summary>Learns which version of the model gateways serve.</summary>
    public ModelNotice Models { get; }

    /// <summary>Is set when a gateway has published another version of the model.</summary>
    public AutoResetEvent ModelPublished => _modelPublished;

    /// <summary>The last answer. It stays until the next request.</summary>
    public ResponseFrame Answer => _request.Answer;

    /// <summary>Time of the last answer in µs.</summary>
    public long AnsweredAtUs => _request.AnsweredAtUs;

    /// <summary>True while an answer waits to be read.</summary>
    public bool HasAnswer => _request.HasAnswer;

    /// <summary>Parts of outputs; null before <see cref="AskForPartials"/>.</summary>
    public PartialOutput Partials => _messages.Partials;

    /// <summary>Lets requests ask for parts of outputs. Called before the connection is made.</summary>
    public void AskForPartials()
    {
        _request.AskForPartials();
        _messages.Partials = new PartialOutput(_request);
    }

    /// <summary>Sets the model and its engine.</summary>
    /// <param name="modelId">Identity of the model.</param>
    /// <param name="engine">The engine, which learns from the messages; null while it is being made.</param>
    public void SetModel(uint modelId, MappingEngine engine) => _messages.SetModel(modelId, engine);

    /// <summary>Takes commands as well. Called before the connection is made.</summary>
    /// <param name="topic">Their topic.</param>
    /// <param name="commands">Receives them.</param>
    public void TakeCommands(string topic, RemoteCommands commands)
    {
        _commandTopic = topic;
        _commands = commands;
    }

    /// <summary>Releases the engine: another one needs its memory.</summary>
    public void ReleaseEngine() => _messages.ReleaseEngine();

    /// <summary>Opens a request. Answers to former ones are late from now on.</summary>
    /// <returns>Its sequence number.</returns>
    public uint Open()
    {
        _answered.Reset();
        return _request.Open(Clock.NowUs());
    }

    /// <summary>Opens a further request of a batch.</summary>
    /// <returns>Its sequence number.</returns>
    public uint OpenFurther() => _request.OpenFurther(Clock.NowUs());

    /// <summary>Closes the last request, which could not be sent.</summary>
    public void CloseLast() => _request.CloseLast();

    /// <summary>Closes all requests.</summary>
    public void Close() => _request.Close();

    /// <summary>Releases the answer, which was read.</summary>
    public void Release() => _request.Release();

    /// <summary>Releases a text of settings, which was read. One that has come meanwhile stays.</summary>
    /// <param name="text">The text.</param>
    public void ReleaseSettings(byte[] text)
    {
        if (_settings == text) _settings = null;
    }

    /// <summary>Waits for an answer. The requests stay open.</summary>
    /// <param name="timeoutUs">Longest time to wait in µs.</param>
    /// <returns>False when the time has passed.</returns>
    public bool Await(long timeoutUs) => HasAnswer || (timeoutUs > 0 && _answered.WaitOne((int)(timeoutUs + 999) / 1000, false));

    /// <inheritdoc/>
    public void OnMessage(string topic, byte[] payload, long nowUs)
    {
        // A frame begins with its version, a text with a letter. So the topics of frames are not compared.
        if (_commands != null && payload.Length > 0 && payload[0] >= ' ' && topic == _commandTopic)
        {
            if (!_commands.TryOffer(payload)) _flow.Counters.Malformed++;
            _flow.Background.OnReceived(1, nowUs, nowUs);
            return;
        }
        if ((payload.Length == 0 || payload[0] >= ' ') && topic == SettingsTopic)
        {
            // The broker forgets settings by an empty message.
            if (payload.Length > 0) _settings = payload;
            _flow.Background.OnReceived(1, nowUs, nowUs);
            return;
        }
        uint published = Models.Published;
        if (_messages.OnMessage(topic, payload, nowUs)) _answered.Set();
        if (Models.Published != published && Models.IsDue) _modelPublished.Set();
    }
}
