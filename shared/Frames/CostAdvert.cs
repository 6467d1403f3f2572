// What a node says an inference costs with it: itself, and the nodes it can pass the input on to. A few lines over the length,
// each with the nodes that it leads through, so that whoever finds itself on a path leaves it alone.

using Crime.Binary;

namespace Crime.Frames;

/// <summary>The lower envelope of the costs that a node can reach for one model. Allocates in its constructor only.</summary>
/// <remarks>A segment costs <c>BetaUs + AlphaNs * length / 1000</c>; one that leads to other nodes costs <see cref="RelayWaitUs"/> more.
/// The wait in the advertiser's own queue is not in it: the status says it apart.</remarks>
public sealed class CostAdvert
{
    /// <summary>Most segments.</summary>
    public const int MaxSegments = 4;

    /// <summary>Most nodes that a segment may lead through beyond the advertiser.</summary>
    public const int MaxPathNodes = 7;

    /// <summary>Bytes of an advert before its segments: they follow the model's id and checksum.</summary>
    internal const int HeaderSize = 8;

    private const int SegmentSize = 12;

    // What lies beyond is not told anew for less: the links there waver by more.
    private const uint RelayStepUs = 1000;

    /// <summary>Most bytes of an advert.</summary>
    internal const int MaxSize = HeaderSize + MaxSegments * (SegmentSize + 4 * MaxPathNodes);

    /// <summary>Changes with the segments, so that a receiver need not read them again; 0 = read always.</summary>
    public int Version;

    /// <summary>What the segments that lead to other nodes cost at the moment beyond their lines, in µs: links and queues there.</summary>
    public uint RelayWaitUs;

    /// <summary>Number of segments; 0 when the node neither computes the model nor reaches one that does.</summary>
    public int Count;

    /// <summary>Cost of a timestep in ns, per segment.</summary>
    public readonly uint[] AlphaNs = new uint[MaxSegments];

    /// <summary>Cost of length zero in µs, per segment.</summary>
    public readonly uint[] BetaUs = new uint[MaxSegments];

    /// <summary>Number of nodes beyond the advertiser, per segment; 0 = it computes itself.</summary>
    public readonly int[] PathCount = new int[MaxSegments];

    private readonly uint[] _path = new uint[MaxSegments * MaxPathNodes];

    /// <summary>Makes the advert one segment: the node computes itself and reaches no other.</summary>
    public void SetOwn(uint alphaNs, uint betaUs)
    {
        Clear();
        AddOwn(alphaNs, betaUs);
    }

    /// <summary>Removes all segments.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds the segment of the node itself. There must be room.</summary>
    public void AddOwn(uint alphaNs, uint betaUs)
    {
        AlphaNs[Count] = alphaNs;
        BetaUs[Count] = betaUs;
        PathCount[Count] = 0;
        Count++;
    }

    /// <summary>Adds a segment that leads to another node, and from there on as one of that node's own segments. There must be room.</summary>
    /// <param name="alphaNs">Cost of a timestep.</param>
    /// <param name="betaUs">Cost of length zero.</param>
    /// <param name="next">Key of the other node.</param>
    /// <param name="beyond">The other node's advert.</param>
    /// <param name="segment">Which of its segments; at most <see cref="MaxPathNodes"/> - 1 nodes.</param>
    public void AddVia(uint alphaNs, uint betaUs, uint next, CostAdvert beyond, int segment)
    {
        int at = Count * MaxPathNodes;
        AlphaNs[Count] = alphaNs;
        BetaUs[Count] = betaUs;
        PathCount[Count] = beyond.PathCount[segment] + 1;
        _path[at] = next;
        for (int i = 0; i < beyond.PathCount[segment]; i++) _path[at + 1 + i] = beyond.PathKey(segment, i);
        Count++;
    }

    /// <summary>Key of a node on a segment's path, beyond the advertiser.</summary>
    /// <param name="segment">0 to <see cref="Count"/> - 1.</param>
    /// <param name="position">0 to its number of nodes - 1.</param>
    public uint PathKey(int segment, int position) => _path[segment * MaxPathNodes + position];

    /// <summary>Whether a segment leads through a node.</summary>
    public bool LeadsThrough(int segment, uint key)
    {
        for (int i = 0; i < PathCount[segment]; i++)
            if (_path[segment * MaxPathNodes + i] == key) return true;
        return false;
    }

    /// <summary>Takes over everything from another advert.</summary>
    public void CopyFrom(CostAdvert other)
    {
        Version = other.Version;
        RelayWaitUs = other.RelayWaitUs;
        Count = other.Count;
        for (int i = 0; i < Count; i++)
        {
            AlphaNs[i] = other.AlphaNs[i];
            BetaUs[i] = other.BetaUs[i];
            PathCount[i] = other.PathCount[i];
        }
        for (int i = 0; i < Count * MaxPathNodes; i++) _path[i] = other._path[i];
    }

