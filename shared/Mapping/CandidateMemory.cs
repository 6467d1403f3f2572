// The gateways that a board remembers during a deep sleep: enough to decide before it receives their next statuses.

using Crime.Binary;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Writes and reads gateways as bytes. The bytes come from the board's own flash and carry a checksum.</summary>
public static class CandidateMemory
{
    /// <summary>Bytes of all gateways.</summary>
    public const int Size = 4 + DecisionTable.MaxCandidates * EntrySize;

    /// <summary>Bytes of one gateway.</summary>
    internal const int EntrySize = AdvertOffset + CostAdvert.MaxSize;

    // A length and the letters, in whole words.
    private const int IdSize = (1 + Topics.MaxNodeIdLength + 3) / 4 * 4;

    /// <summary>Offset in an entry of a word that is 1 for a gateway that was usable. Round trip, deviation, wait and depth follow, a word each.</summary>
    internal const int UsableOffset = IdSize;

    /// <summary>Offset of the round trip in an entry.</summary>
    internal const int RttOffset = UsableOffset + 4;

    /// <summary>Offset of the advert in an entry. It comes last and has its largest size.</summary>
    internal const int AdvertOffset = UsableOffset + 5 * 4;

    /// <summary>Writes the gateways.</summary>
    /// <param name="candidates">The gateways.</param>
    /// <param name="count">Number of gateways.</param>
    /// <param name="bytes">Receives <see cref="Size"/> bytes.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="nowUs">The time.</param>
    public static void Save(GatewayCandidate[] candidates, int count, byte[] bytes, int offset, long nowUs)
    {
        LittleEndian.WriteInt32(bytes, offset, count);
        for (int i = 0; i < count; i++) SaveEntry(candidates[i], candidates[i].WasUsable, bytes, offset + 4 + i * EntrySize, nowUs);
    }

    /// <summary>Reads the gateways.</summary>
    /// <param name="candidates">Receives them.</param>
    /// <param name="rows">A row per candidate for its route; null to make them.</param>
    /// <param name="bytes">Bytes that <see cref="Save"/> has written.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>Number of gateways.</returns>
    public static int Restore(GatewayCandidate[] candidates, int[][] rows, byte[] bytes, int offset, long nowUs)
    {
        int count = LittleEndian.ReadInt32(bytes, offset);
        for (int i = 0; i < count; i++)
        {
            int at = offset + 4 + i * EntrySize, fieldsAt = at + RttOffset;
            var gateway = new GatewayCandidate(IdAt(bytes, at), rows == null ? null : rows[i])
            {
                WasUsable = LittleEndian.ReadInt32(bytes, at + UsableOffset) != 0,
            };
            gateway.Link.Restore(LittleEndian.ReadInt32(bytes, fieldsAt), LittleEndian.ReadInt32(bytes, fieldsAt + 4), nowUs);
            // The wait is that of one worker, and stays as it is until the gateway is heard.
            gateway.Queue.OnStatus(
                LittleEndian.ReadUInt32(bytes, fieldsAt + 8), 1, QueueForecast.FullUtilisation, LittleEndian.ReadInt32(bytes, fieldsAt + 12), nowUs);
            gateway.Advert.Decode(bytes, at + AdvertOffset);
            candidates[i] = gateway;
        }
        return count;
    }

    /// <summary>Writes one gateway.</summary>
    internal static void SaveEntry(GatewayCandidate gateway, bool isUsable, byte[] bytes, int at, long nowUs)
    {
        bytes[at] = (byte)gateway.Id.Length;
        for (int k = 0; k < gateway.Id.Length; k++) bytes[at + 1 + k] = (byte)gateway.Id[k];
        LittleEndian.WriteInt32(bytes, at + UsableOffset, isUsable ? 1 : 0);
        at += RttOffset;
        LittleEndian.WriteInt32(bytes, at, gateway.Link.RttUs);
        LittleEndian.WriteInt32(bytes, at + 4, gateway.Link.DeviationUs);
        LittleEndian.WriteInt32(bytes, at + 8, gateway.Queue.WaitUs(nowUs));
        LittleEndian.WriteInt32(bytes, at + 12, gateway.Queue.Depth);
        gateway.Advert.Encode(bytes, at + AdvertOffset - RttOffset);
    }

    /// <summary>Reads the id of a gateway, of at most <see cref="Topics.MaxNodeIdLength"/> letters.</summary>
    internal static string IdAt(byte[] bytes, int at)
    {
        var letters = new char[bytes[at]];
        for (int k = 0; k < letters.Length; k++) letters[k] = (char)bytes[at + 1 + k];
        return new string(letters);
    }
}
