// The consumer behind the gateways: it counts the results of each input.

using System.Collections.Generic;
using System.Linq;
using Crime.Chaos.Invariants;
using Crime.Frames;
using Crime.Gateway.Core.Results;

namespace Crime.Chaos.Deliveries;

/// <summary>Counts results by key.</summary>
internal sealed class DeliveryConsumer
{
    private readonly Dictionary<ResultKey, (int Plain, int Flagged)> _results = [];
    private readonly HashSet<ResultKey> _inputs = [];
    private readonly HashSet<ResultKey> _noRoom = [];
    private readonly DeliveryCounts _counts;

    private readonly bool _hasOneGateway;

    /// <summary>Makes a consumer without results.</summary>
    /// <param name="counts">Counts flagged results.</param>
    /// <param name="hasOneGateway">True where all results come from one gateway: then one without the flag is the first of its input.</param>
    public DeliveryConsumer(DeliveryCounts counts, bool hasOneGateway)
    {
        _counts = counts;
        _hasOneGateway = hasOneGateway;
    }

    /// <summary>True when every input has a result.</summary>
    public bool HasAll => _inputs.All(key => _results.ContainsKey(key) || _noRoom.Contains(key));

    /// <summary>Number of inputs.</summary>
    public int InputCount => _inputs.Count;

    /// <summary>The class that an input has.</summary>
    public static int LabelOf(uint input) => (int)(input * 7 % 5);

    /// <summary>A board has an input.</summary>
    public void OnInput(ResultKey key) => _inputs.Add(key);

    /// <summary>A board had no room for the result of an input.</summary>
    public void OnNoRoom(ResultKey key)
    {
        _counts.NoRoom++;
        _noRoom.Add(key);
    }

    /// <summary>A result arrives.</summary>
    /// <exception cref="InvariantException">It is wrong, or the second one without the flag.</exception>
    public void OnResult(string board, byte[] payload)
    {
        var result = new ResultFrame();
        if (result.Decode(payload) != FrameError.None) throw new InvariantException("a result cannot be read");
        var key = new ResultKey(board, result.Origin, result.Input);
        if (!_inputs.Contains(key)) throw new InvariantException($"{board}: a result of the input {result.Input}, which there is none of");
        if (!result.IsComputed || result.Label != LabelOf(result.Input)) throw new InvariantException($"{board}: input {result.Input} has a wrong result");
        var (plain, flagged) = _results.GetValueOrDefault(key);
        if (result.IsRepeat) _counts.Flagged++;
        _results[key] = result.IsRepeat ? (plain, flagged + 1) : (plain + 1, flagged);
        if (!result.IsRepeat && (plain > 0 || (_hasOneGateway && flagged > 0)))
            throw new InvariantException($"{board}: input {result.Input} has a second result without the flag");
    }

    /// <summary>Checks the results at the end.</summary>
    /// <param name="isOnce">True when nothing has happened that allows a repeat: one gateway, no kill, and no lost acknowledgement.</param>
    /// <exception cref="InvariantException">An input has no result, or too many.</exception>
    public void CheckEnd(bool isOnce)
    {
        foreach (ResultKey key in _inputs)
        {
            var (plain, flagged) = _results.GetValueOrDefault(key);
            if (plain + flagged == 0 && !_noRoom.Contains(key)) throw new InvariantException($"{key.Board}: input {key.Input} has no result in the end");
            if (isOnce && plain + flagged > 1) throw new InvariantException($"{key.Board}: input {key.Input} has {plain + flagged} results");
        }
    }
}
