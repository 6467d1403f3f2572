// What the host can put at the other end of a single board's serial line: this program's own console, or a terminal of the
// machine.

using System;
using System.IO;
using System.Threading;
using Crime.Modelling;
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
    private readonly Thread _typing;
    private volatile SerialLine? _line;

    /// <summary>Prepares a console.</summary>
    /// <param name="onLine">Prints a line of the board.</param>
    public StandardConsole(Action<string> onLine)
    {
        _onLine = onLine;
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
        while (Console.In.ReadLine() is { } typed) _line?.WriteLine(typed);
    }
}

/// <summary>A pseudo-terminal, for any terminal program.</summary>
internal sealed class TerminalDevice : ISerialEnd
{
    private readonly PseudoTerminal _terminal;

    /// <summary>Makes the terminal.</summary>
    /// <exception cref="UserInputException">The machine has none.</exception>
    public TerminalDevice()
    {
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
    public void Join(SerialLine line) => _terminal.Join(line);

    /// <inheritdoc/>
    public void OnLine(string line)
    {
        // The terminal has it already, byte by byte.
    }

    /// <inheritdoc/>
    public void Dispose() => _terminal.Dispose();
}
