// The tiny models as a gateway serves them.

using System.Collections.Generic;
using System.Linq;
using Crime.Chaos.Models;
using Crime.Frames;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Models;
using Crime.Gateway.Inference;

namespace Crime.Chaos.Nodes;

/// <summary>A model of one life of a gateway.</summary>
/// <param name="model">The model.</param>
/// <param name="index">Its index.</param>
/// <param name="stepUs">Time to compute a timestep, in µs.</param>
internal sealed class ServedTinyModel(TinyModel model, int index, int stepUs)
    : ServedModel(model.Id, 0, TinyModel.LongestLength, new ServiceCost(stepUs, 100))
{
    /// <summary>The model.</summary>
    public TinyModel Model { get; } = model;

    /// <summary>Its index.</summary>
    public int Index { get; } = index;

    /// <summary>Computes.</summary>
    public BatchNetwork Engine { get; } = model.NewEngine();

    /// <inheritdoc/>
    public override bool Fits(RequestFrame frame) => frame.Encoding == SequenceEncoding.Int16 && frame.ValuesPerStep == TinyModel.Width
        && (frame.StateCount == 0 || frame.StateCount == Model.StateCount);
}

/// <summary>The models that a gateway serves at a time.</summary>
internal sealed class ServedTinyModels : IServedModels
{
    private readonly ServedTinyModel[] _all;
    private ServedTinyModel[] _served = [];

    /// <summary>Makes the models of one life of a gateway.</summary>
    /// <param name="stepUs">Time to compute a timestep, in µs.</param>
    /// <param name="mask">A bit per model that is served.</param>
    public ServedTinyModels(int stepUs, int mask)
    {
        _all = [.. TinyModel.All.Select((model, index) => new ServedTinyModel(model, index, stepUs))];
        Serve(mask);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ServedModel> Served => _served;

    /// <summary>Replaces the served models.</summary>
    /// <param name="mask">A bit per model that is served.</param>
    public void Serve(int mask) => _served = [.. _all.Where(model => (mask >> model.Index & 1) != 0)];

    /// <inheritdoc/>
    public ServedModel? ById(uint id)
    {
        foreach (ServedTinyModel model in _served)
            if (model.Id == id) return model;
        return null;
    }
}
