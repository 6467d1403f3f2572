// Reads a kernel package as it arrives. A board has no memory for the package and its parts at once, so the bytes go from the
// receive buffer straight into the arrays that the CLR later loads. The bytes are foreign: every size is checked before it is
// used, and every section has a CRC-32 of its own.

using System;
using System.IO.Hashing;
using System.Text;
using Crime.Binary;

namespace Crime.Packages;

/// <summary>Takes the bytes of one package in pieces of any size.</summary>
public sealed class KernelPackageReader
{
    // Section numbers: the header's fixed start, the rest of the header, the golden vectors, then the parts.
    private const int FixedSection = 0;
    private const int HeaderSection = 1;
    private const int GoldenSection = 2;
    private const int FirstPart = 3;

    private readonly int _maxSizeBytes;

    private byte[] _header;
    private byte[] _section = new byte[KernelPackageFormat.FixedHeaderSize];
    private int _sectionIndex;
    private int _filled;
    private KernelPackageError _error;

    /// <summary>Starts with the first byte of a package.</summary>
    /// <param name="maxSizeBytes">Most bytes that assemblies and golden vectors may take on the heap.</param>
    public KernelPackageReader(int maxSizeBytes) => _maxSizeBytes = maxSizeBytes;

    /// <summary>The package: null until its header has been read, without parts until <see cref="IsComplete"/>.</summary>
    public KernelPackage Package { get; private set; }

    /// <summary>True when the whole package has been read and checked.</summary>
    public bool IsComplete => _error == KernelPackageError.None && _section == null;

    /// <summary>Takes the next bytes.</summary>
    /// <param name="bytes">Holds them; not kept.</param>
    /// <param name="offset">Index of the first.</param>
    /// <param name="count">How many.</param>
    /// <returns>Why the package is refused, or <see cref="KernelPackageError.None"/>. A refusal is final.</returns>
    public KernelPackageError Feed(byte[] bytes, int offset, int count)
    {
        while (count > 0 && _error == KernelPackageError.None)
        {
            if (_section == null)
            {
                _error = KernelPackageError.Trailing;
                break;
            }
            int taken = _section.Length - _filled;
            if (taken > count) taken = count;
            Array.Copy(bytes, offset, _section, _filled, taken);
            _filled += taken;
            offset += taken;
            count -= taken;
            if (_filled == _section.Length) _error = FinishSection();
        }
        return _error;
    }

    private KernelPackageError FinishSection()
    {
        byte[] section = _section;
        _filled = 0;
        if (_sectionIndex == FixedSection) return FinishFixedHeader(section);
        KernelPackageError error = _sectionIndex == HeaderSection ? FinishHeader(section)
            : _sectionIndex == GoldenSection ? FinishGolden(section) : FinishPart(section);
        if (error != KernelPackageError.None) return error;
        _sectionIndex++;
        int part = _sectionIndex - FirstPart;
        if (part < 0) _section = new byte[LittleEndian.ReadInt32(_header, 24)];
        else _section = part < Package.Parts.Length ? new byte[PartSize(part)] : null;
        return KernelPackageError.None;
    }

    private KernelPackageError FinishFixedHeader(byte[] section)
    {
        if (LittleEndian.ReadUInt32(section, 0) != KernelPackageFormat.Magic) return KernelPackageError.Magic;
        if (LittleEndian.ReadUInt16(section, 4) != KernelPackageFormat.Version) return KernelPackageError.Version;
        int size = LittleEndian.ReadUInt16(section, KernelPackageFormat.HeaderSizeOffset), parts = section[20], nameLength = LittleEndian.ReadUInt16(section, 22);
        if (parts < 1 || parts > KernelPackageFormat.MaxParts || nameLength < 1 || nameLength > KernelPackageFormat.MaxClassNameLength) return KernelPackageError.Header;
        int rest = parts * KernelPackageFormat.PartEntrySize + nameLength + KernelPackageFormat.ChecksumSize;
        if (size != section.Length + rest) return KernelPackageError.Header;
        _header = new byte[size];
        Array.Copy(section, 0, _header, 0, section.Length);
        _section = new byte[rest];
        _sectionIndex = HeaderSection;
        return KernelPackageError.None;
    }

    private KernelPackageError FinishHeader(byte[] section)
    {
        Array.Copy(section, 0, _header, KernelPackageFormat.FixedHeaderSize, section.Length);
        if (!Sealed.IsWhole(_header)) return KernelPackageError.Checksum;
        int parts = _header[20], nameOffset = KernelPackageFormat.FixedHeaderSize + parts * KernelPackageFormat.PartEntrySize;
        uint goldenSize = LittleEndian.ReadUInt32(_header, 24);
        if (goldenSize < KernelPackageFormat.GoldenHeaderSize || goldenSize > KernelPackageFormat.MaxGoldenSize) return KernelPackageError.Header;
        int partsSize = 0;
        for (int part = 0; part < parts; part++)
        {
            int size = PartSize(part);
            if (size < 1 || size > KernelPackageFormat.MaxPartSize) return KernelPackageError.Header;
            partsSize += size;
        }
        if (partsSize + (int)goldenSize > _maxSizeBytes) return KernelPackageError.TooLarge;
        Package = new KernelPackage(parts)
        {
            ModelId = LittleEndian.ReadUInt32(_header, 8),
            FixedPointChecksum = LittleEndian.ReadUInt32(_header, 12),
            LibraryMajor = LittleEndian.ReadUInt16(_header, 16),
            LibraryMinor = LittleEndian.ReadUInt16(_header, 18),
            ClassName = Encoding.UTF8.GetString(_header, nameOffset, LittleEndian.ReadUInt16(_header, 22)),
            PartsSizeBytes = partsSize,
        };
        return KernelPackageError.None;
    }

    private KernelPackageError FinishGolden(byte[] section)
    {
        if (Crc32.HashToUInt32(section) != LittleEndian.ReadUInt32(_header, 28)) return KernelPackageError.Checksum;
        Package.Golden = GoldenVectors.TryRead(section);
        return Package.Golden == null ? KernelPackageError.Golden : KernelPackageError.None;
    }

    private KernelPackageError FinishPart(byte[] section)
    {
        int part = _sectionIndex - FirstPart;
        if (Crc32.HashToUInt32(section) != LittleEndian.ReadUInt32(_header, PartEntry(part) + 4)) return KernelPackageError.Checksum;
        Package.Parts[part] = section;
        return KernelPackageError.None;
    }

    private int PartSize(int part) => LittleEndian.ReadInt32(_header, PartEntry(part));

    private static int PartEntry(int part) => KernelPackageFormat.FixedHeaderSize + part * KernelPackageFormat.PartEntrySize;
}
