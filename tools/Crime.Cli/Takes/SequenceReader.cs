// From the lines of a board that records to sequences. Whatever happens to the lines, a sequence comes out as a whole or is reported as lost.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using Crime.Binary;
using Crime.Frames;
using Crime.Recordings;

namespace Crime.Cli.Takes;

/// <summary>Puts sequences together. Other lines of the board are passed by.</summary>
internal sealed partial class SequenceReader
{
    private readonly List<RecordEvent> _events = [];

    // The sequence whose lines are coming; null between two sequences.
    private Partial? _current;

    // Number of the next sequence; 0 while it is not known.
    private uint _next;

    /// <summary>Takes a line, without its end.</summary>
    /// <returns>What it completes; often nothing.</returns>
    public IReadOnlyList<RecordEvent> Feed(string line)
    {
        _events.Clear();
        if (line.StartsWith(SequenceLines.Sequence, StringComparison.Ordinal)) OnSequenceLine(line);
        else if (line.StartsWith(SequenceLines.Answer, StringComparison.Ordinal)) OnAnswer(line);
        else if (Signal().IsMatch(line)) OnSignal(line);
        else if (line.StartsWith("CRIME board ", StringComparison.Ordinal)) OnRestart();
        else if (line.StartsWith("? 'record ", StringComparison.Ordinal)) _events.Add(new Refused("its firmware has no command 'record'; flash a newer one"));
        return _events.ToArray();
    }

    private void OnSequenceLine(string line)
    {
        if (Header().Match(line) is { Success: true } header) OnHeader(header);
        else if (Data().Match(line) is { Success: true } data) OnPart(data, partial => partial.Add(data.Groups[2].Value, data.Groups[3].Value));
        else if (End().Match(line) is { Success: true } end) OnPart(end, Complete);
        else if (_current != null) Lose(_current.Id, "a line is damaged");
    }

    private void OnHeader(Match header)
    {
        if (_current != null) Lose(_current.Id, "its end is missing");
        Partial? partial = Partial.Of(header);
        // A damaged number of the sequence fails the checksum.
        if (partial != null) _current = partial;
    }

    private void OnPart(Match line, Func<Partial, string?> add)
    {
        if (!uint.TryParse(line.Groups[1].Value, CultureInfo.InvariantCulture, out uint id)) return;
        // The rest of a sequence that is lost already, or whose first line is missing: the number of a later one shows that.
        if (_current == null) return;
        string? problem = id != _current.Id ? "its end is missing" : add(_current);
        if (problem != null) Lose(_current.Id, problem);
    }

    private string? Complete(Partial partial)
    {
        if (partial.Problem() is { } problem) return problem;
        LoseUpTo(partial.Id);
        _events.Add(new SequenceArrived(partial.Id, partial.Length, partial.Channels, partial.Values));
        _current = null;
        _next = partial.Id + 1;
        return null;
    }

    private void OnAnswer(string line)
    {
        if (_current != null) Lose(_current.Id, "its end is missing");
        if (line.StartsWith(SequenceLines.Refusal, StringComparison.Ordinal))
        {
            _events.Add(new Refused(line[SequenceLines.Refusal.Length..]));
            return;
        }
        Match on = On().Match(line);
        if (!on.Success)
        {
            if (line.StartsWith(SequenceLines.Answer + "off", StringComparison.Ordinal)) _events.Add(new Answered(false, 0, 0));
            return;
        }
        uint next = uint.Parse(on.Groups[3].Value, CultureInfo.InvariantCulture);
        LoseUpTo(next);
        _next = next;
        _events.Add(new Answered(true, Number(on.Groups[1].Value), Number(on.Groups[2].Value)));
    }

    private void OnSignal(string line)
    {
        string[] words = line.Split(' ')[1..];
        if (words.All(word => short.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
            _events.Add(new SignalArrived([.. words.Select(word => short.Parse(word, CultureInfo.InvariantCulture))]));
    }

    private void OnRestart()
    {
        if (_current != null) Lose(_current.Id, "the board has started anew");
        _next = 0;
        _events.Add(new Restarted());
    }

    /// <summary>Reports the sequences before this one that have not come.</summary>
    private void LoseUpTo(uint id)
    {
        if (_next != 0 && id > _next) _events.Add(new SequencesLost(_next, id - 1, "lines are missing"));
    }

    private void Lose(uint id, string reason)
    {
        // The number of a sequence that is not whole may be damaged.
        if (_next != 0) id = _next;
        _events.Add(new SequencesLost(id, id, reason));
        _current = null;
        _next = id + 1;
    }

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^REC id=([0-9]{1,10}) len=([0-9]{1,5}) channels=([0-9]{1,2}) rate-mhz=([0-9]{1,9}) crc=([0-9a-f]{8})$")]
    private static partial Regex Header();

    [GeneratedRegex(@"^REC id=([0-9]{1,10}) at=([0-9]{1,5}) data=([A-Za-z0-9+/]+={0,2})$")]
    private static partial Regex Data();

    [GeneratedRegex(@"^REC id=([0-9]{1,10}) end$")]
    private static partial Regex End();

    [GeneratedRegex(@"^record: (?:on|live) channels=([0-9]{1,2}) rate-mhz=([0-9]{1,9}) next=([0-9]{1,9})$")]
    private static partial Regex On();

    [GeneratedRegex(@"^SIG( -?[0-9]{1,5}){1,16}$")]
    private static partial Regex Signal();

    /// <summary>A sequence of which some lines have come.</summary>
    private sealed class Partial
    {
        private readonly int _rateMilliHz;
        private readonly string _checksum;
        private int _steps;

        private Partial(uint id, int length, int channels, int rateMilliHz, string checksum)
        {
            (Id, Length, Channels, _rateMilliHz, _checksum) = (id, length, channels, rateMilliHz, checksum);
            Values = new short[length * channels];
        }

        public uint Id { get; }

        public int Length { get; }

        public int Channels { get; }

        public short[] Values { get; }

        /// <summary>Returns null when a number is out of its range.</summary>
        public static Partial? Of(Match header)
        {
            int length = Number(header.Groups[2].Value), channels = Number(header.Groups[3].Value);
            bool isGood = uint.TryParse(header.Groups[1].Value, CultureInfo.InvariantCulture, out uint id)
                && length is >= 1 and <= FrameFormat.MaxLength && channels is >= 1 and <= SequenceLines.MostBytesPerLine / 2;
            return isGood ? new Partial(id, length, channels, Number(header.Groups[4].Value), header.Groups[5].Value) : null;
        }

        /// <summary>Adds a line of numbers.</summary>
        /// <returns>What is wrong, or null.</returns>
        public string? Add(string at, string base64)
        {
            var bytes = new byte[base64.Length];
            if (Number(at) != _steps) return "a line is missing";
            if (!Convert.TryFromBase64String(base64, bytes, out int size) || size % (2 * Channels) != 0 || _steps * Channels + size / 2 > Values.Length)
                return "a line is damaged";
            for (int i = 0; i < size; i += 2) Values[_steps * Channels + i / 2] = LittleEndian.ReadInt16(bytes, i);
            _steps += size / (2 * Channels);
            return null;
        }

        /// <summary>Returns what is wrong with the sequence, or null.</summary>
        public string? Problem()
        {
            if (_steps != Length) return "a line is missing";
            string checksum = new SequenceChecksum(Channels).Of(Id, Length, _rateMilliHz, Values).ToString("x8", CultureInfo.InvariantCulture);
            return checksum == _checksum ? null : "its checksum is wrong";
        }
    }
}
