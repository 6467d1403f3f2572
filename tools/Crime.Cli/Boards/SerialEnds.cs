// What the host can put at the other end of a single board's serial line: this program's own console, or a terminal of the
// machine.

using System;
using System.IO;
using System.Threading;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;

namespace Crime.Cli.Boards;

/// <summary>The host's end of a board's serial line.</summary>
internal interface ISerialEnd : IDisposable
{
    /// <summary>Joins this end to a line, in the place of the one before.</summary>
    void Join(SerialLine line);

    /// <summary>The board has written a line.</summary>
    void OnLine(string line);
}

/// <summary>Standard output and standard input.</summary>
internal sealed class StandardConsole : ISerialEnd
{
    private readonly Action<string> _onLine;
    private readonly GesturePerformer? _hand;
    private readonly Thread _typing;
    private volatile SerialLine? _line;

    /// <summary>Prepares a console.</summary>
    /// <param name="onLine">Prints a line of the board.</param>
    /// <param name="hand">The hand with the board's sensor; null for a board without one.</param>
    public StandardConsole(Action<string> onLine, GesturePerformer? hand)
    {
        _onLine = onLine;
        _hand = hand;
        // A thread, because reading from standard input can be neither cancelled nor awaited.
        _typing = new Thread(PassOnTyping) { IsBackground = true, Name = "typing" };
    }

    /// <summary>Joins the console to a line, and begins to pass on what is typed. Its end ends the typing and nothing else.</summary>
    public void Join(SerialLine line)
    {
        bool isFirst = _line == null;
        _line = line;
        if (isFirst) _typing.Start();
    }

    /// <inheritdoc/>
    public void OnLine(string line) => _onLine(line);

    /// <inheritdoc/>
    public void Dispose() => _line = null;

    private void PassOnTyping()
    {
        while (Console.In.ReadLine() is { } typed)
            if (!HandCommand.TryRun(typed, _hand, Console.Error.WriteLine)) _line?.WriteLine(typed);
    }
}

/// <summary>A pseudo-terminal, for any terminal program. Standard input takes lines for the hand with the sensor.</summary>
internal sealed class TerminalDevice : ISerialEnd
{
    private readonly PseudoTerminal _terminal;
    private readonly GesturePerformer? _hand;
    private bool _isJoined;

    /// <summary>Makes the terminal.</summary>
    /// <param name="hand">The hand with the board's sensor; null for a board without one.</param>
    /// <exception cref="UserInputException">The machine has none.</exception>
    public TerminalDevice(GesturePerformer? hand)
    {
        _hand = hand;
        try
        {
            _terminal = new PseudoTerminal();
        }
        catch (Exception e) when (e is PlatformNotSupportedException or IOException)
        {
            throw new UserInputException($"--serial pty: {e.Message}", e);
        }
    }

    /// <summary>Path of the terminal that a program opens.</summary>
    public string Path => _terminal.Path;

    /// <inheritdoc/>
    public void Join(SerialLine line)
    {
        _terminal.Join(line);
        if (_hand != null && !_isJoined) new Thread(PerformTyped) { IsBackground = true, Name = "typing" }.Start();
        _isJoined = true;
    }

    /// <inheritdoc/>
    public void OnLine(string line)
    {
        // The terminal has it already, byte by byte.
    }

    /// <inheritdoc/>
    public void Dispose() => _terminal.Dispose();

    private void PerformTyped()
    {
        while (Console.In.ReadLine() is { } typed)
            if (!HandCommand.TryRun(typed, _hand, Console.Error.WriteLine)) Console.Error.WriteLine($"the board's console is {Path}; here type {HandCommand.Form}");
    }
}
