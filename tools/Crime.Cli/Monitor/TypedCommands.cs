// What the user types while the monitor runs.

using System;
using System.Text;
using System.Threading;

namespace Crime.Cli.Monitor;

/// <summary>Reads standard input on a thread of its own, because that can be neither cancelled nor awaited.</summary>
internal sealed class TypedCommands
{
    private readonly StringBuilder _letters = new();
    private readonly Lock _lock = new();

    /// <summary>What has been typed since the last line's end, on a terminal whose echo is ours.</summary>
    public string Unfinished
    {
        get
        {
            lock (_lock) return _letters.ToString();
        }
    }

    /// <summary>Begins to read.</summary>
    /// <param name="byKey">Whether the display is redrawn all the time, so that typing must not echo by itself.</param>
    /// <param name="onLine">Called with every line.</param>
    public void Start(bool byKey, Action<string> onLine)
    {
        var reading = new Thread(() =>
        {
            if (byKey) ReadKeys(onLine);
            else
                while (Console.In.ReadLine() is { } line) onLine(line);
        });
        reading.IsBackground = true;
        reading.Start();
    }

    private void ReadKeys(Action<string> onLine)
    {
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            string? line = null;
            lock (_lock)
            {
                if (key.Key == ConsoleKey.Enter)
                {
                    line = _letters.ToString();
                    _letters.Clear();
                }
                else if (key.Key == ConsoleKey.Backspace && _letters.Length > 0) _letters.Length--;
                else if (!char.IsControl(key.KeyChar)) _letters.Append(key.KeyChar);
            }
            if (line?.Length > 0) onLine(line);
        }
    }
}
