// Runs a data set's test part through the float and the fixed-point network and compares them.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Kernel;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Ranges;

namespace Crime.Modelling.Evaluation;

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

    /// <summary>Evaluates. Both networks get the inputs that a board computes with and sends: 16 bits, cut off at the end of the input format.</summary>
    /// <param name="data">The data set; its test part is used.</param>
    /// <param name="useFloat">True to run the float network.</param>
    /// <param name="useFixed">True to run the fixed-point network.</param>
    /// <param name="limit">At most so many sequences, 0 for all.</param>
    /// <param name="progress">Called with the number of sequences done.</param>
    /// <param name="cancellation">Ends the evaluation early.</param>
    /// <exception cref="UserInputException">The data do not fit, or the model lacks the weights asked for.</exception>
    public EvaluationResult Evaluate(
        Dataset data, bool useFloat, bool useFixed, int limit, Action<int>? progress, CancellationToken cancellation) =>
        Evaluate(new TestAnswers(data), useFloat, useFixed, limit, progress, cancellation);

    /// <summary>Evaluates against answers that need more than a data set. Both networks get the inputs that a board computes with and sends.</summary>
    /// <param name="answers">The data set, and the meaning of its labels.</param>
    /// <param name="useFloat">True to run the float network.</param>
    /// <param name="useFixed">True to run the fixed-point network.</param>
    /// <param name="limit">At most so many sequences, 0 for all.</param>
    /// <param name="progress">Called with the number of sequences done.</param>
    /// <param name="cancellation">Ends the evaluation early.</param>
    /// <exception cref="UserInputException">The data do not fit, or the model lacks the weights asked for.</exception>
    public EvaluationResult Evaluate(
        TestAnswers answers, bool useFloat, bool useFixed, int limit, Action<int>? progress, CancellationToken cancellation)
    {
        Dataset data = answers.Data;
        _input.CheckFits(data);
        if (answers.ProblemWith(_model) is { } problem) throw new UserInputException(problem);
        if (useFloat && !_model.HasFloat) throw new UserInputException($"model '{_model.Name}' has no float weights (use --kernel fixed)");
        if (useFixed && !_model.HasFixedPoint) throw new UserInputException($"model '{_model.Name}' has no fixed-point weights (use --kernel float)");
        IReadOnlyList<LabelledSequence> test = limit > 0 ? data.Test.Take(limit).ToList() : data.Test;
        if (test.Count == 0) throw new UserInputException($"data set '{data.Name}' has no test sequences");
        if (_model.Answer != AnswerKind.Class) return EvaluateAnswers(answers, [.. test], useFloat, useFixed, progress, cancellation);

        FloatModel? floats = useFloat ? new FloatModel(_model) : null;
        var total = new Tally(_model.ClassCount);
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

        return total.Result(_model, test, useFloat, useFixed);
    }

    private EvaluationResult EvaluateAnswers(
        TestAnswers answers, LabelledSequence[] test, bool useFloat, bool useFixed, Action<int>? progress, CancellationToken cancellation)
    {
        FloatModel? floats = useFloat ? new FloatModel(_model) : null;
        var outcomes = new SequenceOutcome[test.Length];
        int done = 0;
        long inputSaturations = 0, gateSaturations = 0, cellSaturations = 0;
        Parallel.For(
            0, test.Length, new ParallelOptions { CancellationToken = cancellation }, () => new AnswerRun(_model, floats, useFixed),
            (n, _, run) =>
            {
                outcomes[n] = run.Run(_input.Quantised(test[n]), test[n].Length);
                Interlocked.Add(ref inputSaturations, _input.CountSaturated(test[n]));
                progress?.Invoke(Interlocked.Increment(ref done));
                return run;
            },
            run =>
            {
                Interlocked.Add(ref gateSaturations, run.Saturations?.Gates ?? 0);
                Interlocked.Add(ref cellSaturations, run.Saturations?.Cells ?? 0);
            });
        var figures = new AnswerFigures(_model, answers, test, outcomes);
        return new EvaluationResult
        {
            Sequences = test.Length,
            Timesteps = test.Sum(sequence => (long)sequence.Length),
            Inputs = test.Sum(sequence => (long)sequence.Features.Length),
            InputSaturations = inputSaturations,
            Hint = inputSaturations == 0 ? null : HintFor(_model),
            GateSaturations = useFixed ? gateSaturations : null,
            CellSaturations = useFixed ? cellSaturations : null,
            Values = _model.Answer == AnswerKind.Values ? figures.Values() : [],
            Steps = _model.Answer == AnswerKind.ClassPerStep ? figures.Steps(_input) : null,
            Anomaly = _model.Answer == AnswerKind.Anomaly ? figures.Anomaly() : null,
        };
    }

    /// <summary>Counts, of one thread or of all.</summary>
    private sealed class Tally(int classCount)
    {
        public readonly int[] Sequences = new int[classCount], FloatRight = new int[classCount], FixedRight = new int[classCount];
        public int RawRight, Agree;
        public double MaxLogitDifference;
        public long Inputs, InputSaturations, GateSaturations, CellSaturations;

        public void Add(Tally other)
        {
            for (int label = 0; label < Sequences.Length; label++)
            {
                Sequences[label] += other.Sequences[label];
                FloatRight[label] += other.FloatRight[label];
                FixedRight[label] += other.FixedRight[label];
            }
            RawRight += other.RawRight;
            Agree += other.Agree;
            MaxLogitDifference = Math.Max(MaxLogitDifference, other.MaxLogitDifference);
            Inputs += other.Inputs;
            InputSaturations += other.InputSaturations;
            GateSaturations += other.GateSaturations;
            CellSaturations += other.CellSaturations;
        }

        public EvaluationResult Result(ModelFile model, IReadOnlyList<LabelledSequence> test, bool useFloat, bool useFixed)
        {
            int count = test.Count, floatRight = FloatRight.Sum(), fixedRight = FixedRight.Sum();
            double? Share(bool isMeasured, int right, int of) => isMeasured && of > 0 ? (double)right / of : null;
            return new EvaluationResult
            {
                Sequences = count,
                Timesteps = test.Sum(sequence => (long)sequence.Length),
                AccuracyFloat = Share(useFloat, floatRight, count),
                AccuracyFloatInterval = useFloat ? ShareInterval.Wilson(floatRight, count) : null,
                AccuracyRawInputs = Share(useFloat, RawRight, count),
                AccuracyFixed = Share(useFixed, fixedRight, count),
                AccuracyFixedInterval = useFixed ? ShareInterval.Wilson(fixedRight, count) : null,
                Agreement = Share(useFloat && useFixed, Agree, count),
                MaxLogitDifference = useFloat && useFixed ? MaxLogitDifference : null,
                Inputs = Inputs,
                InputSaturations = InputSaturations,
                Hint = InputSaturations == 0 ? null : HintFor(model),
                GateSaturations = useFixed ? GateSaturations : null,
                CellSaturations = useFixed ? CellSaturations : null,
                Classes = [.. model.ClassNames.Select((name, label) => new ClassResult(
                    name, Sequences[label], Share(useFloat, FloatRight[label], Sequences[label]), Share(useFixed, FixedRight[label], Sequences[label])))],
            };
        }
    }

    /// <summary>Returns what to do about inputs that are cut off. A model that was converted without data does not know its longest sequence.</summary>
    private static string HintFor(ModelFile model)
    {
        string limit = Formats.RangeOf(model.InputFractionBits).ToString(CultureInfo.InvariantCulture);
        return model.LongestLength == 0
            ? $"a board cuts inputs off at {limit}, the default of a model that was converted without data: convert it again with --calibrate"
            : $"a board cuts inputs off at {limit}, as the data of --calibrate (or --percentile) had it: convert it again with --calibrate and data of the whole range";
    }

    /// <summary>The engines of one thread.</summary>
    private sealed class Worker(ModelFile model, ModelInput input, FloatModel? floats, bool useFixed)
    {
        private readonly Tally _tally = new(model.ClassCount);
        private readonly FloatNetwork? _float = floats == null ? null : new FloatNetwork(floats);
        private readonly NetworkKernel? _fixed = useFixed ? new NetworkKernel(model) : null;
        private readonly float[] _logits = new float[model.ClassCount];

        public void Run(LabelledSequence sequence)
        {
            int label = input.LabelOf(sequence), floatLabel = -1, fixedLabel = -1;
            short[] values = input.Quantised(sequence);
            _tally.Sequences[label]++;
            _tally.Inputs += sequence.Features.Length;
            _tally.InputSaturations += input.CountSaturated(sequence);
            if (_float != null)
            {
                bool isTokens = model.Input == InputKind.Tokens;
                int rawLabel = isTokens ? -1 : _float.Run(input.Standardised(sequence), _logits);
                floatLabel = _float.Run(values, model.InputFractionBits, _logits);
                if ((isTokens ? floatLabel : rawLabel) == label) _tally.RawRight++;
                if (floatLabel == label) _tally.FloatRight[label]++;
            }
            if (_fixed != null)
            {
                _fixed.State.Reset();
                _fixed.Advance(values, 0, sequence.Length);
                fixedLabel = _fixed.Classify();
                if (fixedLabel == label) _tally.FixedRight[label]++;
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
