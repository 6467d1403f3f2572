// A board that records reports each sequence in lines of text, between its other lines. SPEC.md, "The lines of a recorded sequence", is the text
// to these numbers.

using System.IO.Hashing;
using Crime.Binary;

namespace Crime.Recordings;

/// <summary>Words and sizes of the lines.</summary>
public static class SequenceLines
{
    /// <summary>Start of a line of a sequence.</summary>
    public const string Sequence = "REC ";

    /// <summary>Start of a line with one timestep of the signal.</summary>
    public const string Signal = "SIG";

    /// <summary>Start of the answer to a command.</summary>
    public const string Answer = "record: ";

    /// <summary>Start of the answer of a board that cannot record, before the reason.</summary>
    public const string Refusal = "record: refused: ";

    /// <summary>Most timesteps of a line.</summary>
    public const int MostStepsPerLine = 24;

    /// <summary>Most bytes of numbers in a line: 200 letters of base64, so that the line stays below 256 letters.</summary>
    public const int MostBytesPerLine = 150;

    /// <summary>Time in µs from one line of the signal to the next, at least: 10 lines a second of 16 numbers are 10 % of 115 200 baud.</summary>
    public const int SignalIntervalUs = 100_000;

    /// <summary>Largest message in bytes that has such lines.</summary>
    public const int MostMessageBytes = 1024;

    /// <summary>Largest command in bytes that a board takes from the broker.</summary>
    public const int MostCommandBytes = 128;

    /// <summary>Returns the number of timesteps in a line; the last line of a sequence may have fewer.</summary>
    /// <param name="channels">Numbers per timestep, at least 1.</param>
    public static int StepsPerLine(int channels)
    {
        int steps = MostBytesPerLine / (2 * channels);
        return steps > MostStepsPerLine ? MostStepsPerLine : steps;
    }
}

/// <summary>Computes the checksum of a sequence: the CRC-32 of number, length, channels and rate, then of the numbers, all little-endian.</summary>
public sealed class SequenceChecksum
{
    private readonly Crc32 _hash = new Crc32();
    private readonly byte[] _header = new byte[12];
    private readonly byte[] _step;
    private readonly int _channels;

    /// <summary>Makes the checksum of sequences with as many channels.</summary>
    /// <param name="channels">Numbers per timestep, at least 1.</param>
    public SequenceChecksum(int channels)
    {
        _channels = channels;
        _step = new byte[2 * channels];
    }

    /// <summary>Returns the checksum.</summary>
    /// <param name="id">Number of the sequence.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="rateMilliHz">Timesteps per 1000 s; 0 where the rate is not known.</param>
    /// <param name="values">Its numbers, [timestep][channel].</param>
    public uint Of(uint id, int length, int rateMilliHz, short[] values)
    {
        LittleEndian.WriteUInt32(_header, 0, id);
        LittleEndian.WriteInt16(_header, 4, length);
        LittleEndian.WriteInt16(_header, 6, _channels);
        LittleEndian.WriteInt32(_header, 8, rateMilliHz);
        _hash.Reset();
        _hash.Append(_header);
        int at = 0;
        for (int step = 0; step < length; step++)
        {
            for (int i = 0; i < _step.Length; i += 2) LittleEndian.WriteInt16(_step, i, values[at++]);
            _hash.Append(_step);
        }
        return _hash.GetCurrentHashAsUInt32();
    }
}
