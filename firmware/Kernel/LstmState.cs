// The state of a recurrent network is its own object: it can be reset, kept across sequences, stored in flash, or sent to
// a gateway in the middle of a stream.

using System;
using Crime.Binary;

namespace Crime.Firmware.Kernel;

/// <summary>Hidden and cell state of an LSTM layer.</summary>
public sealed class LstmState
{
    /// <summary>Hidden state h, Q0.15.</summary>
    public readonly short[] Hidden;

    /// <summary>Cell state c, in the model's cell format.</summary>
    public readonly short[] Cell;

    /// <summary>Makes a zero state.</summary>
    /// <param name="hiddenCount">Hidden units.</param>
    public LstmState(int hiddenCount)
    {
        Hidden = new short[hiddenCount];
        Cell = new short[hiddenCount];
    }

    /// <summary>Bytes of an exported state: h then c, 16 bits little-endian each.</summary>
    public int ExportSize => 4 * Hidden.Length;

    /// <summary>Sets h and c to zero: the start of a sequence.</summary>
    public void Reset()
    {
        Array.Clear(Hidden, 0, Hidden.Length);
        Array.Clear(Cell, 0, Cell.Length);
    }

    /// <summary>Writes the state.</summary>
    /// <param name="bytes">Receives <see cref="ExportSize"/> bytes.</param>
    /// <param name="offset">Where to start.</param>
    public void Export(byte[] bytes, int offset)
    {
        int count = Hidden.Length;
        for (int i = 0; i < count; i++)
        {
            LittleEndian.WriteInt16(bytes, offset + 2 * i, Hidden[i]);
            LittleEndian.WriteInt16(bytes, offset + 2 * (count + i), Cell[i]);
        }
    }

    /// <summary>Reads a state that <see cref="Export"/> wrote.</summary>
    /// <returns>False, and the state unchanged, when the bytes are too few.</returns>
    public bool Import(byte[] bytes, int offset)
    {
        if (bytes == null || offset < 0 || bytes.Length - offset < ExportSize) return false;
        int count = Hidden.Length;
        for (int i = 0; i < count; i++)
        {
            Hidden[i] = LittleEndian.ReadInt16(bytes, offset + 2 * i);
            Cell[i] = LittleEndian.ReadInt16(bytes, offset + 2 * (count + i));
        }
        return true;
    }
}

/// <summary>How often values met the end of their range.</summary>
public sealed class SaturationCounters
{
    /// <summary>Gate inputs outside the table's [-8, 8): harmless one by one, a sign of badly scaled input in numbers.</summary>
    public int Gates;

    /// <summary>Cell states cut off at 16 bits: the result may suffer.</summary>
    public int Cells;

    /// <summary>Sets the counters to zero.</summary>
    public void Reset()
    {
        Gates = 0;
        Cells = 0;
    }
}
