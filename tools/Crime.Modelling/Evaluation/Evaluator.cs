// Runs a data set's test part through the float and the fixed-point network and compares them.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Kernel;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Evaluation;

/// <summary>What an evaluation found. Shares are fractions of 1; a value that was not measured is null.</summary>
public sealed record EvaluationResult
{
    /// <summary>Sequences evaluated.</summary>
    public required int Sequences { get; init; }

    /// <summary>Timesteps evaluated.</summary>
    public required long Timesteps { get; init; }

    /// <summary>Share that the float network classifies right.</summary>
    public double? AccuracyFloat { get; init; }

    /// <summary>Share that the fixed-point network classifies right.</summary>
    public double? AccuracyFixed { get; init; }

    /// <summary>Share for which both find the same class.</summary>
    public double? Agreement { get; init; }

    /// <summary>Largest difference of a logit.</summary>
    public double? MaxLogitDifference { get; init; }

    /// <summary>Features cut off at the end of the input format.</summary>
    public long? InputSaturations { get; init; }

    /// <summary>Gate inputs outside the activation table.</summary>
    public long? GateSaturations { get; init; }

    /// <summary>Cell states cut off at 16 bits.</summary>
    public long? CellSaturations { get; init; }
}

/// <summary>Compares the networks of one model file.</summary>
public sealed class Evaluator
{
    private readonly ModelFile _model;
    private readonly ModelInput _input;

    /// <summary>Prepares the evaluation of a model.</summary>
    public Evaluator(ModelFile model)
    {
        _model = model;
        _input = new ModelInput(model);
    }

    /// <summary>Evaluates.</summary>
    /// <param name="data">The data set; its test part is used.</param>
    /// <param name="useFloat">Whether to run the float network.</param>
    /// <param name="useFixed">Whether to run the fixed-point network.</param>
    /// <param name="limit">At most so many sequences, 0 for all.</param>
    /// <param name="progress">Called with the number of sequences done.</param>
    /// <param name="cancellation">Ends the evaluation early.</param>
    /// <exception cref="UserInputException">The data do not fit, or the model lacks the weights asked for.</exception>
    public EvaluationResult Evaluate(
        Dataset data, bool useFloat, bool useFixed, int limit, Action<int>? progress, CancellationToken cancellation)
    {
        if (_model.Answer != AnswerKind.Class)
            throw new UserInputException($"model '{_model.Name}' gives values, or an answer for each timestep; "
                + "the data have one class per sequence, which is no such answer");
        _input.CheckFits(data);
        if (useFloat && !_model.HasFloat) throw new UserInputException($"model '{_model.Name}' has no float weights (use --kernel fixed)");
        if (useFixed && !_model.HasFixedPoint) throw new UserInputException($"model '{_model.Name}' has no fixed-point weights (use --kernel float)");
        IReadOnlyList<LabelledSequence> test = limit > 0 ? data.Test.Take(limit).ToList() : data.Test;
        if (test.Count == 0) throw new UserInputException($"data set '{data.Name}' has no test sequences");

        FloatModel? floats = useFloat ? new FloatModel(_model) : null;
        var total = new Tally();
        int done = 0;
        Parallel.ForEach(
            test,
            new ParallelOptions { CancellationToken = cancellation },
            () => new Worker(_model, _input, floats, useFixed),
            (sequence, _, worker) =>
            {
                worker.Run(sequence);
                progress?.Invoke(Interlocked.Increment(ref done));
                return worker;
            },
            worker =>
            {
                lock (total) total.Add(worker.Finish());
            });

        double share = 1.0 / test.Count;
        return new EvaluationResult
        {
            Sequences = test.Count,
            Timesteps = test.Sum(sequence => (long)sequence.Length),
            AccuracyFloat = useFloat ? total.FloatRight * share : null,
            AccuracyFixed = useFixed ? total.FixedRight * share : null,
            Agreement = useFloat && useFixed ? total.Agree * share : null,
            MaxLogitDifference = useFloat && useFixed ? total.MaxLogitDifference : null,
            InputSaturations = useFixed ? total.InputSaturations : null,
            GateSaturations = useFixed ? total.GateSaturations : null,
            CellSaturations = useFixed ? total.CellSaturations : null,
        };
    }

    private sealed class Tally
    {
        public int FloatRight, FixedRight, Agree;
        public double MaxLogitDifference;
        public long InputSaturations, GateSaturations, CellSaturations;

        public void Add(Tally other)
        {
            FloatRight += other.FloatRight;
            FixedRight += other.FixedRight;
            Agree += other.Agree;
            MaxLogitDifference = Math.Max(MaxLogitDifference, other.MaxLogitDifference);
            InputSaturations += other.InputSaturations;
            GateSaturations += other.GateSaturations;
            CellSaturations += other.CellSaturations;
        }
    }

    /// <summary>The engines of one thread.</summary>
    private sealed class Worker(ModelFile model, ModelInput input, FloatModel? floats, bool useFixed)
    {
        private readonly Tally _tally = new();
        private readonly FloatNetwork? _float = floats == null ? null : new FloatNetwork(floats);
        private readonly NetworkKernel? _fixed = useFixed ? new NetworkKernel(model) : null;
        private readonly float[] _logits = new float[model.ClassCount];

        public void Run(LabelledSequence sequence)
        {
            int label = input.LabelOf(sequence), floatLabel = -1, fixedLabel = -1;
            if (_float != null)
            {
                // The float network gets what a data scientist would feed it, not what the board's input format left of it.
                floatLabel = model.Input == InputKind.Tokens
                    ? _float.Run(input.Quantised(sequence), 0, _logits)
                    : _float.Run(input.Standardised(sequence), _logits);
                if (floatLabel == label) _tally.FloatRight++;
            }
            if (_fixed != null)
            {
                _tally.InputSaturations += input.CountSaturated(sequence);
                _fixed.State.Reset();
                _fixed.Advance(input.Quantised(sequence), 0, sequence.Length);
                fixedLabel = _fixed.Classify();
                if (fixedLabel == label) _tally.FixedRight++;
            }
            if (_float == null || _fixed == null) return;
            if (floatLabel == fixedLabel) _tally.Agree++;
            double scale = Math.Pow(2, -_fixed.LogitFractionBits);
            for (int k = 0; k < _logits.Length; k++)
                _tally.MaxLogitDifference = Math.Max(_tally.MaxLogitDifference, Math.Abs(_fixed.Logits[k] * scale - _logits[k]));
        }

        public Tally Finish()
        {
            _tally.GateSaturations = _fixed?.Saturations.Gates ?? 0;
            _tally.CellSaturations = _fixed?.Saturations.Cells ?? 0;
            return _tally;
        }
    }
}
