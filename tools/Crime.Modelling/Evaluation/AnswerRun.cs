// Runs sequences through both networks of a model whose answer is not one class, and keeps what each of them answers.

using System;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Evaluation;

/// <summary>The answer of one network to one sequence.</summary>
/// <param name="Values">Values in their units; empty for other answers.</param>
/// <param name="Labels">Class of each timestep; empty for other answers.</param>
/// <param name="Score">Score of an anomaly; 0 for other answers.</param>
internal sealed record NetworkAnswer(float[] Values, byte[] Labels, float Score);

/// <summary>The answers of both networks to one sequence; null for a network that does not run.</summary>
internal sealed record SequenceOutcome(NetworkAnswer? Float, NetworkAnswer? Fixed);

/// <summary>The engines of one thread.</summary>
/// <param name="model">The model.</param>
/// <param name="floats">Weights of the float network; null not to run it.</param>
/// <param name="useFixed">True to run the fixed-point network.</param>
internal sealed class AnswerRun(ModelFile model, FloatModel? floats, bool useFixed)
{
    private readonly FloatNetwork? _float = floats == null ? null : new FloatNetwork(floats);
    private readonly NetworkKernel? _fixed = useFixed ? new NetworkKernel(model) : null;
    private readonly SequenceAnswer _answer = new();

    /// <summary>Values that the fixed-point network has cut off.</summary>
    public SaturationCounters? Saturations => _fixed?.Saturations;

    /// <summary>Runs a sequence.</summary>
    /// <param name="values">16-bit inputs, as a board computes with and sends.</param>
    /// <param name="length">Timesteps.</param>
    public SequenceOutcome Run(short[] values, int length) =>
        new(_float == null ? null : RunFloat(_float, values, length), _fixed == null ? null : RunFixed(_fixed, values, length));

    private NetworkAnswer RunFloat(FloatNetwork network, short[] values, int length)
    {
        var item = new BatchItem { Values = values, FractionBits = model.InputFractionBits, Logits = new float[SequenceAnswer.RoomFor(network.Model, length)] };
        item.Label = network.Run(values, item.FractionBits, item.Logits.Span[..network.Model.LogitCount(length)]);
        _answer.Read(network.Model, item);
        float[] numbers = _answer.Numbers.ToArray();
        return new NetworkAnswer(
            model.Answer == AnswerKind.Values ? [.. numbers.Select((number, i) => model.Scale.ValueOf(i, number))] : [],
            _answer.Labels.AsSpan(0, _answer.LabelCount).ToArray(), model.Answer == AnswerKind.Anomaly ? numbers[1] : 0);
    }

    private NetworkAnswer RunFixed(NetworkKernel kernel, short[] values, int length)
    {
        byte[] labels = model.Answer == AnswerKind.ClassPerStep ? new byte[length] : [];
        kernel.State.Reset();
        if (labels.Length > 0) kernel.StepLabels = labels;
        kernel.Advance(values, 0, length);
        kernel.Classify();
        float unit = MathF.ScaleB(1, -kernel.LogitFractionBits);
        return new NetworkAnswer(
            model.Answer == AnswerKind.Values ? [.. kernel.Logits.Select((number, i) => model.Scale.ValueOf(i, number * unit))] : [], labels, kernel.Score);
    }
}

/// <summary>Sums up the answers of a test part.</summary>
/// <param name="model">The model.</param>
/// <param name="answers">The true answers.</param>
/// <param name="test">The sequences.</param>
/// <param name="outcomes">The answers of the networks, [sequences].</param>
internal sealed class AnswerFigures(ModelFile model, TestAnswers answers, LabelledSequence[] test, SequenceOutcome[] outcomes)
{
    /// <summary>Returns the figures of each value.</summary>
    public ValueResult[] Values() => [.. model.ClassNames.Select((name, i) =>
    {
        double[] truth = [.. test.Select(sequence => (double)sequence.Values[i])];
        double[]? floats = Column(outcome => outcome.Float?.Values[i]), fixeds = Column(outcome => outcome.Fixed?.Values[i]);
        double[]? differences = floats == null || fixeds == null ? null : [.. floats.Zip(fixeds, (one, other) => Math.Abs(one - other))];
        return new ValueResult
        {
            Value = name,
            Unit = model.Scale.Unit(i),
            MaeFloat = MeanError(truth, floats),
            RmseFloat = RootError(truth, floats),
            R2Float = Explained(truth, floats),
            MaeFixed = MeanError(truth, fixeds),
            RmseFixed = RootError(truth, fixeds),
            R2Fixed = Explained(truth, fixeds),
            MaxDifference = differences?.Max(),
            RmsDifference = RootError(floats, fixeds),
        };
    })];

