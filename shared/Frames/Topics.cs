// MQTT topics. Everything lives under crime/v1/. The reply address is a part of the request topic, because the device's
// MQTT client cannot set a response topic.

namespace Crime.Frames;

/// <summary>Builds and takes apart the topics of the protocol.</summary>
public static class Topics
{
    /// <summary>Start of every topic.</summary>
    public const string Root = "crime/v1/";

    private const string RequestRoot = Root + "request/";
    private const string ResponseRoot = Root + "response/";
    private const string StatusRoot = Root + "status/";
    private const string RegimeRoot = Root + "regime/";
    private const string TelemetryRoot = Root + "telemetry/";
    private const string PresenceRoot = Root + "presence/";
    private const string ResultRoot = Root + "result/";
    private const string ModelsRoot = Root + "models/";
    private const string SettingsRoot = Root + "settings/";
    private const string AnswerRoot = Root + "answer/";

    /// <summary>Start of the topics of commands.</summary>
    public const string CommandRoot = Root + "command/";

    /// <summary>Start of the topics of recorded sequences.</summary>
    public const string RecordRoot = Root + "record/";

    /// <summary>Longest node id in letters.</summary>
    public const int MaxNodeIdLength = 32;

    /// <summary>Where <paramref name="board"/> sends requests and pings for <paramref name="gateway"/>.</summary>
    public static string Request(string gateway, string board) => RequestRoot + gateway + "/" + board;

    /// <summary>All requests and pings for <paramref name="gateway"/>.</summary>
    public static string RequestFilter(string gateway) => RequestRoot + gateway + "/+";

    /// <summary>Where responses and pongs for <paramref name="board"/> go.</summary>
    public static string Response(string board) => ResponseRoot + board;

    /// <summary>Retained status of a gateway.</summary>
    public static string Status(string gateway) => StatusRoot + gateway;

    /// <summary>The status of every gateway.</summary>
    public const string StatusFilter = StatusRoot + "+";

    /// <summary>Retained slow status of a gateway: it changes with the regime of the load.</summary>
    public static string Regime(string gateway) => RegimeRoot + gateway;

    /// <summary>The slow status of every gateway.</summary>
    public const string RegimeFilter = RegimeRoot + "+";

    /// <summary>Returns true when the topic is that of a gateway's slow status.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="gateway">The gateway's id.</param>
    public static bool IsRegime(string topic, out string gateway) => LastLevel(topic, RegimeRoot, out gateway);

    /// <summary>Finished inferences of a board.</summary>
    public static string Telemetry(string board) => TelemetryRoot + board;

    /// <summary>The telemetry of every board.</summary>
    public const string TelemetryFilter = TelemetryRoot + "+";

    /// <summary>Results of a board's inputs that are wanted behind the gateway.</summary>
    public static string Result(string board) => ResultRoot + board;

    /// <summary>The results of every board.</summary>
    public const string ResultFilter = ResultRoot + "+";

    /// <summary>Returns true when the topic is that of a board's results.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="board">The board's id.</param>
    public static bool IsResult(string topic, out string board) => LastLevel(topic, ResultRoot, out board);

    /// <summary>Commands for a board, as text. Only a board with a sensor receives them.</summary>
    public static string Command(string board) => CommandRoot + board;

    /// <summary>Sequences and signal of a board that records.</summary>
    public static string Record(string board) => RecordRoot + board;

    /// <summary>Retained birth or last will of a board.</summary>
    public static string Presence(string board) => PresenceRoot + board;

    /// <summary>The presence of every board.</summary>
    public const string PresenceFilter = PresenceRoot + "+";

    /// <summary>Returns true when the topic is that of a board's presence.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="board">The board's id.</param>
    public static bool IsPresence(string topic, out string board) => LastLevel(topic, PresenceRoot, out board);

    /// <summary>Retained list of the models that boards can download from a gateway.</summary>
    public static string Models(string gateway) => ModelsRoot + gateway;

    /// <summary>The models of every gateway.</summary>
    public const string ModelsFilter = ModelsRoot + "+";

    /// <summary>Returns true when the topic is that of a gateway's models.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="gateway">The gateway's id.</param>
    public static bool IsModels(string topic, out string gateway) => LastLevel(topic, ModelsRoot, out gateway);

    /// <summary>Retained settings for a board: a text, see <see cref="SettingsText"/>.</summary>
    public static string Settings(string board) => SettingsRoot + board;

    /// <summary>Returns true when the topic is that of a board's settings.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="board">The board's id.</param>
    public static bool IsSettings(string topic, out string board) => LastLevel(topic, SettingsRoot, out board);

    /// <summary>Answers of a board to settings: a line of text.</summary>
    public static string Answer(string board) => AnswerRoot + board;

    /// <summary>The answers of every board.</summary>
    public const string AnswerFilter = AnswerRoot + "+";

    /// <summary>Returns true when the topic is that of a board's answers.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="board">The board's id.</param>
    public static bool IsAnswer(string topic, out string board) => LastLevel(topic, AnswerRoot, out board);

    /// <summary>Whether the topic is a gateway's status.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="gateway">The gateway's id.</param>
    public static bool IsStatus(string topic, out string gateway) => LastLevel(topic, StatusRoot, out gateway);

    /// <summary>Whether the topic is a board's telemetry.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="board">The board's id.</param>
    public static bool IsTelemetry(string topic, out string board) => LastLevel(topic, TelemetryRoot, out board);

    /// <summary>Whether the topic is a request for <paramref name="gateway"/>.</summary>
    /// <param name="topic">A topic as received.</param>
    /// <param name="gateway">The receiving gateway's id.</param>
    /// <param name="board">The id of the board that waits for the answer.</param>
    public static bool IsRequest(string topic, string gateway, out string board) =>
        LastLevel(topic, RequestRoot + gateway + "/", out board);

    /// <summary>Whether a name may stand in a topic: 1 to 32 of a-z, A-Z, 0-9, '-', '_' and '.'.</summary>
    public static bool IsNodeId(string name)
    {
        if (name == null || name.Length < 1 || name.Length > MaxNodeIdLength) return false;
        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            bool allowed = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.';
            if (!allowed) return false;
        }
        return true;
    }

    private static bool LastLevel(string topic, string root, out string level)
    {
        level = null;
        if (topic == null || topic.Length <= root.Length) return false;
        // Letter by letter: String.StartsWith depends on the culture on .NET.
        for (int i = 0; i < root.Length; i++)
            if (topic[i] != root[i]) return false;
        string rest = topic.Substring(root.Length);
        if (!IsNodeId(rest)) return false;
        level = rest;
        return true;
    }
}
