// Settings on their way to boards. A board reads its text from the broker, which retains it, and answers with one line. Until then further settings
// join the text: a board that is off must not miss the former ones.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Crime.Frames;
using Crime.Gateway.Broker;
using Crime.Gateway.Counting;

namespace Crime.Gateway.Boards;

/// <summary>The last text for a board.</summary>
/// <param name="Lines">Its settings, a line each.</param>
/// <param name="Payload">The text as it is sent.</param>
/// <param name="SentAt">Time at which it was sent.</param>
/// <param name="Answer">The board's answer; null while there is none.</param>
public sealed record SentText(string Lines, byte[] Payload, DateTimeOffset SentAt, string? Answer)
{
    /// <summary>Number that names the text in the answer, eight hexadecimal digits.</summary>
    public string Hash { get; } = SettingsText.HashOf(Payload).ToString("x8", CultureInfo.InvariantCulture);
}

/// <summary>Sends settings to boards. Thread-safe.</summary>
public sealed class BoardSettingsSender
{
    /// <summary>Most boards with a text.</summary>
    public const int MaxBoards = 4096;

    /// <summary>Longest answer of a board in bytes.</summary>
    public const int MaxAnswerSize = 256;

    private readonly object _lock = new();
    private readonly Dictionary<string, SentText> _texts = [];
    private readonly Outbox _outbox;
    private readonly GatewayCounters _counters;
    private readonly TimeProvider _time;

    /// <summary>Makes a sender that has sent nothing.</summary>
    /// <param name="outbox">Sends the texts.</param>
    /// <param name="counters">Count answers that cannot be read.</param>
    /// <param name="time">The clock.</param>
    public BoardSettingsSender(Outbox outbox, GatewayCounters counters, TimeProvider time)
    {
        _outbox = outbox;
        _counters = counters;
        _time = time;
    }

    /// <summary>True when there is a broker to publish at.</summary>
    public bool IsConnected => _outbox.IsOpen;

    /// <summary>Sends settings.</summary>
    /// <param name="board">The board's id.</param>
    /// <param name="lines">Lines of settings in the right form.</param>
    /// <param name="joins">True to keep the settings of a text that the board has not answered; false to replace it.</param>
    /// <param name="problem">Why nothing was sent, when null is returned.</param>
    public SentText? Send(string board, string lines, bool joins, out string? problem)
    {
        lock (_lock)
        {
            bool isKnown = _texts.TryGetValue(board, out SentText? former);
            string merged = SettingsText.Merge(joins && former is { Answer: null } ? former.Lines : "", lines);
            DateTimeOffset now = _time.GetUtcNow();
            // The time makes two texts with the same settings different, so that the board takes the second one as well.
            byte[] payload = Encoding.UTF8.GetBytes($"# {now.UtcDateTime:O}\n{merged}");
            problem = payload.Length > SettingsText.MaxSize ? $"the settings that the board has not taken yet would have more than {SettingsText.MaxSize} bytes"
                : !isKnown && _texts.Count >= MaxBoards ? "there are settings for too many boards" : null;
            if (problem != null) return null;
            SentText text = _texts[board] = new SentText(merged, payload, now, null);
            Publish(board, text);
            return text;
        }
    }

    /// <summary>The last text for a board; null when none was sent since the start.</summary>
    public SentText? Find(string board)
    {
        lock (_lock) return _texts.GetValueOrDefault(board);
    }

    /// <summary>Takes the answer of a board. One to another text changes nothing.</summary>
    /// <param name="board">The board's id.</param>
    /// <param name="bytes">Foreign bytes.</param>
    public void OnAnswer(string board, byte[] bytes)
    {
        string line = Encoding.UTF8.GetString(bytes);
        string[] words = line.Split(' ', 3);
        if (bytes.Length > MaxAnswerSize || words.Length < 2 || words[0] is not (SettingsText.Taken or SettingsText.Refused))
        {
            _counters.MalformedFrames.Increment();
            return;
        }
        lock (_lock)
        {
            if (_texts.TryGetValue(board, out SentText? text) && text.Hash == words[1]) _texts[board] = text with { Answer = line };
        }
    }

    /// <summary>Sends all texts again: the broker may have lost what it retained.</summary>
    public void PublishAll()
    {
        lock (_lock)
        {
            foreach (var (board, text) in _texts) Publish(board, text);
        }
    }

    private void Publish(string board, SentText text) => _outbox.Send(Topics.Settings(board), text.Payload, isRetained: true);
}