    /// <summary>Returns the figures of a class for each timestep.</summary>
    /// <param name="input">Knows the classes of the model.</param>
    public StepClassResult Steps(ModelInput input)
    {
        int[] counts = new int[model.ClassCount], floatRight = new int[model.ClassCount], fixedRight = new int[model.ClassCount];
        long same = 0, steps = test.Sum(sequence => (long)sequence.Length);
        for (int n = 0; n < test.Length; n++)
        {
            byte[] truth = input.StepLabelsOf(test[n]);
            byte[]? floats = outcomes[n].Float?.Labels, fixeds = outcomes[n].Fixed?.Labels;
            for (int step = 0; step < truth.Length; step++)
            {
                counts[truth[step]]++;
                if (floats?[step] == truth[step]) floatRight[truth[step]]++;
                if (fixeds?[step] == truth[step]) fixedRight[truth[step]]++;
                if (floats?[step] == fixeds?[step]) same++;
            }
        }
        bool hasFloat = outcomes[0].Float != null, hasFixed = outcomes[0].Fixed != null;
        double effective = steps * (double)steps / test.Sum(sequence => (double)sequence.Length * sequence.Length);
        double? Share(bool isMeasured, long right, long of) => isMeasured && of > 0 ? (double)right / of : null;
        double? floatShare = Share(hasFloat, floatRight.Sum(right => (long)right), steps), fixedShare = Share(hasFixed, fixedRight.Sum(right => (long)right), steps);
        return new StepClassResult
        {
            AccuracyFloat = floatShare,
            AccuracyFloatInterval = floatShare is { } ofFloat ? ShareInterval.Wilson(ofFloat, effective) : null,
            AccuracyFixed = fixedShare,
            AccuracyFixedInterval = fixedShare is { } ofFixed ? ShareInterval.Wilson(ofFixed, effective) : null,
            EffectiveSequences = effective,
            Agreement = Share(hasFloat && hasFixed, same, steps),
            Classes = [.. model.ClassNames.Select((name, k) => new StepClassRecall(
                name, counts[k], Share(hasFloat, floatRight[k], counts[k]), Share(hasFixed, fixedRight[k], counts[k])))],
        };
    }

    /// <summary>Returns the figures of anomalies.</summary>
    public AnomalyResult Anomaly()
    {
        bool[] isNormal = Array.ConvertAll(test, answers.IsNormal);
        double[]? floats = Column(outcome => outcome.Float?.Score), fixeds = Column(outcome => outcome.Fixed?.Score);
        int normal = isNormal.Count(value => value), other = test.Length - normal;
        float threshold = model.Scale.Threshold;
        int Above(double[]? scores, bool ofNormal) => scores == null ? 0 : scores.Where((score, n) => isNormal[n] == ofNormal && score > threshold).Count();
        double? Share(double[]? scores, bool ofNormal, int of) => scores == null || of == 0 ? null : (double)Above(scores, ofNormal) / of;
        bool hasBoth = floats != null && fixeds != null;
        return new AnomalyResult
        {
            Threshold = threshold,
            NormalSequences = normal,
            AnomalousSequences = other,
            AucFloat = Auc(floats, isNormal),
            AucFixed = Auc(fixeds, isNormal),
            DetectionFloat = Share(floats, false, other),
            DetectionFloatInterval = floats == null || other == 0 ? null : ShareInterval.Wilson(Above(floats, false), other),
            DetectionFixed = Share(fixeds, false, other),
            FalseAlarmsFloat = Share(floats, true, normal),
            FalseAlarmsFloatInterval = floats == null || normal == 0 ? null : ShareInterval.Wilson(Above(floats, true), normal),
            FalseAlarmsFixed = Share(fixeds, true, normal),
            Agreement = hasBoth ? (double)floats!.Zip(fixeds!).Count(pair => pair.First > threshold == pair.Second > threshold) / test.Length : null,
            MaxScoreDifference = hasBoth ? floats!.Zip(fixeds!, (one, another) => Math.Abs(one - another)).Max() : null,
        };
    }

    /// <summary>Returns the area under the ROC curve: pairs that are ordered right, equal scores counting half (Mann and Whitney 1947).</summary>
    internal static double? Auc(double[]? scores, bool[] isNormal)
    {
        if (scores == null || isNormal.Distinct().Count() < 2) return null;
        double[] normal = [.. scores.Where((_, n) => isNormal[n]).Order()], other = [.. scores.Where((_, n) => !isNormal[n])];
        double right = 0;
        foreach (double score in other)
        {
            int below = LowerBound(normal, score), notAbove = LowerBound(normal, Math.BitIncrement(score));
            right += below + 0.5 * (notAbove - below);
        }
        return right / ((double)normal.Length * other.Length);
    }

    /// <summary>Returns how many numbers of an ascending list are below a number.</summary>
    private static int LowerBound(double[] sorted, double limit)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (sorted[middle] < limit) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private double[]? Column(Func<SequenceOutcome, float?> number) =>
        number(outcomes[0]) == null ? null : [.. outcomes.Select(outcome => (double)number(outcome)!.Value)];

    private static double? MeanError(double[] truth, double[]? found) => found?.Zip(truth, (one, other) => Math.Abs(one - other)).Average();

    private static double? RootError(double[]? truth, double[]? found) =>
        truth == null || found == null ? null : Math.Sqrt(found.Zip(truth, (one, other) => (one - other) * (one - other)).Average());

    private static double? Explained(double[] truth, double[]? found)
    {
        if (found == null) return null;
        double mean = truth.Average(), all = truth.Sum(value => (value - mean) * (value - mean));
        return all == 0 ? null : 1 - found.Zip(truth, (one, other) => (one - other) * (one - other)).Sum() / all;
    }
}
