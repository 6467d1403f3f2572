// The gateways that a board has known before a restart. Link and load are older then than after a deep sleep, and nobody may know by how much. So
// they are priors: good enough for the first decision, and replaced by the first measurement.

using Crime.Binary;
using Crime.Costs;
using Crime.Frames;

namespace Crime.Mapping;

/// <summary>Writes and reads the file of priors. SPEC.md, section 8, "Priors", has its fields.</summary>
public static class PriorMemory
{
    /// <summary>Size of the file in bytes.</summary>
    public const int Size = EntriesOffset + DecisionTable.MaxCandidates * CandidateMemory.EntrySize + Sealed.ChecksumSize;

    /// <summary>Age of a prior in µs where a clock was not set.</summary>
    public const long UnknownAgeUs = -1;

    /// <summary>
    /// Age in µs from which the deviation of a round trip no longer grows: an hour. The file is written at most once an hour, so that its content may be
    /// older than the file by so much.
    /// </summary>
    public const long DeviationAgeUs = 3_600_000_000;

    // "CRP1".
    private const uint Magic = 0x31505243;
    private const int ModelOffset = 4;
    private const int PlaceOffset = 8;
    private const int TimeOffset = 12;
    private const int RadioUpOffset = 16;
    private const int CountOffset = 20;
    private const int EntriesOffset = 24;

    // A round trip or a cost that differs by less than 1/4 and 1 ms from the written one is not worth an erased block of flash.
    private const int ChangeBits = 2;
    private const long ChangeUs = 1000;

    // Length in timesteps at which two cost lines are compared.
    private const int CompareLength = 1000;

    /// <summary>Returns the number of a board at a broker. Knowledge of another broker is not used.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="host">Host of the broker.</param>
    /// <param name="port">Its TCP port.</param>
    public static uint PlaceOf(string board, string host, int port) => NodeKey.Of(board + "@" + host + ":" + port.ToString());

    /// <summary>Writes the gateways that answer: all that the file holds. A gateway that was lost, or that does not serve, is left out.</summary>
    /// <param name="engine">The engine that knows them.</param>
    /// <param name="modelId">Identity of its model.</param>
    /// <param name="place">The board and its broker, see <see cref="PlaceOf"/>.</param>
    /// <param name="radioUpUs">Time to bring the radio up in µs; 0 for a board whose radio is always on.</param>
    /// <param name="utcSeconds">Time of day in s since 1970; 0 where the clock is not set.</param>
    /// <param name="nowUs">The time in µs.</param>
    public static byte[] Save(MappingEngine engine, uint modelId, uint place, int radioUpUs, uint utcSeconds, long nowUs)
    {
        var bytes = new byte[Size];
        LittleEndian.WriteUInt32(bytes, 0, Magic);
        LittleEndian.WriteUInt32(bytes, ModelOffset, modelId);
        LittleEndian.WriteUInt32(bytes, PlaceOffset, place);
        LittleEndian.WriteUInt32(bytes, TimeOffset, utcSeconds);
        LittleEndian.WriteInt32(bytes, RadioUpOffset, radioUpUs);
        int count = 0;
        lock (engine.Lock)
        {
            for (int i = 0; i < engine.Gateways.Count; i++)
            {
                GatewayCandidate gateway = engine.Gateways.Slots[i];
                bool isKnown = engine.IsRadioOff ? gateway.WasUsable : gateway.IsServing && gateway.Link.HasSample && !gateway.Link.IsLost;
                if (isKnown && gateway.Advert.Count > 0)
                    CandidateMemory.SaveEntry(gateway, true, bytes, EntriesOffset + count++ * CandidateMemory.EntrySize, nowUs);
            }
        }
        LittleEndian.WriteInt32(bytes, CountOffset, count);
        Sealed.Seal(bytes);
        return bytes;
    }

