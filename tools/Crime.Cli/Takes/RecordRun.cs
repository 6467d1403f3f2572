// A recording session: switches the recording on, offers each take to the person or keeps it, and switches the recording off, however it ends.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Crime.Modelling;

namespace Crime.Cli.Takes;

/// <summary>End of a session.</summary>
internal enum RecordEnd
{
    /// <summary>It has as many takes as were wanted, or the person has ended it.</summary>
    Done,

    /// <summary>It was interrupted.</summary>
    Interrupted,

    /// <summary>The link to the board has ended.</summary>
    LinkLost,
}

/// <summary>Records takes of one class after the other.</summary>
/// <param name="link">An open link to the board.</param>
/// <param name="store">Receives the takes that are kept.</param>
/// <param name="view">Shows the session.</param>
/// <param name="label">Class of the takes.</param>
/// <param name="count">Takes to keep.</param>
internal sealed class RecordRun(IBoardLink link, TakeStore store, RecordView view, string label, int count)
{
    /// <summary>Time in ms in which a board has to answer.</summary>
    public const int AnswerMs = 5000;

    // A board that receives nothing for 15 s connects to its broker again; a serial line may have lost the command.
    private const int RepeatMs = 5000;
    private const int FirstRepeatMs = 1000;
    private const int OffMs = 2000;
    private const string Question = "Enter or k: keep   d: drop   r: another label   q: quit";

    private readonly SequenceReader _reader = new();
    private readonly Queue<SequenceArrived> _waiting = [];
    private readonly Dictionary<string, int> _keptOf = [];
    private string? _typed;
    private int _channels;
    private int _rateMilliHz;

    /// <summary>Takes that were kept.</summary>
    public int Kept { get; private set; }

    /// <summary>Takes of these that are in the test part.</summary>
    public int KeptForTest { get; private set; }

    /// <summary>Takes that the person has dropped.</summary>
    public int Dropped { get; private set; }

    /// <summary>Sequences that have not come as a whole.</summary>
    public int Lost { get; private set; }

    /// <summary>Takes that were kept, per class.</summary>
    public IReadOnlyDictionary<string, int> KeptOf => _keptOf;

    /// <summary>Timesteps per 1000 s; 0 where it is not known.</summary>
    public int RateMilliHz => _rateMilliHz;

    private string OnCommand => view.ShowsSignal ? "record live" : "record on";

    /// <summary>Runs the session.</summary>
    /// <param name="keys">What the person types; null to keep each take.</param>
    /// <param name="cancellation">Interrupts it. What was kept stays.</param>
    /// <exception cref="UserInputException">No board answers, it cannot record, or its takes do not fit the data set.</exception>
    public async Task<RecordEnd> RunAsync(ChannelReader<ConsoleKeyInfo>? keys, CancellationToken cancellation)
    {
        try
        {
            await StartAsync(cancellation);
            string channels = _channels == 1 ? "1 channel" : FormattableString.Invariant($"{_channels} channels");
            view.Line(FormattableString.Invariant($"recording '{label}': {channels}{Rate}; make the movement, {count} times in all"));
            return await RecordAsync(keys, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return RecordEnd.Interrupted;
        }
        finally
        {
            view.Prompt("");
            view.End();
            await SwitchOffAsync();
        }
    }

    private string Rate => _rateMilliHz == 0 ? "" : FormattableString.Invariant($" at {_rateMilliHz / 1000m:0.###} Hz");

    private async Task StartAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(AnswerMs);
        try
        {
            while (_channels == 0)
            {
                await link.SendAsync(OnCommand, limit.Token);
                using var pause = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                pause.CancelAfter(FirstRepeatMs);
                await AwaitAnswerAsync(pause.Token, limit.Token);
            }
        }
        catch (Exception e) when (e is ChannelClosedException || e is OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            throw new UserInputException($"no board answers within {AnswerMs / 1000} s: {link.Advice}");
        }
    }

    private async Task AwaitAnswerAsync(CancellationToken pause, CancellationToken limit)
    {
        try
        {
            while (_channels == 0)
                foreach (RecordEvent reported in _reader.Feed(await link.Lines.ReadAsync(pause))) Take(reported);
        }
        catch (OperationCanceledException) when (!limit.IsCancellationRequested)
        {
            // The command is repeated.
        }
    }

