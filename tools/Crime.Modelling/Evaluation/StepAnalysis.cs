// Where in a sequence the fixed-point network departs from the float one, and what it takes for what.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Kernel;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Evaluation;

/// <summary>Follows both networks of a model step by step over the test part of a data set. Both get the same 16-bit inputs.</summary>
public sealed class StepAnalysis
{
    private readonly ModelFile _model;
    private readonly List<double> _errorSum = [];
    private readonly List<double> _errorMax = [];
    private readonly List<long> _gateSaturations = [];
    private readonly List<long> _cellSaturations = [];
    private readonly List<int> _sequences = [];

    private StepAnalysis(ModelFile model)
    {
        _model = model;
        int classes = model.Answer == AnswerKind.Values ? 0 : model.ClassCount;
        Confusion = new int[classes, classes];
    }

    /// <summary>
    /// Sequences of class [row] that the fixed-point network took for class [column]; timesteps where each has a class. For an anomaly normal sequences and others. Empty
    /// for values.
    /// </summary>
    public int[,] Confusion { get; }

    /// <summary>Sequences that reach each timestep, [longest length].</summary>
    public IReadOnlyList<int> Sequences => _sequences;

    /// <summary>Largest |h fixed - h float| of the last layer at each timestep.</summary>
    public IReadOnlyList<double> ErrorMax => _errorMax;

    /// <summary>Mean |h fixed - h float| of the last layer at each timestep.</summary>
    public IReadOnlyList<double> ErrorMean => PerValue(_errorSum, _model.Layers[^1].OutputCount);

    /// <summary>Gate inputs beyond the activation table at each timestep, per thousand.</summary>
    public IReadOnlyList<double> GateSaturationsPerThousand => PerThousand(_gateSaturations, shape => shape.RowCount);

    /// <summary>Cell states cut off at 16 bits at each timestep, per thousand; zeros for a network without cell states.</summary>
    public IReadOnlyList<double> CellSaturationsPerThousand => PerThousand(_cellSaturations, shape => shape.HasCellState ? shape.HiddenCount : 0);

    /// <summary>Runs the test part.</summary>
    /// <param name="model">A model with both kinds of weights.</param>
    /// <param name="answers">The data set, and the meaning of its labels.</param>
    /// <param name="progress">Called with the number of sequences done.</param>
    /// <param name="cancellation">Ends the analysis early.</param>
    public static StepAnalysis Run(ModelFile model, TestAnswers answers, Action<int>? progress, CancellationToken cancellation)
    {
        Dataset data = answers.Data;
        var analysis = new StepAnalysis(model);
        var input = new ModelInput(model);
        var kernel = new NetworkKernel(model);
        var network = new FloatNetwork(new FloatModel(model));
        var logits = new float[network.Model.LogitCount(data.Test.Max(sequence => sequence.Length))];
        var hidden = new List<float[]>();
        int lastLayer = model.Layers.Length - 1;
        network.Observer = (layer, _, _, h, _) =>
        {
            if (layer == lastLayer) hidden.Add(h.ToArray());
        };
        for (int n = 0; n < data.Test.Count; n++)
        {
            cancellation.ThrowIfCancellationRequested();
            LabelledSequence sequence = data.Test[n];
            short[] values = input.Quantised(sequence);
            hidden.Clear();
            network.Run(values, model.InputFractionBits, logits.AsSpan(0, network.Model.LogitCount(sequence.Length)));
            if (model.Answer == AnswerKind.ClassPerStep) kernel.StepLabels = new byte[sequence.Length];
            analysis.Follow(kernel, values, hidden);
            analysis.Count(kernel, input, answers, sequence);
            progress?.Invoke(n + 1);
        }
        return analysis;
    }

    /// <summary>Counts what is taken for what.</summary>
    private void Count(NetworkKernel kernel, ModelInput input, TestAnswers answers, LabelledSequence sequence)
    {
        int label = kernel.Classify();
        switch (_model.Answer)
        {
            case AnswerKind.Class:
                Confusion[input.LabelOf(sequence), label]++;
                break;
            case AnswerKind.Anomaly:
                Confusion[answers.IsNormal(sequence) ? 0 : 1, label]++;
                break;
            case AnswerKind.ClassPerStep:
                byte[] truth = input.StepLabelsOf(sequence);
                for (int step = 0; step < truth.Length; step++) Confusion[truth[step], kernel.StepLabels[step]]++;
                break;
        }
    }

    /// <summary>
    /// Runs the fixed-point network step by step beside the states of the float one. Behind convolutions the timesteps are those of the layers; what is
    /// computed for the answer at the end has no place in the state.
    /// </summary>
    private void Follow(NetworkKernel kernel, short[] values, List<float[]> hidden)
    {
        kernel.State.Reset();
        short[] h = kernel.State.Layers[_model.Layers.Length - 1].Hidden;
        int length = values.Length / _model.ValuesPerStep;
        for (int step = 0, at = 0; step < length; step++)
        {
            kernel.Saturations.Reset();
            kernel.Advance(values, step, 1);
            // A window is open.
            if (FrontSchedule.LayerStepsOf(_model, step + 1) == at) continue;
            if (at == _sequences.Count) AddStep();
            _sequences[at]++;
            _gateSaturations[at] += kernel.Saturations.Gates;
            _cellSaturations[at] += kernel.Saturations.Cells;
            for (int unit = 0; unit < h.Length; unit++)
            {
                double error = Math.Abs(h[unit] / 32768.0 - hidden[at][unit]);
                _errorSum[at] += error;
                _errorMax[at] = Math.Max(_errorMax[at], error);
            }
            at++;
        }
    }

    private void AddStep()
    {
        _sequences.Add(0);
        _errorSum.Add(0);
        _errorMax.Add(0);
        _gateSaturations.Add(0);
        _cellSaturations.Add(0);
    }

    private double[] PerThousand(List<long> counts, Func<LayerShape, int> valuesOf)
    {
        int values = 0;
        foreach (LayerShape shape in _model.Layers) values += valuesOf(shape);
        return PerValue(counts.ConvertAll(count => 1000.0 * count), Math.Max(1, values));
    }

    private double[] PerValue(List<double> sums, int valuesPerStep)
    {
        var means = new double[sums.Count];
        for (int step = 0; step < means.Length; step++) means[step] = sums[step] / ((double)_sequences[step] * valuesPerStep);
        return means;
    }
}
