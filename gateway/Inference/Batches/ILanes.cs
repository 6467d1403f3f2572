// What the kernels ask of a vector type, so that they are written once for all widths. The compiler makes machine code of its own
// for each, as if they had been written for that width alone.

namespace Crime.Gateway.Inference.Batches;

/// <summary>Arithmetic on vectors of single-precision numbers.</summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface ILanes<TVector> where TVector : struct
{
    /// <summary>Numbers in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Sequences that are computed side by side in registers: 8 where there are 32 vector registers, else 4.</summary>
    static abstract int GroupCount { get; }

    /// <summary>The same number in all lanes.</summary>
    static abstract TVector Create(float value);

    /// <summary>Reads a vector, fastest where the address is a multiple of its size.</summary>
    static abstract TVector Load(float* from);

    /// <summary>Writes a vector, fastest where the address is a multiple of its size.</summary>
    static abstract void Store(TVector value, float* to);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>a - b.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a b.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a b + c, rounded once where the machine can do so.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>From the sums of an LSTM's block of hidden units to its new states.</summary>
    /// <param name="rows">Sequences.</param>
    /// <param name="sums">[rows][i, g, f, o][lanes]; i, f and o halved.</param>
    /// <param name="cell">c, [rows][lanes]; replaced.</param>
    /// <param name="hidden">Receives h, [rows][lanes].</param>
    /// <param name="stride">Numbers from one row's states to the next row's.</param>
    static abstract void LstmGates(int rows, float* sums, float* cell, float* hidden, nint stride);

    /// <summary>From the sums of a GRU's block of hidden units to its new states.</summary>
    /// <param name="rows">Sequences.</param>
    /// <param name="sums">[rows][r, z, n of the inputs, n of the hidden states][lanes]; r and z halved.</param>
    /// <param name="before">h before the step, [rows][lanes].</param>
    /// <param name="after">Receives h, [rows][lanes].</param>
    /// <param name="stride">Numbers from one row's states to the next row's.</param>
    static abstract void GruGates(int rows, float* sums, float* before, float* after, nint stride);
}
