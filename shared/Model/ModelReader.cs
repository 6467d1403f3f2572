// Reads a .crime file. The bytes are foreign: a flash file that was cut off, a download that was tampered with. Every
// length is checked before it is used, sums are formed in 64 bits, and the answer is a reason, not an exception.

using System.IO.Hashing;
using System.Text;
using Crime.Binary;

namespace Crime.Model;

/// <summary>Checks the bytes of a model file and gives access to them.</summary>
public static class ModelReader
{
    /// <summary>Checks a whole file.</summary>
    /// <param name="bytes">The file; kept, not copied. May be null.</param>
    /// <param name="model">The model, or null when the result is not <see cref="ModelError.None"/>.</param>
    /// <returns>Why the file was refused, or <see cref="ModelError.None"/>.</returns>
    public static ModelError TryRead(byte[] bytes, out ModelFile model)
    {
        model = null;
        if (bytes == null || bytes.Length < ModelFormat.HeaderSize + ModelFormat.ChecksumSize) return ModelError.Length;
        if (LittleEndian.ReadUInt32(bytes, 0) != ModelFormat.Magic) return ModelError.Magic;
        if (LittleEndian.ReadUInt16(bytes, 4) != ModelFormat.Version) return ModelError.Version;
        if (bytes.Length > ModelFormat.MaxFileSize) return ModelError.Length;
        if (LittleEndian.ReadUInt32(bytes, 8) != (uint)bytes.Length) return ModelError.Length;
        if (Crc32.HashToUInt32(bytes) != ModelFormat.ChecksumResidue) return ModelError.Checksum;

        var file = new ModelFile(bytes)
        {
            Id = LittleEndian.ReadUInt32(bytes, 12),
            Checksum = LittleEndian.ReadUInt32(bytes, bytes.Length - ModelFormat.ChecksumSize),
        };
        ModelError error = ReadSections(bytes, file);
        if (error == ModelError.None) model = file;
        return error;
    }

    private static ModelError ReadSections(byte[] bytes, ModelFile file)
    {
        if (!CheckSectionTable(bytes)) return ModelError.SectionTable;

        int architecture = Find(bytes, ModelFormat.ArchitectureTag, out int architectureLength);
        int names = Find(bytes, ModelFormat.NamesTag, out int namesLength);
        if (architecture == 0 || names == 0) return ModelError.MissingSection;
        ModelError error = ReadArchitecture(bytes, architecture, architectureLength, file, out int classCount);
        if (error != ModelError.None) return error;
        if (!ReadNames(bytes, names, namesLength, classCount, file)) return ModelError.Names;

        error = ReadInputDescription(bytes, file);
        if (error != ModelError.None) return error;
        return ReadWeights(bytes, file);
    }

    /// <summary>Every section must lie between the table and the checksum, start at a multiple of four, and be the only one of its tag.</summary>
    private static bool CheckSectionTable(byte[] bytes)
    {
        int count = LittleEndian.ReadUInt16(bytes, 6);
        int tableEnd = ModelFormat.HeaderSize + count * ModelFormat.SectionEntrySize;
        int end = bytes.Length - ModelFormat.ChecksumSize;
        if (count < 1 || count > ModelFormat.MaxSections || tableEnd > end) return false;
        for (int i = 0; i < count; i++)
        {
            int entry = ModelFormat.HeaderSize + i * ModelFormat.SectionEntrySize;
            long offset = LittleEndian.ReadUInt32(bytes, entry + 4);
            long length = LittleEndian.ReadUInt32(bytes, entry + 8);
            if (offset < tableEnd || offset % 4 != 0 || offset + length > end) return false;
            uint tag = LittleEndian.ReadUInt32(bytes, entry);
            for (int k = 0; k < i; k++)
                if (LittleEndian.ReadUInt32(bytes, ModelFormat.HeaderSize + k * ModelFormat.SectionEntrySize) == tag) return false;
        }
        return true;
    }

