// From the numbers of a network to the numbers that a person asked for: a regression has a unit, and an anomaly score a limit.

using System;

namespace Crime.Model;

/// <summary>Scale and unit of the values of an answer, and the threshold of an anomaly. Section ANSW of a model file.</summary>
public sealed class AnswerScale
{
    /// <summary>Bytes of the section before the values' entries: the threshold.</summary>
    public const int HeaderSize = 4;

    /// <summary>Longest unit in bytes of UTF-8.</summary>
    public const int MaxUnitSize = 15;

    /// <summary>Classes of an anomaly.</summary>
    public const int AnomalyClassCount = 2;

    /// <summary>Names of the classes of an anomaly: index 1 stands for a score above the threshold. A new array, which takes no memory of a board at rest.</summary>
    public static string[] AnomalyNames => new string[] { "normal", "anomaly" };

    private readonly float[] _offsets;
    private readonly float[] _factors;
    private readonly string[] _units;

    /// <summary>Makes a scale.</summary>
    /// <param name="threshold">Mean squared error of prediction above which a sequence is an anomaly; 0 for other answers.</param>
    /// <param name="offsets">Value that belongs to the number 0, [values].</param>
    /// <param name="factors">Value per 1 of the number, [values].</param>
    /// <param name="units">Units, [values]; empty for none.</param>
    public AnswerScale(float threshold, float[] offsets, float[] factors, string[] units)
    {
        Threshold = threshold;
        _offsets = offsets;
        _factors = factors;
        _units = units;
    }

    /// <summary>Mean squared error of prediction, in standardised units, above which a sequence is an anomaly; 0 for other answers.</summary>
    public float Threshold { get; }

    /// <summary>Number of values; 0 for an anomaly.</summary>
    public int Count => _offsets.Length;

    /// <summary>Value that belongs to the number 0.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public float Offset(int index) => _offsets[index];

    /// <summary>Value per 1 of the number.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public float Factor(int index) => _factors[index];

    /// <summary>Unit of a value; empty for none.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public string Unit(int index) => _units[index];

    /// <summary>Returns a value: offset + factor * number.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="number">The number that the head gives.</param>
    public float ValueOf(int index, float number) => _offsets[index] + _factors[index] * number;

    /// <summary>Reads scale and threshold of a model whose answer and outputs are known. An anomaly needs a threshold: it predicts the features of a timestep.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="file">Receives the scale; null for classes.</param>
    /// <returns>False when the file is not a good one.</returns>
    internal static bool TryRead(byte[] bytes, ModelFile file)
    {
        bool isAnomaly = file.Answer == AnswerKind.Anomaly;
        int count = isAnomaly ? 0 : file.OutputCount, section = ModelReader.Find(bytes, ModelFormat.AnswerTag, out int length);
        if (isAnomaly && (file.Input != InputKind.Features || file.OutputCount != file.InputCount || section == 0)) return false;
        if (file.Answer == AnswerKind.Class || file.Answer == AnswerKind.ClassPerStep || file.Answer == AnswerKind.Sequence) return section == 0;
        file.Scale = section == 0 ? Plain(count) : Read(bytes, section, length, count);
        return file.Scale != null;
    }

    private static AnswerScale Plain(int count)
    {
        var factors = new float[count];
        var units = new string[count];
        for (int i = 0; i < count; i++)
        {
            factors[i] = 1;
            units[i] = "";
        }
        return new AnswerScale(0, new float[count], factors, units);
    }

    private static AnswerScale Read(byte[] bytes, int offset, int length, int count)
    {
        int at = offset + HeaderSize, end = offset + length;
        if (length < HeaderSize + 8 * count) return null;
        float threshold = BitConverter.ToSingle(bytes, offset);
        if (!ModelReader.IsFinite(threshold) || threshold < 0) return null;
        var offsets = new float[count];
        var factors = new float[count];
        var units = new string[count];
        for (int i = 0; i < count; i++)
        {
            offsets[i] = BitConverter.ToSingle(bytes, at);
            factors[i] = BitConverter.ToSingle(bytes, at + 4);
            at += 8;
            if (!ModelReader.IsFinite(offsets[i]) || !ModelReader.IsFinite(factors[i]) || factors[i] == 0) return null;
        }
        for (int i = 0; i < count; i++)
        {
            if (at < end && bytes[at] > MaxUnitSize) return null;
            if (!NameText.Read(bytes, ref at, end, out units[i])) return null;
        }
        return at == end ? new AnswerScale(threshold, offsets, factors, units) : null;
    }
}
