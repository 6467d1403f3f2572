// Settings that change while the board runs: typed on the console, or sent over the air. A text is taken as a whole or not at all. It is on the
// flash before it has an effect. What cannot change in a running board changes by a restart.

using System.Collections;
using System.Text;
using System.Threading;
using Crime.Device.Offload;
using Crime.Device.Settings;
using Crime.Device.Terminal;
using Crime.Frames;
using Crime.Node;

namespace Crime.Device.App;

/// <summary>Takes settings. Used by the main thread.</summary>
internal sealed class SettingsKeeper
{
    private const string Password = ".password";

    // Time for the MQTT client's thread to send an answer.
    private const int AnswerMs = 100;

    private readonly BoardSettings _settings;
    private readonly IBoardCommands _board;
    private readonly Report _report;
    private readonly BrokerConnection _connection;
    private readonly Inbox _inbox;
    private readonly BackgroundEnergy _background;

    /// <summary>Makes a keeper.</summary>
    /// <param name="settings">The settings of this start.</param>
    /// <param name="board">Changes what can change while it runs.</param>
    /// <param name="report">Receives a line about each text.</param>
    /// <param name="connection">Carries the answers.</param>
    /// <param name="inbox">Has the texts that are sent to the board.</param>
    /// <param name="background">Receives the energy of the answers.</param>
    public SettingsKeeper(
        BoardSettings settings, IBoardCommands board, Report report, BrokerConnection connection, Inbox inbox, BackgroundEnergy background)
    {
        _settings = settings;
        _board = board;
        _report = report;
        _connection = connection;
        _inbox = inbox;
        _background = background;
        inbox.SettingsTopic = connection.SettingsTopic;
    }

    /// <summary>True when a setting has changed that this start of the board cannot take.</summary>
    public bool IsRestartDue { get; private set; }

    /// <summary>Takes a text that has come over the air since the last call, and answers.</summary>
    public void Poll()
    {
        byte[] message = _inbox.Settings;
        if (message == null) return;
        uint hash = SettingsText.HashOf(message);
        string kept = SentSettings.Load(out uint last, out _);
        // The broker delivers the last text at each connection.
        if (hash != last)
        {
            string problem = Take(message, kept, hash);
            if (problem != null)
            {
                // A refused text is refused once, and not at each connection.
                SentSettings.Save(kept, hash);
                Answer(AnswerTo(hash, problem, false));
            }
        }
        _inbox.ReleaseSettings(message);
    }

    /// <summary>Takes a typed setting.</summary>
    /// <param name="line">The setting as key=value.</param>
    /// <returns>What is wrong, or null.</returns>
    public string Type(string line)
    {
        string problem = SettingsText.Problem(line, false);
        return problem ?? Apply(line, SentSettings.Load(out uint last, out _), last, false);
    }

