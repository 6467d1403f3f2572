// Counts the results of every input of every board.

using System.Collections.Generic;

namespace Crime.Chaos.Invariants;

/// <summary>An input. Its sensor keeps it until the board has its result: a board that starts anew in between begins it again.</summary>
/// <param name="Number">Its number in the run.</param>
/// <param name="Board">Id of its board.</param>
/// <param name="Sequence">Index of its sequence.</param>
/// <param name="Length">Its timesteps.</param>
internal sealed record ChaosInput(int Number, string Board, int Sequence, int Length)
{
    /// <summary>Results that it has got.</summary>
    public int ResultCount { get; set; }
}

/// <summary>Counts inputs and results.</summary>
internal sealed class InputLedger
{
    private readonly List<ChaosInput> _inputs = [];

    /// <summary>Inputs so far.</summary>
    public int InputCount => _inputs.Count;

    /// <summary>Results so far.</summary>
    public int ResultCount { get; private set; }

    /// <summary>Results of streams that a gateway has ended.</summary>
    public int MovedCount { get; set; }

    /// <summary>Adds an input.</summary>
    public ChaosInput Add(string board, int sequence, int length)
    {
        var input = new ChaosInput(_inputs.Count, board, sequence, length);
        _inputs.Add(input);
        return input;
    }

    /// <summary>Notes a result.</summary>
    /// <exception cref="InvariantException">The input has one already.</exception>
    public void OnResult(ChaosInput input)
    {
        ResultCount++;
        if (++input.ResultCount > 1) throw new InvariantException($"{input.Board}: input {input.Number} has {input.ResultCount} results");
    }

    /// <summary>Checks that every input has one result, at the end.</summary>
    /// <exception cref="InvariantException">One has not.</exception>
    public void CheckEnd()
    {
        foreach (ChaosInput input in _inputs)
            if (input.ResultCount != 1) throw new InvariantException($"{input.Board}: input {input.Number} has {input.ResultCount} results in the end");
    }
}