    /// <summary>Offset of a section, 0 when absent (no section can start inside the header).</summary>
    private static int Find(byte[] bytes, uint tag, out int length)
    {
        int count = LittleEndian.ReadUInt16(bytes, 6);
        for (int i = 0; i < count; i++)
        {
            int entry = ModelFormat.HeaderSize + i * ModelFormat.SectionEntrySize;
            if (LittleEndian.ReadUInt32(bytes, entry) != tag) continue;
            length = LittleEndian.ReadInt32(bytes, entry + 8);
            return LittleEndian.ReadInt32(bytes, entry + 4);
        }
        length = 0;
        return 0;
    }

    private static ModelError ReadArchitecture(byte[] bytes, int offset, int length, ModelFile file, out int classCount)
    {
        classCount = 0;
        if (length != ModelFormat.ArchitectureSize) return ModelError.Architecture;
        const int oneLayer = 1, oneDirection = 1;
        if (bytes[offset] != (byte)CellKind.Lstm || bytes[offset + 1] != oneLayer || bytes[offset + 2] != oneDirection)
            return ModelError.Architecture;
        int input = bytes[offset + 3];
        int inputs = LittleEndian.ReadUInt16(bytes, offset + 4);
        int hidden = LittleEndian.ReadUInt16(bytes, offset + 6);
        int classes = LittleEndian.ReadUInt16(bytes, offset + 8);
        int vocabulary = LittleEndian.ReadUInt16(bytes, offset + 10);
        bool tokens = input == (int)InputKind.Tokens;
        if (input > (int)InputKind.Tokens
            || inputs < 1 || inputs > ModelFormat.MaxInputs
            || hidden < 1 || hidden > ModelFormat.MaxHidden
            || classes < 1 || classes > ModelFormat.MaxClasses
            || tokens != vocabulary > 0)
            return ModelError.Architecture;
        file.Kind = CellKind.Lstm;
        file.Input = (InputKind)input;
        file.InputCount = inputs;
        file.HiddenCount = hidden;
        file.VocabularyCount = vocabulary;
        file.LongestLength = LittleEndian.ReadUInt16(bytes, offset + 12);
        classCount = classes;
        return ModelError.None;
    }

    private static bool ReadNames(byte[] bytes, int offset, int length, int classCount, ModelFile file)
    {
        int end = offset + length;
        if (!ReadName(bytes, ref offset, end, out string name)) return false;
        var classNames = new string[classCount];
        for (int i = 0; i < classCount; i++)
            if (!ReadName(bytes, ref offset, end, out classNames[i])) return false;
        file.Name = name;
        file.ClassNames = classNames;
        return offset == end;
    }

    private static bool ReadName(byte[] bytes, ref int offset, int end, out string name)
    {
        name = null;
        if (offset >= end) return false;
        int length = bytes[offset];
        int start = offset + 1;
        if (start + length > end) return false;
        // A name is printable ASCII in most models; decoding must not depend on how a CLR treats broken UTF-8.
        for (int i = start; i < start + length; i++)
            if (bytes[i] < ' ') return false;
        if (!IsUtf8(bytes, start, start + length)) return false;
        name = Encoding.UTF8.GetString(bytes, start, length);
        offset = start + length;
        return true;
    }

    /// <summary>Well-formed sequences of one to three bytes; longer ones (outside the basic plane) are refused.</summary>
    private static bool IsUtf8(byte[] bytes, int start, int end)
    {
        int i = start;
        while (i < end)
        {
            int lead = bytes[i];
            int following = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : -1;
            if (following < 0 || i + following >= end) return false;
            for (int k = 1; k <= following; k++)
                if ((bytes[i + k] & 0xC0) != 0x80) return false;
            if (lead == 0xE0 && bytes[i + 1] < 0xA0) return false;
            if (lead == 0xED && bytes[i + 1] >= 0xA0) return false;
            i += following + 1;
        }
        return true;
    }

