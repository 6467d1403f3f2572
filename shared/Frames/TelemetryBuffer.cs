// The records of a board that have not been sent yet, encoded. The board makes one buffer at the start; adding and sending allocate nothing.

namespace Crime.Frames;

/// <summary>Records that wait for the next request or ping. Thread-safe.</summary>
public sealed class TelemetryBuffer
{
    private readonly byte[] _records = new byte[TelemetryFrame.MaxRecords * TelemetryRecord.Size];
    private int _count;
    private long _firstAtUs;

    /// <summary>Number of records that were overwritten before they could be sent.</summary>
    public int LostCount { get; private set; }

    /// <summary>Size of the records that wait, in bytes.</summary>
    public int SizeBytes => _count * TelemetryRecord.Size;

    /// <summary>Whether the buffer is so full, or its first record so old, that the next message should carry the records.</summary>
    /// <param name="nowUs">The time, in µs.</param>
    /// <param name="ageUs">Age from which a record is old, in µs.</param>
    public bool IsDue(long nowUs, int ageUs) => _count * 4 >= TelemetryFrame.MaxRecords * 3 || (_count > 0 && nowUs - _firstAtUs >= ageUs);

    /// <summary>Adds a record. A full buffer loses its oldest one.</summary>
    /// <param name="record">The record; it is copied.</param>
    /// <param name="nowUs">The time, in µs.</param>
    public void Add(TelemetryRecord record, long nowUs)
    {
        lock (_records)
        {
            if (_count == TelemetryFrame.MaxRecords)
            {
                System.Array.Copy(_records, TelemetryRecord.Size, _records, 0, (_count - 1) * TelemetryRecord.Size);
                _count--;
                LostCount++;
            }
            if (_count == 0) _firstAtUs = nowUs;
            record.Write(_records, _count * TelemetryRecord.Size);
            _count++;
        }
    }

    /// <summary>Moves all records to the end of a frame that is <see cref="SizeBytes"/> too long. Called with <see cref="Lock"/> held.</summary>
    /// <returns>Number of records.</returns>
    internal int MoveTo(byte[] bytes)
    {
        int count = _count, size = SizeBytes;
        System.Array.Copy(_records, 0, bytes, bytes.Length - size, size);
        _count = 0;
        return count;
    }

    /// <summary>Held while a frame is made longer by <see cref="SizeBytes"/> and filled by <see cref="MoveTo"/>.</summary>
    internal object Lock => _records;
}