    /// <summary>Checks foreign bytes.</summary>
    /// <param name="bytes">The content of the file.</param>
    /// <param name="modelId">Identity of the board's model.</param>
    /// <param name="place">The board and its broker.</param>
    /// <returns>The reason why they are not used; null when they can be restored.</returns>
    public static string Check(byte[] bytes, uint modelId, uint place)
    {
        if (bytes.Length != Size || LittleEndian.ReadUInt32(bytes, 0) != Magic || !Sealed.IsWhole(bytes)) return "damaged";
        if (LittleEndian.ReadUInt32(bytes, ModelOffset) != modelId) return "of another model";
        if (LittleEndian.ReadUInt32(bytes, PlaceOffset) != place) return "of another broker";
        int count = LittleEndian.ReadInt32(bytes, CountOffset);
        if (count < 0 || count > DecisionTable.MaxCandidates || !IsWithin(bytes, RadioUpOffset, RadioCost.MaxUs)) return "out of range";
        for (int i = 0; i < count; i++)
            if (!IsEntry(bytes, EntriesOffset + i * CandidateMemory.EntrySize)) return "out of range";
        return null;
    }

    /// <summary>Returns the age of the file in µs; <see cref="UnknownAgeUs"/> where one of the two clocks was not set, or runs after the other.</summary>
    /// <param name="bytes">Checked bytes.</param>
    /// <param name="utcSeconds">Time of day in s since 1970; 0 where the clock is not set.</param>
    public static long AgeUs(byte[] bytes, uint utcSeconds)
    {
        uint writtenAt = LittleEndian.ReadUInt32(bytes, TimeOffset);
        return writtenAt == 0 || utcSeconds < writtenAt ? UnknownAgeUs : (utcSeconds - writtenAt) * 1_000_000L;
    }

    /// <summary>Time to bring the radio up in µs; 0 where the file has none.</summary>
    /// <param name="bytes">Checked bytes.</param>
    public static int RadioUpUs(byte[] bytes) => LittleEndian.ReadInt32(bytes, RadioUpOffset);

    /// <summary>Gives an engine that knows no gateway those of the file.</summary>
    /// <remarks>
    /// The gateways are candidates for a board whose radio is off, as after a deep sleep, and for a board that learns from answers, once it is connected. A
    /// board that receives statuses waits for the status of each, and uses the link without a ping.
    /// </remarks>
    /// <param name="engine">The engine.</param>
    /// <param name="bytes">Bytes that <see cref="Check"/> has passed.</param>
    /// <param name="ageUs">Their age in µs, see <see cref="AgeUs"/>.</param>
    /// <param name="radioUp">Cost of waking the radio, which is off; null where the radio is always on.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>Number of gateways.</returns>
    public static int Restore(MappingEngine engine, byte[] bytes, long ageUs, RadioCost radioUp, long nowUs)
    {
        int count = LittleEndian.ReadInt32(bytes, CountOffset);
        lock (engine.Lock)
        {
            for (int i = 0; i < count; i++)
            {
                int at = EntriesOffset + i * CandidateMemory.EntrySize, fieldsAt = at + CandidateMemory.RttOffset;
                string id = CandidateMemory.IdAt(bytes, at);
                if (engine.Gateways.Find(id) != null) continue;
                GatewayCandidate gateway = engine.Gateways.Add(id, nowUs);
                if (gateway == null) break;
                int rttUs = LittleEndian.ReadInt32(bytes, fieldsAt);
                gateway.Link.RestorePrior(rttUs, AgedDeviationUs(rttUs, LittleEndian.ReadInt32(bytes, fieldsAt + 4), ageUs), radioUp == null, nowUs);
                int waitUs = ageUs == UnknownAgeUs ? 0 : QueueForecast.Forgotten(LittleEndian.ReadInt32(bytes, fieldsAt + 8), ageUs);
                gateway.Queue.RestorePrior(waitUs, nowUs);
                gateway.Advert.Decode(bytes, at + CandidateMemory.AdvertOffset);
                gateway.WasUsable = radioUp != null;
                gateway.IsServing = engine.LearnsFromAnswers;
                // A gateway whose status comes takes the slot of one that has not been heard.
                gateway.StatusAtUs = nowUs - MappingEngine.StatusExpiryUs - 1;
                engine.Gateways.SetExpiry(gateway);
                engine.Rules.FillRows(gateway);
            }
            if (radioUp != null && count > 0) engine.Routes.RadioUp = radioUp;
            engine.Rules.Refresh(nowUs);
        }
        return count;
    }

