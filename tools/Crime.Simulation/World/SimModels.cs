// The models of a simulated gateway: that of the boards, and one that stands for its other work.

using System.Collections.Generic;
using Crime.Costs;
using Crime.Frames;
using Crime.Gateway.Core.Load;
using Crime.Gateway.Core.Models;

namespace Crime.Simulation.World;

/// <summary>A model that is only a cost.</summary>
internal sealed class SimModel : ServedModel
{
    /// <summary>Makes a model.</summary>
    /// <param name="id">Its identity.</param>
    /// <param name="longestLength">Longest length in timesteps.</param>
    /// <param name="line">The line that its service cost starts from.</param>
    public SimModel(uint id, int longestLength, CostLine line) : base(id, 0, longestLength, new ServiceCost(line.AlphaNs / 1000.0, line.BetaUs))
    {
    }

    /// <inheritdoc/>
    public override bool Fits(RequestFrame frame) => true;
}

/// <summary>The models of a gateway. Other work is a request for a model that is not advertised.</summary>
internal sealed class SimModels : IServedModels
{
    private readonly SimModel _boards;
    private readonly SimModel? _otherWork;

    /// <summary>Makes the models.</summary>
    /// <param name="boards">The model of the boards.</param>
    /// <param name="otherWork">The model that stands for other work; null when there is none.</param>
    public SimModels(SimModel boards, SimModel? otherWork)
    {
        _boards = boards;
        _otherWork = otherWork;
        Served = [boards];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ServedModel> Served { get; }

    /// <inheritdoc/>
    public ServedModel? ById(uint id) => id == _boards.Id ? _boards : id == _otherWork?.Id ? _otherWork : null;
}