    /// <summary>Takes over everything from another advert but the segments that lead through a node.</summary>
    public void CopyWithout(CostAdvert other, uint key)
    {
        Version = other.Version;
        RelayWaitUs = other.RelayWaitUs;
        Count = 0;
        for (int i = 0; i < other.Count; i++)
        {
            if (other.LeadsThrough(i, key)) continue;
            AlphaNs[Count] = other.AlphaNs[i];
            BetaUs[Count] = other.BetaUs[i];
            PathCount[Count] = other.PathCount[i];
            for (int k = 0; k < PathCount[Count]; k++) _path[Count * MaxPathNodes + k] = other.PathKey(i, k);
            Count++;
        }
    }

    /// <summary>Whether a receiver should read the segments again: another path, or a line that is off by 1/16 (and 1 ms).</summary>
    public bool IsNoticeablyOther(CostAdvert told)
    {
        if (Count != told.Count) return true;
        for (int i = 0; i < Count; i++)
        {
            if (PathCount[i] != told.PathCount[i]) return true;
            for (int k = 0; k < PathCount[i]; k++)
                if (PathKey(i, k) != told.PathKey(i, k)) return true;
            if (IsFar(AlphaNs[i], told.AlphaNs[i], 0) || IsFar(BetaUs[i], told.BetaUs[i], PathCount[i] == 0 ? 0 : RelayStepUs)) return true;
        }
        return false;
    }

    private static bool IsFar(uint value, uint told, uint step)
    {
        uint difference = value > told ? value - told : told - value;
        return difference > (told >> 4) + step;
    }

    /// <summary>Bytes in a status.</summary>
    internal int Size
    {
        get
        {
            int size = HeaderSize;
            for (int i = 0; i < Count; i++) size += SegmentSize + 4 * PathCount[i];
            return size;
        }
    }

    /// <summary>Writes the advert.</summary>
    /// <returns>Where the next byte goes.</returns>
    internal int Encode(byte[] bytes, int at)
    {
        LittleEndian.WriteInt16(bytes, at, Version);
        bytes[at + 2] = (byte)Count;
        LittleEndian.WriteUInt32(bytes, at + 4, RelayWaitUs);
        at += HeaderSize;
        for (int i = 0; i < Count; i++)
        {
            LittleEndian.WriteUInt32(bytes, at, AlphaNs[i]);
            LittleEndian.WriteUInt32(bytes, at + 4, BetaUs[i]);
            bytes[at + 8] = (byte)PathCount[i];
            at += SegmentSize;
            for (int k = 0; k < PathCount[i]; k++, at += 4) LittleEndian.WriteUInt32(bytes, at, PathKey(i, k));
        }
        return at;
    }

    /// <summary>Checks foreign bytes without reading them.</summary>
    /// <param name="bytes">A frame.</param>
    /// <param name="at">Where the advert starts; afterwards where the next thing starts.</param>
    internal static FrameError Check(byte[] bytes, ref int at)
    {
        if (bytes.Length - at < HeaderSize) return FrameError.TooShort;
        int count = bytes[at + 2];
        if (count > MaxSegments || bytes[at + 3] != 0) return FrameError.Range;
        at += HeaderSize;
        bool isOwnSeen = false;
        for (int i = 0; i < count; i++)
        {
            if (bytes.Length - at < SegmentSize) return FrameError.TooShort;
            int nodes = bytes[at + 8];
            if (nodes > MaxPathNodes || bytes[at + 9] != 0 || LittleEndian.ReadUInt16(bytes, at + 10) != 0) return FrameError.Range;
            if (nodes == 0 && isOwnSeen) return FrameError.Range;
            if (nodes == 0) isOwnSeen = true;
            at += SegmentSize + 4 * nodes;
            if (at > bytes.Length) return FrameError.TooShort;
        }
        return FrameError.None;
    }

    /// <summary>Reads bytes that <see cref="Check"/> has passed.</summary>
    internal void Decode(byte[] bytes, int at)
    {
        Version = LittleEndian.ReadUInt16(bytes, at);
        Count = bytes[at + 2];
        RelayWaitUs = LittleEndian.ReadUInt32(bytes, at + 4);
        at += HeaderSize;
        for (int i = 0; i < Count; i++)
        {
            AlphaNs[i] = LittleEndian.ReadUInt32(bytes, at);
            BetaUs[i] = LittleEndian.ReadUInt32(bytes, at + 4);
            PathCount[i] = bytes[at + 8];
            at += SegmentSize;
            for (int k = 0; k < PathCount[i]; k++, at += 4) _path[i * MaxPathNodes + k] = LittleEndian.ReadUInt32(bytes, at);
        }
    }
}