    /// <summary>Notes that the connection to the broker was made: links that only the file knows may carry an input, which measures them.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="nowUs">The time in µs.</param>
    public static void Trust(MappingEngine engine, long nowUs)
    {
        lock (engine.Lock)
        {
            for (int i = 0; i < engine.Gateways.Count; i++) engine.Gateways.Slots[i].Link.TrustPrior();
            engine.Rules.Refresh(nowUs);
        }
    }

    /// <summary>Returns true when a link was measured since the engine was made: there is something to write.</summary>
    public static bool HasMeasured(MappingEngine engine)
    {
        for (int i = 0; i < engine.CandidateCount; i++)
            if (engine.Candidate(i).Link.IsMeasured) return true;
        return false;
    }

    /// <summary>
    /// Returns true when a new file says something else than the old one: other gateways, or a round trip, a cost or the time of the radio that differs
    /// by more than a quarter and a millisecond. The load changes all the time, and is no reason to write.
    /// </summary>
    /// <param name="fresh">The new file.</param>
    /// <param name="old">The old file, checked.</param>
    public static bool IsNoticeablyOther(byte[] fresh, byte[] old)
    {
        int count = LittleEndian.ReadInt32(fresh, CountOffset);
        if (count != LittleEndian.ReadInt32(old, CountOffset) || IsFar(RadioUpUs(fresh), RadioUpUs(old))) return true;
        CostAdvert mine = new CostAdvert(), other = new CostAdvert();
        for (int i = 0; i < count; i++)
        {
            int at = EntriesOffset + i * CandidateMemory.EntrySize, rttAt = at + CandidateMemory.RttOffset;
            if (CandidateMemory.IdAt(fresh, at) != CandidateMemory.IdAt(old, at)) return true;
            if (IsFar(LittleEndian.ReadInt32(fresh, rttAt), LittleEndian.ReadInt32(old, rttAt))) return true;
            mine.Decode(fresh, at + CandidateMemory.AdvertOffset);
            other.Decode(old, at + CandidateMemory.AdvertOffset);
            if (mine.Count != other.Count) return true;
            for (int k = 0; k < mine.Count; k++)
                if (mine.PathCount[k] != other.PathCount[k] || IsFar(CostOf(mine, k), CostOf(other, k))) return true;
        }
        return false;
    }

    /// <summary>
    /// The deviation grows by up to half of the round trip: by RFC 6298 a single sample has that deviation, and a prior that is an hour old says no less
    /// than a single sample.
    /// </summary>
    private static int AgedDeviationUs(int rttUs, int deviationUs, long ageUs)
    {
        if (ageUs == UnknownAgeUs || ageUs > DeviationAgeUs) ageUs = DeviationAgeUs;
        long agedUs = deviationUs + (rttUs >> 1) * ageUs / DeviationAgeUs;
        return agedUs > LinkEstimator.MaxRttUs ? LinkEstimator.MaxRttUs : (int)agedUs;
    }

    private static bool IsEntry(byte[] bytes, int at)
    {
        int fieldsAt = at + CandidateMemory.RttOffset, advertAt = at + CandidateMemory.AdvertOffset;
        if (bytes[at] > Topics.MaxNodeIdLength || !Topics.IsNodeId(CandidateMemory.IdAt(bytes, at))) return false;
        if (!IsWithin(bytes, fieldsAt, LinkEstimator.MaxRttUs) || !IsWithin(bytes, fieldsAt + 4, LinkEstimator.MaxRttUs)) return false;
        if (!IsWithin(bytes, fieldsAt + 8, QueueForecast.MaxUs) || bytes[advertAt + 2] == 0) return false;
        return CostAdvert.Check(bytes, ref advertAt) == FrameError.None;
    }

    private static bool IsWithin(byte[] bytes, int at, int max)
    {
        int value = LittleEndian.ReadInt32(bytes, at);
        return value >= 0 && value <= max;
    }

    private static long CostOf(CostAdvert advert, int segment) => advert.BetaUs[segment] + advert.AlphaNs[segment] * (long)CompareLength / 1000;

    private static bool IsFar(long valueUs, long writtenUs)
    {
        long difference = valueUs > writtenUs ? valueUs - writtenUs : writtenUs - valueUs;
        return difference > writtenUs >> ChangeBits && difference > ChangeUs;
    }
}
