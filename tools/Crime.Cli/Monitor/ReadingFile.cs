// Readings as CSV, for whoever works them up later: line by line, so that nothing is lost when the monitor is killed.

using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Crime.Modelling;

namespace Crime.Cli.Monitor;

/// <summary>Appends readings to a file.</summary>
internal sealed class ReadingFile : IDisposable
{
    /// <summary>The first line.</summary>
    public const string Header = "utc,board,input,length,target,class,class_index,time_ms,energy_mj,power_mw,break_even_length,depth,meter,done";

    private readonly string _path;
    private readonly StreamWriter _writer;

    /// <summary>Opens a file; one that has readings already is continued.</summary>
    /// <exception cref="UserInputException">It cannot be written, or is something else.</exception>
    public ReadingFile(string path)
    {
        _path = path;
        try
        {
            bool isNew = !File.Exists(path) || new FileInfo(path).Length == 0;
            if (!isNew && File.ReadLines(path).First() != Header)
                throw new UserInputException($"--csv {path}: this file holds something else than readings; name another");
            _writer = new StreamWriter(path, append: true, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
            if (isNew) _writer.WriteLine(Header);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"--csv {path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Writes a line for a reading; other events leave no trace here.</summary>
    /// <param name="arrived">The event.</param>
    /// <param name="utc">When it arrived.</param>
    /// <exception cref="UserInputException">The file cannot be written any more.</exception>
    public void Add(MonitorEvent arrived, DateTime utc)
    {
        string? fields = arrived switch
        {
            InferenceArrived { Reading: var r } inference => string.Create(
                CultureInfo.InvariantCulture,
                $"{inference.Board},{r.Input},{r.Length},{r.Target},{Quoted(r.Class)},{r.ClassIndex},{r.TimeMs:0.000},{r.EnergyMj:0.000},{r.PowerMw:0.000},"
                + $"{r.BreakEvenLength},{r.Depth},{r.Meter},{r.Done}"),
            BracketArrived { Reading: var r } bracket => string.Create(
                CultureInfo.InvariantCulture,
                $"{bracket.Board},{r.Bracket},,{MonitorTotals.Bracket},,,{r.TimeMs:0.000},{r.EnergyMj:0.000},{r.PowerMw:0.000},,,ina219,"),
            _ => null,
        };
        if (fields == null) return;
        try
        {
            _writer.WriteLine(utc.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture) + "," + fields);
        }
        catch (IOException e)
        {
            throw new UserInputException($"--csv {_path}: cannot be written any more: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    /// <summary>Returns a name as a field. The board writes no quotation marks in it.</summary>
    private static string? Quoted(string? name) => name != null && name.Contains(',', StringComparison.Ordinal) ? $"\"{name}\"" : name;
}
