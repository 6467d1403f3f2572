// Recurrent layers, fully connected ones and convolutions keep their weights apart, and the kernels pack them alike.

namespace Crime.Model;

/// <summary>A matrix of 16-bit weights.</summary>
public interface IWeights
{
    /// <summary>Returns a weight.</summary>
    /// <param name="row">Index of the sum.</param>
    /// <param name="column">Index of the operand.</param>
    short Weight(int row, int column);
}
