// The gateways that a node knows: a few slots, each with the memory of its route.

namespace Crime.Mapping;

/// <summary>Up to <see cref="DecisionTable.MaxCandidates"/> gateways. Guarded by the engine's lock.</summary>
internal sealed class GatewayList
{
    /// <summary>The gateways: the first <see cref="Count"/> elements.</summary>
    public readonly GatewayCandidate[] Slots = new GatewayCandidate[DecisionTable.MaxCandidates];

    /// <summary>Gateways known, usable or not.</summary>
    public int Count;

    /// <summary>Anti-herding measures that are on.</summary>
    public readonly AntiHerding Measures;

    /// <summary>True while links under suspicion are pinged rarely: the node can compute meanwhile.</summary>
    public bool PingsRarely;

    /// <summary>True while the node learns from answers: a gateway is doubted when it does not answer, not when it is silent.</summary>
    public bool LearnsFromAnswers;

    private readonly uint _nodeKey;

    // The row of each slot; null where rows are made with the gateway.
    private readonly int[][] _rows;
    private uint _reportCount;

    /// <summary>Makes an empty list.</summary>
    /// <param name="setup">Tells which measures are on, and whether rows are made now.</param>
    /// <param name="nodeKey">The node's own key.</param>
    public GatewayList(EngineSetup setup, uint nodeKey)
    {
        Measures = setup.Measures;
        _nodeKey = nodeKey;
        if (!setup.ReservesRows) return;
        _rows = new int[DecisionTable.MaxCandidates][];
        for (int i = 0; i < _rows.Length; i++) _rows[i] = new int[DecisionTable.BucketCount];
    }

    /// <summary>Returns the gateway with an id, or null.</summary>
    public GatewayCandidate Find(string id)
    {
        for (int i = 0; i < Count; i++)
            if (Slots[i].Id == id) return Slots[i];
        return null;
    }

    /// <summary>
    /// The slot of a gateway, or -1. A gateway loses its slot to another one; a request to it may be under way then, and the outcome of that
    /// must not be credited to its successor.
    /// </summary>
    public int SlotOf(GatewayCandidate gateway)
    {
        for (int i = 0; i < Count; i++)
            if (Slots[i] == gateway) return i;
        return -1;
    }

    /// <summary>Adds a gateway in a slot that is free, or whose gateway does not serve or has expired.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <returns>The gateway, or null when the gateway of every slot serves.</returns>
    public GatewayCandidate Add(string id, long nowUs)
    {
        int slot = FreeSlot(nowUs);
        if (slot < 0) return null;
        var added = new GatewayCandidate(id, _rows == null ? null : _rows[slot]);
        added.Queue.UseError = Has(AntiHerding.ForecastError);
        Slots[slot] = added;
        // Counted once it is there: a reader of the list takes no lock.
        if (slot == Count) Count++;
        return added;
    }

    /// <summary>Sets what the node learns from.</summary>
    /// <param name="learnsFromAnswers">True for answers.</param>
    /// <param name="canCompute">False for a node that needs a gateway for every input.</param>
    public void SetLearning(bool learnsFromAnswers, bool canCompute)
    {
        LearnsFromAnswers = learnsFromAnswers;
        PingsRarely = learnsFromAnswers && canCompute;
        for (int i = 0; i < Count; i++) SetExpiry(Slots[i]);
    }

    /// <summary>Sets the time until which the last status of a gateway counts. Where it counts for ever, its wait is forgotten with its age.</summary>
    public void SetExpiry(GatewayCandidate gateway)
    {
        gateway.StatusUntilUs = LearnsFromAnswers ? long.MaxValue : gateway.StatusAtUs + MappingEngine.StatusExpiryUs;
        gateway.Queue.Forgets = LearnsFromAnswers;
    }

    /// <summary>Returns true when a ping to a gateway is of use: one that answers requests needs none while the node learns from answers.</summary>
    public bool IsPinged(GatewayCandidate gateway) => gateway.IsServing && (!LearnsFromAnswers || !gateway.Link.IsUsable);

    /// <summary>Gives this node its own share of the uncertainty of a report: another one for every report, the same in every run.</summary>
    public void SetSpread(GatewayCandidate gateway)
    {
        if (!Has(AntiHerding.Spread)) return;
        // The finaliser of MurmurHash3: every bit of the node and of the count moves every bit of the share.
        uint mixed = _nodeKey ^ (++_reportCount * 0x9E3779B9u);
        mixed = (mixed ^ (mixed >> 16)) * 0x85EBCA6Bu;
        mixed = (mixed ^ (mixed >> 13)) * 0xC2B2AE35u;
        mixed ^= mixed >> 16;
        gateway.Queue.SetSpread((int)(mixed & 511) - 256);
    }

    /// <summary>Writes all gateways as bytes, see <see cref="CandidateMemory"/>.</summary>
    public void Save(byte[] bytes, int offset, long nowUs) => CandidateMemory.Save(Slots, Count, bytes, offset, nowUs);

    /// <summary>Replaces all gateways by saved ones.</summary>
    public void Restore(byte[] bytes, int offset, long nowUs)
    {
        Count = CandidateMemory.Restore(Slots, _rows, bytes, offset, nowUs);
        for (int i = 0; i < Count; i++)
        {
            Slots[i].Queue.UseError = Has(AntiHerding.ForecastError);
            SetExpiry(Slots[i]);
        }
    }

    private bool Has(AntiHerding measure) => (Measures & measure) != AntiHerding.None;

    private int FreeSlot(long nowUs)
    {
        if (Count < Slots.Length) return Count;
        // A gateway whose last will was lost serves for ever by its last status. The one that has been silent for the longest time goes first.
        int expired = -1;
        long publishedUs = nowUs - MappingEngine.StatusExpiryUs;
        for (int i = 0; i < Count; i++)
        {
            if (!Slots[i].IsServing) return i;
            if (Slots[i].StatusAtUs >= publishedUs) continue;
            expired = i;
            publishedUs = Slots[i].StatusAtUs;
        }
        return expired;
    }
}
