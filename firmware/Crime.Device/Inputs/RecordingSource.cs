// The inputs of a board without a sensor: sequences from a file on the flash, one after the other.

using System;
using System.IO;
using Crime.Binary;
using Crime.Frames;
using Crime.Model;
using Crime.Recordings;

namespace Crime.Device.Inputs;

/// <summary>Reads a recording sequence by sequence into a buffer that is allocated once.</summary>
internal sealed class RecordingSource : InputSource
{
    private readonly FileStream _file;
    private readonly RecordingHeader _header;
    private readonly byte[] _bytes;

    private RecordingSource(FileStream file, RecordingHeader header)
    {
        _file = file;
        _header = header;
        Values = new short[header.LongestLength * header.ValuesPerStep];
        _bytes = new byte[Values.Length * RequestFrame.ValueSize(header.Encoding)];
        Position = (int)file.Position;
    }

    /// <inheritdoc/>
    public override short[] Values { get; }

    /// <summary>Number of sequences in the recording.</summary>
    public uint Count => _header.SequenceCount;

    /// <summary>Opens a recording.</summary>
    /// <param name="path">The file.</param>
    /// <param name="problem">Why there is none, when null is returned.</param>
    public static RecordingSource Open(string path, out string problem)
    {
        problem = null;
        try
        {
            if (!File.Exists(path))
            {
                problem = "no file " + path;
                return null;
            }
            var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            var header = new RecordingHeader();
            var bytes = new byte[RecordingFormat.HeaderSize];
            if (Fill(file, bytes, bytes.Length) && header.Decode(bytes)) return new RecordingSource(file, header);
            file.Dispose();
            problem = path + " is not a recording";
        }
        catch (OutOfMemoryException)
        {
            // The inputs are there. They can be opened when there is more memory.
            throw;
        }
        catch (Exception e)
        {
            problem = path + " cannot be read: " + e.Message;
        }
        return null;
    }

    /// <inheritdoc/>
    public override void Resume(uint sequence, int position)
    {
        Sequence = sequence;
        Position = position;
    }

    /// <inheritdoc/>
    public override bool Fits(ModelFile model)
    {
        if (_header.ValuesPerStep != model.ValuesPerStep) return false;
        bool tokens = _header.Encoding != SequenceEncoding.Int16;
        if (tokens != (model.Input == InputKind.Tokens)) return false;
        return tokens || _header.FractionBits == model.InputFractionBits;
    }

    /// <inheritdoc/>
    /// <remarks>The recording also ends where it is damaged.</remarks>
    public override InputState Read() => Next() ? InputState.Ready : InputState.End;

    private bool Next()
    {
        if (_file.Position != Position) _file.Position = Position;
        if (Sequence >= _header.SequenceCount || !Fill(_file, _bytes, RecordingFormat.SequenceHeaderSize)) return false;
        int length = LittleEndian.ReadUInt16(_bytes, 0);
        if (length < 1 || length > _header.LongestLength) return false;
        int count = length * _header.ValuesPerStep;
        if (!Fill(_file, _bytes, count * RequestFrame.ValueSize(_header.Encoding))) return false;
        if (_header.Encoding == SequenceEncoding.Token8)
            for (int i = 0; i < count; i++) Values[i] = _bytes[i];
        else
            for (int i = 0; i < count; i++) Values[i] = LittleEndian.ReadInt16(_bytes, 2 * i);
        int position = (int)_file.Position;
        Length = length;
        Position = position;
        Sequence++;
        return true;
    }

    private static bool Fill(FileStream file, byte[] bytes, int count)
    {
        int have = 0;
        while (have < count)
        {
            int read = file.Read(bytes, have, count - have);
            if (read < 1) return false;
            have += read;
        }
        return true;
    }
}