    /// <summary>Writes a line for each setting that the files have.</summary>
    public void Print()
    {
        string sent = SentSettings.Load(out _, out string problem);
        if (problem != null) _report.Text("settings: " + problem);
        _report.Text("settings: the board is " + _settings.BoardId);
        string[] lines = SettingsFile.ReadText(new ArrayList()).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim(), key = SettingsText.KeyOf(line);
            if (key.Length > 0 && SettingsText.Find(sent, key) == null) Print(line, key, "");
        }
        lines = sent.Split('\n');
        for (int i = 0; i < lines.Length; i++) Print(lines[i], SettingsText.KeyOf(lines[i]), " (set later)");
    }

    private void Print(string line, string key, string remark)
    {
        if (key.Length == 0) return;
        bool isSecret = key.Length > Password.Length && key.Substring(key.Length - Password.Length) == Password;
        _report.Text("settings: " + (isSecret ? key + "=***" : line) + remark);
    }

    private string Take(byte[] message, string kept, uint hash)
    {
        if (message.Length > SettingsText.MaxSize) return "the text has more than 1024 bytes";
        string text = Encoding.UTF8.GetString(message, 0, message.Length);
        return SettingsText.Problem(text, true) ?? Apply(text, kept, hash, true);
    }

    /// <summary>Puts settings into use.</summary>
    /// <param name="text">The settings.</param>
    /// <param name="kept">Those that were set before.</param>
    /// <param name="hash">Hash of the last text that has come over the air.</param>
    /// <param name="isRemote">True when these are that text, which has an answer.</param>
    /// <returns>What is wrong, or null.</returns>
    private string Apply(string text, string kept, uint hash, bool isRemote)
    {
        string problem = SettingsFile.ProblemOf(text);
        if (problem != null) return problem;
        string merged = SettingsText.Merge(kept, text);
        if (merged.Length > SentSettings.MaxSizeBytes) return "there is no room for more settings";
        var remarks = new ArrayList();
        string file = SettingsFile.ReadText(remarks);
        int start = remarks.Count;
        // The contradictions that the settings had before.
        SettingsFile.Combine(file, kept, remarks);
        var problems = new ArrayList();
        BoardSettings next = SettingsFile.Combine(file, merged, problems);
        for (int i = 0; i < problems.Count; i++)
            if (!Has(remarks, start, (string)problems[i])) return Reason((string)problems[i]);
        bool needsRestart = IsRestartDue || NeedsRestart(text, kept, file);
        string answer = isRemote ? AnswerTo(hash, null, needsRestart) : null;
        problem = SentSettings.Save(merged, hash);
        if (problem != null) return problem;
        IsRestartDue = needsRestart;
        if (isRemote)
        {
            Answer(answer);
            // With another objective the board may leave its broker at once.
            Thread.Sleep(AnswerMs);
        }
        Use(text, next);
        return null;
    }

    /// <summary>Changes what changes in a running board.</summary>
    private void Use(string text, BoardSettings next)
    {
        if (SettingsText.Find(text, "objective") != null) _board.SetObjective(next.Objective);
        if (SettingsText.Find(text, "mapping") != null) _board.SetMapping(next.Mapping);
        if (SettingsText.Find(text, "result.vote") != null || SettingsText.Find(text, "result.least-confidence") != null) _board.SetCertainty(next.Results);
    }

    /// <summary>Returns a remark of the settings file without its end: here nothing is ignored.</summary>
    private static string Reason(string remark) =>
        remark.EndsWith(SettingsFile.Ignored) ? remark.Substring(0, remark.Length - SettingsFile.Ignored.Length) : remark;

    private static bool Has(ArrayList remarks, int start, string remark)
    {
        for (int i = start; i < remarks.Count; i++)
            if ((string)remarks[i] == remark) return true;
        return false;
    }

    private static bool NeedsRestart(string text, string kept, string file)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string key = SettingsText.KeyOf(lines[i].Trim());
            if (key.Length == 0 || IsChangedAtOnce(key)) continue;
            string former = SettingsText.Find(kept, key) ?? SettingsText.Find(file, key);
            if (former == null || former != SettingsText.Find(text, key)) return true;
        }
        return false;
    }

    private static bool IsChangedAtOnce(string key) =>
        key == "objective" || key == "mapping" || key == "result.vote" || key == "result.least-confidence";

    private static string AnswerTo(uint hash, string problem, bool needsRestart)
    {
        LineWriter line = new LineWriter().Text(problem == null ? SettingsText.Taken : SettingsText.Refused).Text(" ").Hex(hash);
        if (problem != null) line.Text(" ").Text(problem);
        else if (needsRestart) line.Text(" after a restart");
        return line.ToString();
    }

    private void Answer(string text)
    {
        _report.Text("settings: " + text);
        byte[] payload = Encoding.UTF8.GetBytes(text);
        if (_connection.Publish(Topics.Answer(_settings.BoardId), payload, false)) _background.OnSent(payload.Length, Clock.NowUs());
    }
}