    private async Task<RecordEnd> RecordAsync(ChannelReader<ConsoleKeyInfo>? keys, CancellationToken cancellation)
    {
        long repeatAt = Environment.TickCount64 + RepeatMs;
        while (Kept < count)
        {
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task<bool> line = link.Lines.WaitToReadAsync(wait.Token).AsTask();
            Task<bool> key = keys == null ? new TaskCompletionSource<bool>().Task : keys.WaitToReadAsync(wait.Token).AsTask();
            Task repeat = Task.Delay((int)Math.Max(0, repeatAt - Environment.TickCount64), wait.Token);
            Task first = await Task.WhenAny(line, key, repeat);
            cancellation.ThrowIfCancellationRequested();
            bool isAtEnd = first == line && !await line || first == key && !await key;
            await wait.CancelAsync();
            if (isAtEnd) return first == line ? RecordEnd.LinkLost : RecordEnd.Done;
            if (repeat.IsCompletedSuccessfully)
            {
                await link.SendAsync(OnCommand, cancellation);
                repeatAt = Environment.TickCount64 + RepeatMs;
            }
            while (Kept < count && link.Lines.TryRead(out string? text))
                foreach (RecordEvent reported in _reader.Feed(text)) repeatAt = Take(reported) ? 0 : repeatAt;
            if (keys == null)
            {
                while (Kept < count && _waiting.Count > 0) Keep(label);
            }
            else
            {
                while (Kept < count && keys.TryRead(out ConsoleKeyInfo pressed))
                    if (!OnKey(pressed)) return RecordEnd.Done;
                Ask();
            }
        }
        return RecordEnd.Done;
    }

    /// <summary>Takes what the board reports.</summary>
    /// <returns>True when the recording has to be switched on again.</returns>
    private bool Take(RecordEvent reported)
    {
        switch (reported)
        {
            case Refused refused: throw new UserInputException($"the board cannot record: {refused.Reason}");
            case Answered { IsOn: true } on:
                store.CheckBoard(on.Channels, on.RateMilliHz);
                (_channels, _rateMilliHz) = (on.Channels, on.RateMilliHz);
                return false;
            case SignalArrived signal:
                view.Signal(signal.Values);
                return false;
            case SequencesLost lost:
                Lost += (int)(lost.Last - lost.First + 1);
                view.Line(FormattableString.Invariant(
                    $"sequence {(lost.First == lost.Last ? $"{lost.First} is" : $"{lost.First} to {lost.Last} are")} dropped: {lost.Reason}; repeat the movement"));
                return false;
            case SequenceArrived take when take.Channels == _channels:
                _waiting.Enqueue(take);
                return false;
            default: return reported is Restarted or Answered { IsOn: false };
        }
    }

    /// <summary>Takes a key.</summary>
    /// <returns>False when it ends the session.</returns>
    private bool OnKey(ConsoleKeyInfo pressed)
    {
        if (_typed != null)
        {
            OnLabelKey(pressed);
            return true;
        }
        char letter = char.ToLowerInvariant(pressed.KeyChar);
        if (letter == 'q') return false;
        if (_waiting.Count == 0) return true;
        if (pressed.Key == ConsoleKey.Enter || letter == 'k')
        {
            Keep(label);
        }
        else if (letter == 'd')
        {
            SequenceArrived dropped = _waiting.Dequeue();
            Dropped++;
            view.Line(FormattableString.Invariant($"dropped {dropped.Length} timesteps"));
        }
        else if (letter == 'r')
        {
            _typed = "";
        }
        return true;
    }

    private void OnLabelKey(ConsoleKeyInfo pressed)
    {
        if (pressed.Key == ConsoleKey.Escape)
        {
            _typed = null;
        }
        else if (pressed.Key == ConsoleKey.Backspace)
        {
            if (_typed!.Length > 0) _typed = _typed[..^1];
        }
        else if (pressed.Key != ConsoleKey.Enter)
        {
            if (!char.IsControl(pressed.KeyChar)) _typed += pressed.KeyChar;
        }
        else if (TakeStore.ProblemOf(_typed!) is { } problem)
        {
            view.Line(problem);
            _typed = "";
        }
        else
        {
            Keep(_typed!);
            _typed = null;
        }
    }

    private void Ask()
    {
        if (_typed != null) view.Prompt($"label (Esc: back): {_typed}");
        else if (_waiting.Count == 0) view.Prompt("");
        else view.Prompt(string.Create(CultureInfo.InvariantCulture, $"take {Kept + 1} of {count}, {_waiting.Peek().Length} timesteps.   {Question}"));
    }

    private void Keep(string name)
    {
        SequenceArrived take = _waiting.Peek();
        bool isTest = store.Add(name, take);
        _waiting.Dequeue();
        Kept++;
        if (isTest) KeptForTest++;
        _keptOf[name] = _keptOf.GetValueOrDefault(name) + 1;
        view.Line(string.Create(CultureInfo.InvariantCulture, $"take {Kept} of {count}: {name}, {take.Length} timesteps{(isTest ? ", for the test part" : "")}"));
    }

    /// <summary>Switches the recording off, also after an interruption. A board that is gone does it by itself after a while.</summary>
    private async Task SwitchOffAsync()
    {
        using var limit = new CancellationTokenSource(OffMs);
        try
        {
            await link.SendAsync("record off", limit.Token);
            while (!_reader.Feed(await link.Lines.ReadAsync(limit.Token)).Any(reported => reported is Answered { IsOn: false } or Refused))
            {
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The board received the command; it does not answer.
        }
    }
}
