// Bounds of the saving of an offload. They decide if a board connects, keeps an input, or wakes its radio. The bounds pick no gateway.

using Crime.Costs;

namespace Crime.Mapping;

/// <summary>Bounds of the saving of an offload, in the unit of the objective. Thread-safe.</summary>
public sealed class OffloadWorth
{
    private readonly object _lock;
    private readonly DecisionRules _rules;

    /// <summary>Makes the bounds of an engine.</summary>
    /// <param name="engineLock">The engine's lock.</param>
    /// <param name="rules">The rules of its decisions.</param>
    internal OffloadWorth(object engineLock, DecisionRules rules)
    {
        _lock = engineLock;
        _rules = rules;
    }

    /// <summary>
    /// Returns the most that an offload can save against computing, in the objective's unit, for the lengths that the node has had: at an idle
    /// gateway without any delay. Before the first input it is that of the longest input. 0 or less when nothing can be gained.
    /// </summary>
    /// <param name="radioUp">Cost of waking the radio for it; null when the radio is on.</param>
    public int MostGain(RadioCost radioUp)
    {
        lock (_lock) return _rules.MostGain(radioUp);
    }

    /// <summary>Returns the most that an offload of one input can save against computing; see <see cref="MostGain"/>.</summary>
    /// <param name="length">Length of the input in timesteps.</param>
    /// <param name="radioUp">Cost of waking the radio for it; null when the radio is on.</param>
    public int Gain(int length, RadioCost radioUp)
    {
        lock (_lock) return _rules.Gain(length, radioUp);
    }

    /// <summary>
    /// Returns the cost of an input on this node beyond that of its request, in the objective's unit: the saving of a request in a batch, whose wake
    /// and wait other requests share.
    /// </summary>
    /// <param name="length">Length of the input in timesteps.</param>
    public int Saving(int length)
    {
        lock (_lock) return _rules.Saving(length);
    }

    /// <summary>Returns the cost of a batch apart from its requests, in the objective's unit: waking the radio if it is off, one wait, and listening.</summary>
    /// <param name="longestLength">Length of its longest input in timesteps.</param>
    /// <param name="nowUs">The time in µs.</param>
    public int BatchCost(int longestLength, long nowUs)
    {
        lock (_lock) return _rules.BatchCost(longestLength, nowUs);
    }

    /// <summary>True when the node has had an input.</summary>
    public bool HasInputs => _rules.HasInputs;

    /// <summary>Returns true when an input of a length that the node has had would be offloaded now.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public bool Gains(long nowUs)
    {
        lock (_lock) return _rules.Gains(nowUs);
    }
}
