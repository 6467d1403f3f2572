// The bytes of an HDF5 file with every access checked. A file is foreign: it may point anywhere, in circles, and twice at the same
// place. So each record that is read costs work, and the work is bounded by the size of the file.

using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace Crime.Modelling.Import.Hdf5;

/// <summary>Reads numbers of an HDF5 file.</summary>
/// <param name="bytes">The whole file.</param>
internal sealed class Hdf5Bytes(byte[] bytes)
{
    /// <summary>The address that stands for "nowhere".</summary>
    public const ulong Undefined = ulong.MaxValue;

    // A record of the format has at least 8 bytes. Reading each of them a few times is what an honest file needs.
    private const int WorkPerByte = 4, BaseWork = 1 << 16;

    // Each dataset is read once. Weights that two layers share are read twice.
    private const int ReadsOfData = 2;

    private readonly long _workBound = BaseWork + (long)bytes.Length * WorkPerByte;
    private readonly long _dataBound = BaseWork + (long)bytes.Length * ReadsOfData;
    private long _work;
    private long _data;

    /// <summary>Bytes of the file.</summary>
    public int Size => bytes.Length;

    /// <summary>Returns a part of the file.</summary>
    /// <exception cref="InvalidDataException">It lies outside.</exception>
    public ReadOnlySpan<byte> Slice(ulong at, ulong size)
    {
        Spend(1);
        if (at > (ulong)bytes.Length || size > (ulong)bytes.Length - at) throw Damaged($"{size} bytes at {at} lie outside the {bytes.Length} of the file");
        return bytes.AsSpan((int)at, (int)size);
    }

    /// <summary>Returns the bytes of a dataset.</summary>
    public ReadOnlySpan<byte> Data(ulong at, ulong size)
    {
        ReadOnlySpan<byte> data = Slice(at, size);
        if ((_data += data.Length) > _dataBound) throw Damaged("its datasets lie one over the other");
        return data;
    }

    /// <summary>Counts records that are read.</summary>
    public void Spend(long records)
    {
        if ((_work += records) > _workBound) throw Damaged("its records point in circles");
    }

    /// <summary>Reads a byte.</summary>
    public byte Byte(ulong at) => Slice(at, 1)[0];

    /// <summary>Reads a number of 16 bits.</summary>
    public ushort UInt16(ulong at) => BinaryPrimitives.ReadUInt16LittleEndian(Slice(at, 2));

    /// <summary>Reads a number of 32 bits.</summary>
    public uint UInt32(ulong at) => BinaryPrimitives.ReadUInt32LittleEndian(Slice(at, 4));

    /// <summary>Reads a number of 64 bits.</summary>
    public ulong UInt64(ulong at) => BinaryPrimitives.ReadUInt64LittleEndian(Slice(at, 8));

    /// <summary>Reads a number of 1, 2, 4 or 8 bytes.</summary>
    public ulong Number(ulong at, int size) => size switch { 1 => Byte(at), 2 => UInt16(at), 4 => UInt32(at), _ => UInt64(at) };

    /// <summary>Refuses a record that does not begin with its name.</summary>
    public void Expect(ulong at, string name)
    {
        if (!Slice(at, (ulong)name.Length).SequenceEqual(Encoding.ASCII.GetBytes(name))) throw Damaged($"'{name}' was expected at byte {at}");
    }

    /// <summary>Returns a sum of addresses.</summary>
    public static ulong Sum(ulong left, ulong right) => left <= ulong.MaxValue - right ? left + right : throw Damaged("an address is too large");

    /// <summary>Returns the failure of a file that does not fit together.</summary>
    public static InvalidDataException Damaged(string reason) => new(reason);

    /// <summary>Returns the failure of a file in a form of the format that Keras does not write.</summary>
    public static InvalidDataException Other(string what) => new($"{what}, which Keras does not write; save the model again with model.save()");
}