    private static ModelError ReadInputDescription(byte[] bytes, ModelFile file)
    {
        int normalisation = Find(bytes, ModelFormat.NormalisationTag, out int normalisationLength);
        if (normalisation != 0)
        {
            if (file.Input != InputKind.Features || normalisationLength != 8 * file.InputCount) return ModelError.Normalisation;
            file.NormalisationOffset = normalisation;
            for (int i = 0; i < file.InputCount; i++)
            {
                float deviation = file.Deviation(i), mean = file.Mean(i);
                if (!IsFinite(deviation) || !IsFinite(mean) || deviation <= 0) return ModelError.Normalisation;
            }
        }

        int vocabulary = Find(bytes, ModelFormat.VocabularyTag, out int vocabularyLength);
        if ((vocabulary != 0) != (file.Input == InputKind.Tokens)) return ModelError.Vocabulary;
        if (vocabulary != 0 && vocabularyLength != 4 * (file.VocabularyCount - 1)) return ModelError.Vocabulary;
        file.VocabularyOffset = vocabulary;
        return ModelError.None;
    }

    private static bool IsFinite(float value) => !float.IsNaN(value) && value <= float.MaxValue && value >= float.MinValue;

    private static ModelError ReadWeights(byte[] bytes, ModelFile file)
    {
        int floats = Find(bytes, ModelFormat.FloatTag, out int floatLength);
        if (floats != 0)
        {
            long count = ModelFile.FloatCount(file.InputCount, file.HiddenCount, file.ClassCount, file.VocabularyCount);
            if (floatLength != 4 * count) return ModelError.FloatWeights;
            file.FloatOffset = floats;
        }

        int fixedPoint = Find(bytes, ModelFormat.FixedPointTag, out int fixedLength);
        if (fixedPoint == 0) return floats == 0 ? ModelError.MissingSection : ModelError.None;
        if (fixedLength != ModelFile.FixedPointSize(file.InputCount, file.HiddenCount, file.ClassCount, file.VocabularyCount))
            return ModelError.FixedPoint;
        file.FixedOffset = fixedPoint;
        if (file.InputFractionBits > 15 || file.LogitFractionBits > 30
            || file.CellFractionBits < ModelFormat.MinCellFractionBits || file.CellFractionBits > 15)
            return ModelError.FixedPoint;
        for (int row = 0; row < file.RowCount; row++)
        {
            int fraction = file.RowFractionBits(row);
            if (fraction < ModelFormat.MinRowFractionBits || fraction > ModelFormat.MaxRowFractionBits) return ModelError.FixedPoint;
        }
        return RowBoundsHold(file) ? ModelError.None : ModelError.RowBound;
    }

    /// <summary>sum |w| * 32768 + |b| below 2^31 for every row: no accumulator can overflow, whatever the input.</summary>
    private static bool RowBoundsHold(ModelFile file)
    {
        int columns = file.InputCount + file.HiddenCount;
        for (int row = 0; row < file.RowCount; row++)
        {
            long sum = 0;
            for (int column = 0; column < columns; column++)
            {
                int weight = file.Weight(row, column);
                sum += weight < 0 ? -weight : weight;
            }
            if (!WithinBound(sum, file.Bias(row))) return false;
        }
        for (int classIndex = 0; classIndex < file.ClassCount; classIndex++)
        {
            long sum = 0;
            for (int unit = 0; unit < file.HiddenCount; unit++)
            {
                int weight = file.HeadWeight(classIndex, unit);
                sum += weight < 0 ? -weight : weight;
            }
            if (!WithinBound(sum, file.HeadBias(classIndex))) return false;
        }
        return true;
    }

    private static bool WithinBound(long weightSum, long bias) => weightSum * 32768 + (bias < 0 ? -bias : bias) < 0x80000000L;
}
