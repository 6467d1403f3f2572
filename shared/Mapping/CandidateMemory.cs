// The gateways that a board remembers during a deep sleep: enough to decide before it receives their next statuses.

using Crime.Binary;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Writes and reads gateways as bytes. The bytes come from the board's own flash and carry a checksum.</summary>
public static class CandidateMemory
{
    /// <summary>Bytes of all gateways.</summary>
    public const int Size = 4 + DecisionTable.MaxCandidates * EntrySize;

    // A length and the letters, in whole words.
    private const int IdSize = (1 + Topics.MaxNodeIdLength + 3) / 4 * 4;

    // Whether it was usable, round trip and deviation, wait and depth: a word each. Then the advert at its largest.
    private const int FixedSize = 5 * 4;
    private const int EntrySize = IdSize + FixedSize + CostAdvert.MaxSize;

    /// <summary>Writes the gateways.</summary>
    /// <param name="candidates">The gateways.</param>
    /// <param name="count">Number of gateways.</param>
    /// <param name="bytes">Receives <see cref="Size"/> bytes.</param>
    /// <param name="offset">Index of the first byte.</param>
    /// <param name="nowUs">The time.</param>
    public static void Save(GatewayCandidate[] candidates, int count, byte[] bytes, int offset, long nowUs)
    {
        LittleEndian.WriteInt32(bytes, offset, count);
        for (int i = 0; i < count; i++)
        {
            GatewayCandidate gateway = candidates[i];
            int at = offset + 4 + i * EntrySize;
            bytes[at] = (byte)gateway.Id.Length;
            for (int k = 0; k < gateway.Id.Length; k++) bytes[at + 1 + k] = (byte)gateway.Id[k];
            at += IdSize;
            LittleEndian.WriteInt32(bytes, at, gateway.WasUsable ? 1 : 0);
            LittleEndian.WriteInt32(bytes, at + 4, gateway.Link.RttUs);
            LittleEndian.WriteInt32(bytes, at + 8, gateway.Link.DeviationUs);
            LittleEndian.WriteInt32(bytes, at + 12, gateway.Queue.WaitUs(nowUs));
            LittleEndian.WriteInt32(bytes, at + 16, gateway.Queue.Depth);
            gateway.Advert.Encode(bytes, at + FixedSize);
        }
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
            int at = offset + 4 + i * EntrySize;
            var letters = new char[bytes[at]];
            for (int k = 0; k < letters.Length; k++) letters[k] = (char)bytes[at + 1 + k];
            at += IdSize;
            var gateway = new GatewayCandidate(new string(letters), rows == null ? null : rows[i])
            {
                WasUsable = LittleEndian.ReadInt32(bytes, at) != 0,
            };
            gateway.Link.Restore(LittleEndian.ReadInt32(bytes, at + 4), LittleEndian.ReadInt32(bytes, at + 8), nowUs);
            // The wait is that of one worker, and stays as it is until the gateway is heard.
            gateway.Queue.OnStatus(LittleEndian.ReadUInt32(bytes, at + 12), 1, QueueForecast.FullUtilisation, LittleEndian.ReadInt32(bytes, at + 16), nowUs);
            gateway.Advert.Decode(bytes, at + FixedSize);
            candidates[i] = gateway;
        }
        return count;
    }
}
