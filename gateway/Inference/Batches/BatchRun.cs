// What a layer needs to run over a batch: where its inputs lie, how long its sequences are, and where states and outputs go.

namespace Crime.Gateway.Inference.Batches;

/// <summary>One direction of one layer over a batch of sequences, the longest first. A row is a sequence.</summary>
internal unsafe struct BatchRun
{
    /// <summary>Sequences.</summary>
    public int Count;

    /// <summary>Timesteps of each, [rows]; no row is longer than the one before it.</summary>
    public int* Lengths;

    /// <summary>The inputs in the order in which they are read, [rows][length][inputs].</summary>
    public float* Inputs;

    /// <summary>Numbers from one row's inputs to the next row's.</summary>
    public int InputStride;

    /// <summary>
    /// h, [2][rows][hidden, padded], of which the first is the state to begin with. Steps go to and fro between the two; a row's last
    /// state is left in the one that <see cref="FinalHidden"/> tells.
    /// </summary>
    public float* Hidden;

    /// <summary>Numbers from the first of the two to the second.</summary>
    public int HiddenSize;

    /// <summary>c, [rows][hidden, padded]: the state to begin with, and at last the one after each row's end.</summary>
    public float* Cell;

    /// <summary>Room for what the kernels need between two products.</summary>
    public float* Scratch;

    /// <summary>Receives h of every step, [rows][length][outputs], in the order of the sequence; null for none.</summary>
    public float* Outputs;

    /// <summary>Numbers from one row's outputs to the next row's.</summary>
    public int OutputStride;

    /// <summary>Outputs per timestep: those of all directions.</summary>
    public int OutputCount;

    /// <summary>Whether the inputs come from the end of the sequence.</summary>
    public bool IsReverse;

    /// <summary>h after a row's last step, [hidden].</summary>
    public readonly float* FinalHidden(int row, int paddedCount) => Hidden + (Lengths[row] & 1) * HiddenSize + row * paddedCount;
}
