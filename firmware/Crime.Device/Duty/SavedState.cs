// What survives a deep sleep, which wipes the memory: a file on the flash, written before the sleep and read after it. The
// decision table follows from the lines and the objective, so it is these that are kept.

using System;
using System.IO;
using Crime.Binary;
using Crime.Costs;
using Crime.Device.Inference;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Device.Duty;

/// <summary>State of a board between two deep sleeps.</summary>
internal sealed class SavedState
{
    /// <summary>Where it lies on the board's flash.</summary>
    public const string Path = @"I:\state.bin";

    private const int NoLine = -1;
    private const int Magic = 0x37535243;
    private const int ReportOffset = 92;
    private const int OriginOffset = 96;
    private const int PriorsOffset = 100;
    private const int OutputOffset = 104;
    private const int NeedOffset = 116;
    private const int CandidatesOffset = NeedOffset + ConnectionNeed.MemorySize;
    private const int KeptOffset = CandidatesOffset + CandidateMemory.Size;

    // The kept inputs and the checksum come last.
    private byte[] _bytes;

    /// <summary>Identity of the model that the lines are for.</summary>
    public uint ModelId;

    /// <summary>Number of the next input.</summary>
    public uint InputCount;

    /// <summary>Session of the start that has read the first input.</summary>
    public uint Origin;

    /// <summary>Sequences that have been read from the recording.</summary>
    public uint Sequence;

    /// <summary>Where the next one lies in the file.</summary>
    public int Position;

    /// <summary>Who decides.</summary>
    public MappingMode Mapping;

    /// <summary>What is minimised.</summary>
    public Objective Objective;

    /// <summary>Time to compute on the board; null when it cannot.</summary>
    public CostLine LocalTime;

    /// <summary>Time to write a request.</summary>
    public CostLine EncodeTime;

    /// <summary>Expected output length; null for a model that writes no sequence.</summary>
    public OutputLength Output;

    /// <summary>Deviation of output lengths from <see cref="Output"/>, in thousandths of a step.</summary>
    public int OutputDeviation;

    /// <summary>Time to bring the radio up, in µs.</summary>
    public int RadioUpUs;

    /// <summary>Time that the radio will have been off at the wake-up, in µs.</summary>
    public long RadioOffUs;

    /// <summary>Time in s from the wake-up until the file of priors may be written again.</summary>
    public int PriorsRestS;

    /// <summary>Reads the state that the sleep has left, and removes it: it is good for one wake-up.</summary>
    /// <returns>The state, or null when there is no good one.</returns>
    public static SavedState Take()
    {
        try
        {
            if (!File.Exists(Path)) return null;
            byte[] bytes = File.ReadAllBytes(Path);
            File.Delete(Path);
            var state = new SavedState();
            return state.Read(bytes) ? state : null;
        }
        catch (Exception)
        {
            // A flash that cannot be read costs a fresh start, no more.
            return null;
        }
    }

    /// <summary>Writes the state.</summary>
    /// <param name="totals">Sums over the inferences so far.</param>
    /// <param name="engine">What is known of the gateways.</param>
    /// <param name="flow">When the next probe and the next report follow.</param>
    /// <param name="kept">The kept inputs; null when results do not wait.</param>
    /// <param name="restMs">Time in ms until the wake-up.</param>
    public void Write(InferenceTotals totals, MappingEngine engine, InputFlow flow, KeptInputs kept, int restMs)
    {
        long wakeUpUs = Clock.NowUs() + restMs * 1000L;
        int checksumOffset = KeptOffset + (kept == null ? 0 : kept.Count * KeptInputs.EntrySize);
        _bytes = new byte[checksumOffset + Sealed.ChecksumSize];
        int[] fields =
        {
            Magic, (int)ModelId, (int)InputCount, (int)Sequence, Position, (int)Mapping, (int)Objective.Kind | Objective.QuantilePercent << 8 | Objective.Parameter << 16,
            LocalTime == null ? NoLine : LocalTime.AlphaNs, LocalTime == null ? NoLine : LocalTime.BetaUs,
            EncodeTime.AlphaNs, EncodeTime.BetaUs, RadioUpUs, totals.Count[0], totals.Count[1], totals.Count[2],
        };
        for (int i = 0; i < fields.Length; i++) LittleEndian.WriteInt32(_bytes, 4 * i, fields[i]);
        WriteInt64(60, totals.TimeUs);
        WriteInt64(68, totals.EnergyUj);
        WriteInt64(76, RadioOffUs);
        WriteInt64(84, totals.BackgroundUj);
        LittleEndian.WriteInt32(_bytes, ReportOffset, flow.Radio.ReportAtUs == long.MaxValue ? 0 : (int)((flow.Radio.ReportAtUs - wakeUpUs) / 1000));
        LittleEndian.WriteUInt32(_bytes, OriginOffset, Origin);
        LittleEndian.WriteInt32(_bytes, PriorsOffset, PriorsRestS);
        LittleEndian.WriteInt32(_bytes, OutputOffset, Output == null ? NoLine : Output.GammaThousandths);
        LittleEndian.WriteInt32(_bytes, OutputOffset + 4, Output == null ? 0 : Output.DeltaThousandths);
        LittleEndian.WriteInt32(_bytes, OutputOffset + 8, OutputDeviation);
        flow.Need.Save(_bytes, NeedOffset, wakeUpUs);
        engine.Save(_bytes, CandidatesOffset, Clock.NowUs());
        if (kept != null) kept.Save(_bytes, KeptOffset, wakeUpUs);
        Sealed.Seal(_bytes);
        File.WriteAllBytes(Path, _bytes);
    }

