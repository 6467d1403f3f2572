// The source of inputs: a recording, or a sensor. It has one input at a time.

using Crime.Model;

namespace Crime.Device.Inputs;

/// <summary>Outcome of <see cref="InputSource.Read"/>.</summary>
internal enum InputState : byte
{
    /// <summary>No input is complete yet.</summary>
    None = 0,

    /// <summary>There is one more input.</summary>
    Ready = 1,

    /// <summary>No further input comes.</summary>
    End = 2,
}

/// <summary>Gives inputs one after the other. Used by the main thread.</summary>
internal abstract class InputSource
{
    /// <summary>Numbers of the current input in the format of the model, timestep by timestep.</summary>
    public abstract short[] Values { get; }

    /// <summary>Timesteps of the current input.</summary>
    public int Length { get; protected set; }

    /// <summary>True when inputs come in their own time. The board then has no interval between inputs, and does not sleep.</summary>
    public virtual bool IsLive => false;

    /// <summary>Inputs that have been read.</summary>
    public uint Sequence { get; protected set; }

    /// <summary>Offset of the next input in its file in bytes; 0 where there is none.</summary>
    public int Position { get; protected set; }

    /// <summary>
    /// Timesteps of an input in progress that have come and may be computed already; 0 where none is in progress, and where inputs come whole.
    /// </summary>
    public virtual int SettledLength => 0;

    /// <summary>Number of inputs that have begun. It distinguishes an input in progress from the next one. 0 where inputs come whole.</summary>
    public uint Begun { get; protected set; }

    /// <summary>Returns true when a model takes these numbers as its input.</summary>
    /// <param name="model">The model.</param>
    public abstract bool Fits(ModelFile model);

    /// <summary>Reads the next input. One that was interrupted for want of memory is read again by the next call.</summary>
    public abstract InputState Read();

    /// <summary>Brings the current input into the format of the model. It may be repeated for another model, and for more timesteps.</summary>
    /// <param name="length">Timesteps that are needed.</param>
    /// <param name="normaliser">Of the model; null where inputs have its format already.</param>
    public virtual void Prepare(int length, InputNormaliser normaliser)
    {
    }

    /// <summary>Continues where an earlier start has stopped.</summary>
    /// <param name="sequence">Value of <see cref="Sequence"/> at that time.</param>
    /// <param name="position">Value of <see cref="Position"/> at that time.</param>
    public virtual void Resume(uint sequence, int position)
    {
    }
}
