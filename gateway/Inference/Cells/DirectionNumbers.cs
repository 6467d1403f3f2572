// The numbers of one direction of a layer as the model file holds them. The cells pack them for their kernels.

using System;
using System.Linq;
using Crime.Model;

namespace Crime.Gateway.Inference.Cells;

/// <summary>The single-precision numbers and options of one direction. The order of the rows is that of <see cref="CellKind"/>.</summary>
internal sealed class DirectionNumbers
{
    /// <summary>Reads a direction.</summary>
    /// <param name="model">A model with a float section.</param>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="direction">0, or 1 for the reverse half of a bidirectional layer.</param>
    /// <param name="next">Returns the next numbers of the float section; its argument is their count.</param>
    public DirectionNumbers(ModelFile model, int layer, int direction, Func<int, float[]> next)
    {
        LayerShape shape = model.Layers[layer];
        InputCount = shape.InputCount;
        HiddenCount = shape.HiddenCount;
        Options = shape.Options;
        InputWeights = next(shape.RowCount * InputCount);
        RecurrentWeights = next(shape.RowCount * HiddenCount);
        InputBias = next(shape.RowCount);
        RecurrentBias = next(shape.RowCount);
        if (Has(LayerOptions.Peepholes)) Peepholes = next(3 * HiddenCount);
        InitialHidden = Has(LayerOptions.InitialHidden) ? next(HiddenCount) : new float[HiddenCount];
        InitialCell = Has(LayerOptions.InitialCell) ? next(HiddenCount) : new float[HiddenCount];
        Clip = model.Clip(layer);
        Nonlinearity Function(int which) => new(model.ActivationOf(layer, direction, which, out float alpha, out float beta), alpha, beta);
        Gates = Function(0);
        Candidate = Function(1);
        CellOutput = Function(2);
    }

    /// <summary>Reads the plain cell of a decoder.</summary>
    /// <param name="shape">Kind and sizes.</param>
    /// <param name="next">Returns the next numbers of the float section; its argument is their count.</param>
    public DirectionNumbers(LayerShape shape, Func<int, float[]> next)
    {
        InputCount = shape.InputCount;
        HiddenCount = shape.HiddenCount;
        InputWeights = next(shape.RowCount * InputCount);
        RecurrentWeights = next(shape.RowCount * HiddenCount);
        InputBias = next(shape.RowCount);
        RecurrentBias = next(shape.RowCount);
        InitialHidden = new float[HiddenCount];
        InitialCell = new float[HiddenCount];
        Gates = new Nonlinearity(Activation.Sigmoid, 0, 0);
        Candidate = new Nonlinearity(Activation.Tanh, 0, 0);
        CellOutput = new Nonlinearity(Activation.Tanh, 0, 0);
    }

    /// <summary>Inputs per timestep.</summary>
    public int InputCount { get; }

    /// <summary>Hidden units.</summary>
    public int HiddenCount { get; }

    /// <summary>Options of the layer beyond the plain cell.</summary>
    public LayerOptions Options { get; }

    /// <summary>W_ih, [gates * hidden][inputs].</summary>
    public float[] InputWeights { get; }

    /// <summary>W_hh, [gates * hidden][hidden].</summary>
    public float[] RecurrentWeights { get; }

    /// <summary>b_ih, [gates * hidden].</summary>
    public float[] InputBias { get; }

    /// <summary>b_hh, [gates * hidden].</summary>
    public float[] RecurrentBias { get; }

    /// <summary>Peephole weights, [input, forget, output][hidden]; null for a layer without peepholes.</summary>
    public float[]? Peepholes { get; }

    /// <summary>h before the first step, [hidden].</summary>
    public float[] InitialHidden { get; }

    /// <summary>c before the first step, [hidden].</summary>
    public float[] InitialCell { get; }

    /// <summary>Bound of the gate inputs; 0 for none.</summary>
    public float Clip { get; }

    /// <summary>Activation of the gates, or the only activation of a simple cell.</summary>
    public Nonlinearity Gates { get; }

    /// <summary>Activation of the candidate.</summary>
    public Nonlinearity Candidate { get; }

    /// <summary>Activation of the cell state before the output gate.</summary>
    public Nonlinearity CellOutput { get; }

    /// <summary>b_ih + b_hh, [gates * hidden].</summary>
    public float[] Bias() => InputBias.Zip(RecurrentBias, (input, recurrent) => input + recurrent).ToArray();

    /// <summary>Whether the layer has an option.</summary>
    public bool Has(LayerOptions option) => (Options & option) != 0;
}
