// Kept inputs on the flash: they survive a deep sleep and a power cut. A file per input, so that a write that is cut off damages no other input.

using System;
using System.IO;
using System.IO.Hashing;
using Crime.Binary;
using Crime.Node;

namespace Crime.Device.Keeping;

/// <summary>Stores sequences in files.</summary>
/// <remarks>
/// A file takes a block of 4096 bytes of the flash, and writing it erases the block. A file is: identity of the model, number of the input, timesteps,
/// count of numbers, origin of the input, the numbers, CRC-32 of all before.
/// </remarks>
internal sealed class FlashStore : KeptStore
{
    private const string Prefix = @"I:\kept";
    private const int InputOffset = 4;
    private const int LengthOffset = 8;
    private const int CountOffset = 10;
    private const int OriginOffset = 12;
    private const int HeaderSize = 16;
    private const int ChecksumSize = 4;

    private readonly int _capacity;

    /// <summary>Makes the store.</summary>
    /// <param name="capacity">Number of slots.</param>
    public FlashStore(int capacity) => _capacity = capacity;

    /// <inheritdoc/>
    public override bool TryWrite(int slot, uint input, int length, short[] values, int count)
    {
        var bytes = new byte[HeaderSize + 2 * count];
        var checksum = new byte[ChecksumSize];
        LittleEndian.WriteUInt32(bytes, 0, ModelId);
        LittleEndian.WriteUInt32(bytes, InputOffset, input);
        LittleEndian.WriteInt16(bytes, LengthOffset, length);
        LittleEndian.WriteInt16(bytes, CountOffset, count);
        LittleEndian.WriteUInt32(bytes, OriginOffset, Origin);
        for (int i = 0; i < count; i++) LittleEndian.WriteInt16(bytes, HeaderSize + 2 * i, values[i]);
        LittleEndian.WriteUInt32(checksum, 0, Crc32.HashToUInt32(bytes));
        try
        {
            using var file = new FileStream(PathOf(slot), FileMode.Create, FileAccess.Write);
            file.Write(bytes, 0, bytes.Length);
            file.Write(checksum, 0, ChecksumSize);
            return true;
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            // A flash that is full keeps nothing: the input is decided at once.
            Release(slot);
            return false;
        }
    }

    /// <inheritdoc/>
    public override bool TryRead(int slot, short[] values)
    {
        byte[] bytes = Load(slot);
        if (bytes == null) return false;
        int count = LittleEndian.ReadUInt16(bytes, CountOffset);
        if (count > values.Length) return false;
        for (int i = 0; i < count; i++) values[i] = LittleEndian.ReadInt16(bytes, HeaderSize + 2 * i);
        return true;
    }

    /// <inheritdoc/>
    public override void Release(int slot) => FlashFile.Delete(PathOf(slot));

    /// <inheritdoc/>
    public override void Recover(KeptInputs kept, long nowUs)
    {
        for (int slot = 0; slot < _capacity; slot++)
        {
            if (!File.Exists(PathOf(slot))) continue;
            byte[] bytes = Load(slot);
            // Another model may take other numbers: it cannot compute this input.
            if (bytes != null && LittleEndian.ReadUInt32(bytes, 0) == ModelId)
            {
                int index = kept.Add(LittleEndian.ReadUInt32(bytes, InputOffset), slot, LittleEndian.ReadUInt16(bytes, LengthOffset), nowUs, nowUs);
                kept.SetRecovered(index, LittleEndian.ReadUInt32(bytes, OriginOffset));
            }
            else
            {
                Release(slot);
            }
        }
    }

    /// <returns>The file of a slot; null when it is missing or damaged.</returns>
    private static byte[] Load(int slot)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(PathOf(slot));
            bool isWhole = bytes.Length > HeaderSize + ChecksumSize && Sealed.IsWhole(bytes)
                && bytes.Length == HeaderSize + 2 * LittleEndian.ReadUInt16(bytes, CountOffset) + ChecksumSize;
            return isWhole ? bytes : null;
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static string PathOf(int slot) => Prefix + slot.ToString() + ".bin";
}
