// A broken invariant ends the run.

using System;

namespace Crime.Chaos.Invariants;

/// <summary>Something has happened that never may.</summary>
internal sealed class InvariantException : Exception
{
    /// <summary>Names what has happened.</summary>
    /// <param name="message">One line.</param>
    public InvariantException(string message)
        : base(message)
    {
    }
}
