// Where the timesteps of kept inputs are until their results are due.

using Crime.Node;

namespace Crime.Device.Keeping;

/// <summary>Stores sequences by slot.</summary>
internal abstract class KeptStore
{
    /// <summary>Identity of the model that the sequences are for.</summary>
    public uint ModelId;

    /// <summary>Origin of the inputs that are stored: the session of the start that reads them.</summary>
    public uint Origin;

    /// <summary>Stores a sequence.</summary>
    /// <param name="slot">A free slot, 0 to the capacity - 1.</param>
    /// <param name="input">Number of the input.</param>
    /// <param name="length">Its timesteps.</param>
    /// <param name="values">The sequence, timestep by timestep.</param>
    /// <param name="count">Numbers in it.</param>
    /// <returns>False when there is no room.</returns>
    public abstract bool TryWrite(int slot, uint input, int length, short[] values, int count);

    /// <summary>Reads a sequence.</summary>
    /// <param name="slot">Its slot.</param>
    /// <param name="values">Receives the sequence.</param>
    /// <returns>False when it is damaged.</returns>
    public abstract bool TryRead(int slot, short[] values);

    /// <summary>Releases a slot: its input has its result.</summary>
    public abstract void Release(int slot);

    /// <summary>
    /// Finds the inputs that a former start has left, and keeps them as due now: nobody knows how old they are. Drops those that are damaged, or for
    /// another model.
    /// </summary>
    /// <param name="kept">Receives them.</param>
    /// <param name="nowUs">The time in µs.</param>
    public virtual void Recover(KeptInputs kept, long nowUs)
    {
    }
}
