// The bench's lines, for people and for programs alike. Every line starts with a word in capitals:
//
//     BENCH name value unit [key=value ...]
//     GOLDEN kernel model sequence PASS|FAIL [key=value ...]
//     REMARK text

using Crime.Device.Terminal;

namespace Crime.Bench;

/// <summary>Writes the bench's lines to the debug channel, which every platform has.</summary>
internal sealed class BenchReport
{
    /// <summary>Version of the lines' form.</summary>
    public const int Version = 1;

    private readonly LineWriter _line = new LineWriter();

    /// <summary>The first line.</summary>
    public void Start() => Write(_line.Clear().Text("BENCH start ").Number(Version).Text(" version"));

    /// <summary>The last line: how many golden vectors failed.</summary>
    public void End(int failureCount) => Write(_line.Clear().Text("BENCH end ").Number(failureCount).Text(" failures"));

    /// <summary>The verdict on a golden vector.</summary>
    /// <param name="kernel">Which kernel ran.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="sequence">Number of the sequence in its data set.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="wrongStep">The first timestep with a wrong state, the length for wrong logits, -1 for none.</param>
    public void Golden(string kernel, string model, int sequence, int length, int wrongStep)
    {
        _line.Clear().Text("GOLDEN ").Text(kernel).Text(" ").Text(model).Text(" ").Number(sequence)
            .Text(wrongStep < 0 ? " PASS" : " FAIL").Text(" len=").Number(length);
        if (wrongStep >= 0) _line.Text(" wrong-step=").Number(wrongStep);
        Write(_line);
    }

    /// <summary>What a reader should know; allocates, for rare messages.</summary>
    public void Remark(string text) => Write(_line.Clear().Text("REMARK ").Text(text));

    /// <summary>Starts a measurement's line; <see cref="Write"/> ends it.</summary>
    /// <param name="name">Name of what was measured, without blanks.</param>
    /// <param name="picoseconds">Time of one.</param>
    public LineWriter Nanoseconds(string name, long picoseconds) =>
        _line.Clear().Text("BENCH ").Text(name).Text(" ").Thousandths(picoseconds).Text(" ns");

    /// <summary>The same in µs.</summary>
    /// <param name="name">Name of what was measured, without blanks.</param>
    /// <param name="nanoseconds">Time of one.</param>
    public LineWriter Microseconds(string name, long nanoseconds) =>
        _line.Clear().Text("BENCH ").Text(name).Text(" ").Thousandths(nanoseconds).Text(" us");

    /// <summary>Writes a line.</summary>
    public void Write(LineWriter line) => System.Console.WriteLine(line.ToString());
}
