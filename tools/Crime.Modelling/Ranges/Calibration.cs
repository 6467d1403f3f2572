// Measures the ranges of a model's inputs and cell states by running the model over calibration data.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Boards;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Ranges;

/// <summary>Ranges that decide the Q-formats.</summary>
/// <param name="Source">Where the ranges come from, for the report.</param>
/// <param name="MaxInput">Magnitude of a standardised feature that the format shall hold; 0 for tokens.</param>
/// <param name="MaxCells">
/// Magnitude of the cell state that the format shall hold, one per layer (0 for a layer without one); the last counts for all further ones.
/// </param>
/// <param name="LongestLength">Longest sequence in timesteps; 0 when unknown.</param>
public sealed record Calibration(string Source, float MaxInput, IReadOnlyList<float> MaxCells, int LongestLength)
{
    /// <summary>The cell format leaves this factor above the largest state seen: other data reach further.</summary>
    public const float CellMargin = 1.5f;

    /// <summary>The formats of other results leave this factor above the largest one seen, for the same reason.</summary>
    public const float ValueMargin = CellMargin;

    /// <summary>
    /// Without data: standardised features within eight deviations, cell states up to 21 (32 with the margin), which held
    /// on every model measured so far.
    /// </summary>
    public static Calibration FromDefaults { get; } = new("defaults (no calibration data)", 7.99f, [21f], 0);

    /// <summary>True without calibration data.</summary>
    public bool IsDefault => ReferenceEquals(this, FromDefaults);

    /// <summary>Largest magnitude of a cell state that was measured, one per layer, whatever percentile the formats hold; null where only that is known.</summary>
    public IReadOnlyList<float>? SeenCells { get; init; }

    /// <summary>Returns the largest magnitude of the cell state of a layer in the calibration data; null without data.</summary>
    /// <param name="layer">Index of the layer.</param>
    public float? SeenCell(int layer) => IsDefault ? null : SeenCells == null ? MaxCell(layer) : SeenCells[layer];

    /// <summary>Magnitudes of the results of convolutions that the formats shall hold, by the operation of the graph; null where none was measured.</summary>
    public IReadOnlyDictionary<int, float>? SeenValues { get; init; }

    /// <summary>Returns the magnitude of the results of an operation of the graph that the format shall hold; null where it was not measured.</summary>
    /// <param name="operation">Index of the operation.</param>
    public float? SeenValue(int operation) => SeenValues != null && SeenValues.TryGetValue(operation, out float seen) ? seen : null;

    /// <summary>Returns the magnitude of the cell state of a layer.</summary>
    /// <param name="layer">Index of the layer.</param>
    public float MaxCell(int layer) => MaxCells[Math.Min(layer, MaxCells.Count - 1)];

    /// <summary>Measures the ranges.</summary>
    /// <param name="model">A model with float weights.</param>
    /// <param name="data">The data set whose training part is run.</param>
    /// <param name="maxSequences">Largest number of sequences, spread evenly over the training part.</param>
    /// <param name="percentile">
    /// Share of the magnitudes that the formats shall hold, above 0 to 100: 100 takes the largest one seen, less leaves outliers to
    /// saturation. The share is taken over all features, and for each layer over all its cell states, at every timestep.
    /// </param>
    /// <exception cref="UserInputException">The data do not fit the model or have no training part, or the percentile is out of range.</exception>
    public static Calibration Measure(ModelFile model, Dataset data, int maxSequences = 2000, double percentile = 100)
    {
        if (!(percentile is > 0 and <= 100)) throw new UserInputException($"a percentile of {percentile} was asked for; it has to be above 0 and at most 100");
        var input = new ModelInput(model);
        input.CheckFits(data);
        IReadOnlyList<LabelledSequence> train = data.Train;
        if (train.Count == 0) throw new UserInputException($"data set '{data.Name}' has no training sequences to calibrate with");
        int count = Math.Min(train.Count, maxSequences);
        var inputs = new MagnitudeHistogram();
        // A decoder goes on from the cell state of the last layer: both have one format, behind those of the layers.
        MagnitudeHistogram[] cells = [.. model.Layers.Select(_ => new MagnitudeHistogram()), .. model.Decoder == null ? [] : new[] { new MagnitudeHistogram() }];
        var floats = new FloatModel(model);
        IReadOnlyList<Convolution> front = BoardFront.TryFind(floats.Graph)?.Layers ?? [];
        Dictionary<int, MagnitudeHistogram> values = front.ToDictionary(layer => layer.Operation, _ => new MagnitudeHistogram());
        var engine = new FloatNetwork(floats)
        {
            Observer = Observe,
            ValueObserver = (operation, results) => values.GetValueOrDefault(operation)?.Add(results),
        };
        void Observe(int layer, int direction, int step, ReadOnlySpan<float> hidden, ReadOnlySpan<float> cell)
        {
            cells[layer].Add(cell);
            if (model.Decoder != null && layer == model.Layers.Length - 1) cells[^1].Add(cell);
        }
        var logits = new float[engine.Model.LogitCount(train.Max(sequence => sequence.Length))];
        for (int n = 0; n < count; n++)
        {
            var sequence = train[(int)((long)n * train.Count / count)];
            if (model.Input == InputKind.Tokens)
            {
                engine.Run(input.Quantised(sequence), 0, logits);
            }
            else
            {
                float[] features = input.Standardised(sequence);
                inputs.Add(features);
                engine.Run(features, logits);
            }
        }
        return new Calibration(
            $"{count} training sequences of {data.Name}{(percentile < 100 ? $", percentile {percentile}" : "")}",
            inputs.Percentile(percentile), cells.Select(cell => cell.Percentile(percentile)).ToArray(), train.Max(sequence => sequence.Length))
        {
            SeenCells = cells.Select(cell => cell.Percentile(100)).ToArray(),
            SeenValues = values.ToDictionary(pair => pair.Key, pair => pair.Value.Percentile(percentile)),
        };
    }
}