    /// <summary>Gives back what a board had counted and knew of its gateways.</summary>
    public void Restore(InferenceTotals totals, MappingEngine engine, InputFlow flow, KeptInputs kept)
    {
        long nowUs = Clock.NowUs();
        for (int i = 0; i < totals.Count.Length; i++) totals.Count[i] = LittleEndian.ReadInt32(_bytes, 48 + 4 * i);
        totals.TimeUs = ReadInt64(60);
        totals.EnergyUj = ReadInt64(68);
        totals.BackgroundUj = ReadInt64(84);
        flow.Radio.Cost.Restore(RadioUpUs);
        flow.Need.Restore(_bytes, NeedOffset, nowUs);
        flow.Radio.SetReport(nowUs + LittleEndian.ReadInt32(_bytes, ReportOffset) * 1000L);
        engine.Restore(_bytes, CandidatesOffset, flow.Radio.Cost, nowUs);
        if (kept != null) kept.Restore(_bytes, KeptOffset, (_bytes.Length - KeptOffset - Sealed.ChecksumSize) / KeptInputs.EntrySize, nowUs);
    }

    private bool Read(byte[] bytes)
    {
        if (bytes.Length < KeptOffset + Sealed.ChecksumSize || LittleEndian.ReadInt32(bytes, 0) != Magic || !Sealed.IsWhole(bytes)) return false;
        _bytes = bytes;
        ModelId = LittleEndian.ReadUInt32(bytes, 4);
        InputCount = LittleEndian.ReadUInt32(bytes, 8);
        Sequence = LittleEndian.ReadUInt32(bytes, 12);
        Position = LittleEndian.ReadInt32(bytes, 16);
        Mapping = (MappingMode)LittleEndian.ReadInt32(bytes, 20);
        Objective = Objective.Of((ObjectiveKind)bytes[24], LittleEndian.ReadUInt16(bytes, 26), bytes[25]);
        int alpha = LittleEndian.ReadInt32(bytes, 28);
        LocalTime = alpha == NoLine ? null : new CostLine(alpha, LittleEndian.ReadInt32(bytes, 32));
        EncodeTime = new CostLine(LittleEndian.ReadInt32(bytes, 36), LittleEndian.ReadInt32(bytes, 40));
        RadioUpUs = LittleEndian.ReadInt32(bytes, 44);
        RadioOffUs = ReadInt64(76);
        Origin = LittleEndian.ReadUInt32(bytes, OriginOffset);
        PriorsRestS = LittleEndian.ReadInt32(bytes, PriorsOffset);
        int gamma = LittleEndian.ReadInt32(bytes, OutputOffset);
        if (gamma != NoLine) Output = new OutputLength(gamma, LittleEndian.ReadInt32(bytes, OutputOffset + 4));
        OutputDeviation = LittleEndian.ReadInt32(bytes, OutputOffset + 8);
        return true;
    }

    private void WriteInt64(int offset, long value)
    {
        LittleEndian.WriteInt32(_bytes, offset, (int)value);
        LittleEndian.WriteInt32(_bytes, offset + 4, (int)(value >> 32));
    }

    private long ReadInt64(int offset) => LittleEndian.ReadUInt32(_bytes, offset) | ((long)LittleEndian.ReadInt32(_bytes, offset + 4) << 32);
}
