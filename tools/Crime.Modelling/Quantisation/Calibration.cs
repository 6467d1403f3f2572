// How far the inputs and the cell state of a model really reach, found by running it over calibration data.

using System;
using System.Collections.Generic;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Quantisation;

/// <summary>Ranges that decide the Q-formats.</summary>
/// <param name="Source">Where the ranges come from, for the report.</param>
/// <param name="MaxInput">Magnitude of a standardised feature that the format shall hold.</param>
/// <param name="MaxCells">Magnitude of the cell state that the format shall hold, one per layer; the last counts for all further ones.</param>
/// <param name="LongestLength">Longest sequence in timesteps; 0 when unknown.</param>
public sealed record Calibration(string Source, float MaxInput, IReadOnlyList<float> MaxCells, int LongestLength)
{
    /// <summary>The cell format leaves this factor above the largest state seen: other data reach further.</summary>
    public const float CellMargin = 1.5f;

    /// <summary>
    /// Without data: standardised features within eight deviations, cell states up to 21 (32 with the margin), which held
    /// on every model measured so far.
    /// </summary>
    public static Calibration FromDefaults { get; } = new("defaults (no calibration data)", 7.99f, [21f], 0);

    /// <summary>Magnitude of a layer's cell state.</summary>
    /// <param name="layer">Index of the layer.</param>
    public float MaxCell(int layer) => MaxCells[Math.Min(layer, MaxCells.Count - 1)];

    /// <summary>Measures the ranges.</summary>
    /// <param name="model">A model with float weights.</param>
    /// <param name="data">The data set whose training part is run.</param>
    /// <param name="maxSequences">At most so many sequences, spread evenly over the training part.</param>
    public static Calibration Measure(ModelFile model, Dataset data, int maxSequences = 2000)
    {
        var input = new ModelInput(model);
        input.CheckFits(data);
        IReadOnlyList<LabelledSequence> train = data.Train;
        if (train.Count == 0) throw new UserInputException($"data set '{data.Name}' has no training sequences to calibrate with");
        var engine = new FloatLstm(new FloatModel(model));
        int count = Math.Min(train.Count, maxSequences), longest = 0;
        float maxInput = 0, maxCell = 0;
        foreach (var sequence in train) longest = Math.Max(longest, sequence.Length);
        for (int n = 0; n < count; n++)
        {
            var sequence = train[(int)((long)n * train.Count / count)];
            engine.Reset();
            for (int step = 0; step < sequence.Length; step++)
            {
                if (model.Input == InputKind.Tokens)
                {
                    engine.Step(input.Quantised(sequence)[step]);
                }
                else
                {
                    ReadOnlySpan<float> x = input.Standardised(sequence).AsSpan(step * model.InputCount, model.InputCount);
                    foreach (float value in x) maxInput = MathF.Max(maxInput, MathF.Abs(value));
                    engine.Step(x);
                }
                foreach (float value in engine.Cell) maxCell = MathF.Max(maxCell, MathF.Abs(value));
            }
        }
        return new Calibration($"{count} training sequences of {data.Name}", maxInput, [maxCell], longest);
    }
}
