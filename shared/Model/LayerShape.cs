// What a recurrent layer is, apart from its numbers. Sizes of arrays follow from it in one place.

namespace Crime.Model;

/// <summary>Kind, direction and sizes of one recurrent layer.</summary>
public sealed class LayerShape
{
    /// <summary>Describes a layer.</summary>
    /// <param name="kind">The cell.</param>
    /// <param name="direction">Which way it reads the sequence.</param>
    /// <param name="inputCount">Numbers per timestep that come in.</param>
    /// <param name="hiddenCount">Hidden units per direction.</param>
    /// <param name="options">What it has beyond the plain cell.</param>
    public LayerShape(CellKind kind, Direction direction, int inputCount, int hiddenCount, LayerOptions options)
    {
        Kind = kind;
        Direction = direction;
        InputCount = inputCount;
        HiddenCount = hiddenCount;
        Options = options;
    }

    /// <summary>The cell.</summary>
    public CellKind Kind { get; }

    /// <summary>Which way it reads the sequence.</summary>
    public Direction Direction { get; }

    /// <summary>Numbers per timestep that come in.</summary>
    public int InputCount { get; }

    /// <summary>Hidden units per direction.</summary>
    public int HiddenCount { get; }

    /// <summary>What it has beyond the plain cell.</summary>
    public LayerOptions Options { get; }

    /// <summary>1, or 2 for a layer that reads both ways.</summary>
    public int DirectionCount => Direction == Direction.Both ? 2 : 1;

    /// <summary>Numbers per timestep that go out: the hidden units of all directions.</summary>
    public int OutputCount => DirectionCount * HiddenCount;

    /// <summary>Gates of the cell: 4 for LSTM, 3 for GRU, 1 for a simple recurrent cell.</summary>
    public int GateCount => Kind == CellKind.Lstm ? 4 : Kind == CellKind.Gru ? 3 : 1;

    /// <summary>Gate rows per direction: all units of the first gate, then of the second, and so on.</summary>
    public int RowCount => GateCount * HiddenCount;

    /// <summary>Weights per gate row: the inputs first, then the hidden units.</summary>
    public int ColumnCount => InputCount + HiddenCount;

    /// <summary>Whether the cell has a cell state beside the hidden state.</summary>
    public bool HasCellState => Kind == CellKind.Lstm;

    /// <summary>
    /// Biases of the fixed-point layer: one per row, and for a GRU a second one for each candidate row, because its recurrent
    /// part is scaled by the reset gate before it joins the rest.
    /// </summary>
    public int FixedBiasCount => Kind == CellKind.Gru ? RowCount + HiddenCount : RowCount;

    /// <summary>Whether a board can run the layer: an LSTM or a GRU with its reset gate after the product, forward, and plain.</summary>
    public bool FitsBoards => Kind != CellKind.Rnn && Direction == Direction.Forward && Options == LayerOptions.None;

    /// <summary>Single-precision numbers of one direction in the float section.</summary>
    public int FloatCountPerDirection
    {
        get
        {
            int count = RowCount * (ColumnCount + 2);
            if ((Options & LayerOptions.Peepholes) != 0) count += 3 * HiddenCount;
            if ((Options & LayerOptions.InitialHidden) != 0) count += HiddenCount;
            if ((Options & LayerOptions.InitialCell) != 0) count += HiddenCount;
            return count;
        }
    }
}
