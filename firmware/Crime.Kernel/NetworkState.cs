// The state of a recurrent network is its own object: it can be reset, kept across sequences, stored in flash, or sent to
// a gateway in the middle of a stream.

using System;
using Crime.Binary;
using Crime.Model;

namespace Crime.Kernel;

/// <summary>State of one recurrent layer.</summary>
public sealed class LayerState
{
    /// <summary>Makes a zero state.</summary>
    /// <param name="layer">The layer; not referenced afterwards.</param>
    public LayerState(FixedLayer layer)
    {
        Hidden = new short[layer.Shape.HiddenCount];
        Cell = new short[layer.CellCount];
    }

    /// <summary>Makes the zero state of a pooling.</summary>
    /// <param name="pooling">Mean or maximum.</param>
    /// <param name="count">Numbers that are pooled.</param>
    internal LayerState(PoolingKind pooling, int count)
    {
        Hidden = new short[count];
        Cell = new short[pooling == PoolingKind.Mean ? count + 1 : 1];
    }

    /// <summary>Makes the zero state of a <see cref="PredictionError"/>.</summary>
    internal LayerState()
    {
        Hidden = new short[4];
        Cell = new short[1];
    }

    /// <summary>Makes the zero state of a convolution.</summary>
    /// <param name="layer">The convolution.</param>
    internal LayerState(ConvolutionLayer layer)
    {
        Hidden = new short[(layer.Size - 1) * layer.InputCount];
        Cell = new short[1];
    }

    /// <summary>Hidden state h, Q0.15, [hidden].</summary>
    public short[] Hidden { get; }

    /// <summary>
    /// Cell state c, in the layer's cell format, [hidden]; of a wide cell the fractions in Q0.15, then the whole parts, [2 * hidden]; empty for a cell without one.
    /// </summary>
    public short[] Cell { get; }
}

/// <summary>State of all layers of a network.</summary>
public sealed class NetworkState
{
    /// <summary>Makes a zero state.</summary>
    /// <param name="layers">The layers; not referenced afterwards.</param>
    public NetworkState(FixedLayer[] layers) : this(layers, PoolingKind.None, false, null)
    {
    }

    /// <summary>Makes a zero state.</summary>
    /// <param name="layers">The layers; not referenced afterwards.</param>
    /// <param name="pooling">The pooling of the last layer's outputs.</param>
    /// <param name="hasError">True for a network that predicts the next timestep, and so neither pools nor has convolutions.</param>
    /// <param name="front">The convolutions in front of the layers; null for none.</param>
    internal NetworkState(FixedLayer[] layers, PoolingKind pooling, bool hasError, ConvolutionLayer[] front)
    {
        int frontAt = pooling == PoolingKind.None && !hasError ? layers.Length : layers.Length + 1;
        Layers = new LayerState[front == null ? frontAt : frontAt + front.Length];
        for (int i = 0; i < Layers.Length; i++)
        {
            if (i < layers.Length) Layers[i] = new LayerState(layers[i]);
            else if (i >= frontAt) Layers[i] = new LayerState(front[i - frontAt]);
            else Layers[i] = hasError ? new LayerState() : new LayerState(pooling, layers[i - 1].Shape.HiddenCount);
            ExportSize += 2 * (Layers[i].Hidden.Length + Layers[i].Cell.Length);
        }
    }

    /// <summary>
    /// The layers' states, the one that sees the input first; then that of a pooling, or of the errors of prediction; then those of the convolutions.
    /// </summary>
    public LayerState[] Layers { get; }

    /// <summary>Bytes of an exported state: layer by layer h then c, 16 bits little-endian each.</summary>
    public int ExportSize { get; }

    /// <summary>Sets everything to zero: the start of a sequence.</summary>
    public void Reset()
    {
        foreach (LayerState layer in Layers)
        {
            Array.Clear(layer.Hidden, 0, layer.Hidden.Length);
            Array.Clear(layer.Cell, 0, layer.Cell.Length);
        }
    }

    /// <summary>Writes the state.</summary>
    /// <param name="bytes">Receives <see cref="ExportSize"/> bytes.</param>
    /// <param name="offset">Where to start.</param>
    public void Export(byte[] bytes, int offset)
    {
        foreach (LayerState layer in Layers)
        {
            offset = Write(bytes, offset, layer.Hidden);
            offset = Write(bytes, offset, layer.Cell);
        }
    }

    /// <summary>Writes the state as numbers, in the order of <see cref="Export"/>.</summary>
    /// <param name="values">Receives half as many numbers as <see cref="ExportSize"/> has bytes.</param>
    public void CopyTo(short[] values)
    {
        int at = 0;
        foreach (LayerState layer in Layers)
        {
            Array.Copy(layer.Hidden, 0, values, at, layer.Hidden.Length);
            at += layer.Hidden.Length;
            Array.Copy(layer.Cell, 0, values, at, layer.Cell.Length);
            at += layer.Cell.Length;
        }
    }

    /// <summary>Reads a state that <see cref="CopyTo"/> wrote.</summary>
    /// <param name="values">Half as many numbers as <see cref="ExportSize"/> has bytes.</param>
    internal void CopyFrom(short[] values)
    {
        int at = 0;
        foreach (LayerState layer in Layers)
        {
            Array.Copy(values, at, layer.Hidden, 0, layer.Hidden.Length);
            at += layer.Hidden.Length;
            Array.Copy(values, at, layer.Cell, 0, layer.Cell.Length);
            at += layer.Cell.Length;
        }
    }

    /// <summary>Reads a state that <see cref="Export"/> wrote.</summary>
    /// <returns>False, and the state unchanged, when the bytes are too few.</returns>
    public bool Import(byte[] bytes, int offset)
    {
        if (bytes == null || offset < 0 || bytes.Length - offset < ExportSize) return false;
        foreach (LayerState layer in Layers)
        {
            offset = Read(bytes, offset, layer.Hidden);
            offset = Read(bytes, offset, layer.Cell);
        }
        return true;
    }

    private static int Write(byte[] bytes, int offset, short[] values)
    {
        foreach (short value in values)
        {
            LittleEndian.WriteInt16(bytes, offset, value);
            offset += 2;
        }
        return offset;
    }

    private static int Read(byte[] bytes, int offset, short[] values)
    {
        for (int i = 0; i < values.Length; i++) values[i] = LittleEndian.ReadInt16(bytes, offset + 2 * i);
        return offset + 2 * values.Length;
    }
}

/// <summary>How often values met the end of their range.</summary>
public sealed class SaturationCounters
{
    /// <summary>Gate inputs outside the table's [-8, 8): harmless one by one, a sign of badly scaled input in numbers.</summary>
    public int Gates;

    /// <summary>Cell states and results of convolutions cut off at 16 bits: the answer may suffer.</summary>
    public int Cells;

    /// <summary>Sets the counters to zero.</summary>
    public void Reset()
    {
        Gates = 0;
        Cells = 0;
    }
}
