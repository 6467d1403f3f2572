// Shows a recording: lines, and on a terminal the signal below them, over and over in the same place.

using System.Globalization;
using System.IO;

namespace Crime.Cli.Takes;

/// <summary>Writes on standard error, because standard output has the result. Used by one thread at a time.</summary>
/// <param name="output">Receives the text.</param>
/// <param name="isTerminal">True when the cursor of the output can be moved.</param>
internal sealed class RecordView(TextWriter output, bool isTerminal)
{
    private const string Up = "\x1b[{0}A";
    private const string EraseBelow = "\r\x1b[J";

    private readonly SignalPlot _plot = new();
    private int _drawn;
    private string _prompt = "";

    /// <summary>True when the signal is shown.</summary>
    public bool ShowsSignal => isTerminal;

    /// <summary>Writes a line above the signal.</summary>
    public void Line(string text)
    {
        Erase();
        output.WriteLine(text);
        Draw();
    }

    /// <summary>Shows the signal with one more timestep.</summary>
    public void Signal(short[] values)
    {
        if (!isTerminal) return;
        _plot.Add(values);
        Erase();
        Draw();
    }

    /// <summary>Sets the line below the signal: a question, or what is being typed.</summary>
    public void Prompt(string text)
    {
        if (!isTerminal) return;
        _prompt = text;
        Erase();
        Draw();
    }

    /// <summary>Takes the signal from the terminal; the lines stay.</summary>
    public void End()
    {
        Erase();
        output.Flush();
    }

    private void Erase()
    {
        if (_drawn == 0) return;
        output.Write(string.Format(CultureInfo.InvariantCulture, Up, _drawn));
        output.Write(EraseBelow);
        _drawn = 0;
    }

    private void Draw()
    {
        if (!isTerminal) return;
        foreach (string line in _plot.Lines())
        {
            output.WriteLine(line);
            _drawn++;
        }
        if (_prompt.Length > 0)
        {
            output.WriteLine(_prompt);
            _drawn++;
        }
        output.Flush();
    }
}
