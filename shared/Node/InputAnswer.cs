// The part of a result that depends on the model's kind of answer: the confidence of a class, values with a unit, or a class per timestep.

using System;
using Crime.FixedPoint;
using Crime.Frames;
using Crime.Model;

namespace Crime.Node;

/// <summary>The answer to an input. Used again and again; grows with the longest input that has a class per timestep.</summary>
public sealed class InputAnswer
{
    private float[] _values;
    private byte[] _stepLabels;

    /// <summary>The model's kind of answer.</summary>
    public AnswerKind Kind { get; private set; }

    /// <summary>Scale and units of the values; null for classes.</summary>
    public AnswerScale Scale { get; private set; }

    /// <summary>Number of values; 0 for classes, and while a result has none.</summary>
    public int ValueCount { get; private set; }

    /// <summary>Number of labels: the timesteps of the input, the tokens of an output, or 0 for other answers.</summary>
    public int StepLabelCount { get; private set; }

    /// <summary>True when <see cref="InputResult.Label"/> is a class: values have none, and that of an output is a token.</summary>
    public bool HasClass => Kind != AnswerKind.Values && Kind != AnswerKind.Sequence;

    /// <summary>Names of the output tokens; null for a model that writes no sequence.</summary>
    public string[] TokenNames { get; private set; }

    /// <summary>Steps of the output that a decoder has written, the end included; 0 for other answers.</summary>
    public int OutputSteps { get; set; }

    /// <summary>Softmax of the class in per mille, 1 to 1000; 0 when it is not known, and for values.</summary>
    public int ConfidencePerMille { get; set; }

    /// <summary>A value in its unit; for an anomaly the mean squared error of prediction.</summary>
    /// <param name="index">0 to <see cref="ValueCount"/> - 1.</param>
    public float Value(int index) => _values[index];

    /// <summary>Class of a timestep.</summary>
    /// <param name="step">0 to <see cref="StepLabelCount"/> - 1.</param>
    public int StepLabel(int step) => _stepLabels[step];

    /// <summary>Takes over the model's kind of answer.</summary>
    public void SetModel(ModelFile model)
    {
        Begin();
        Kind = model.Answer;
        Scale = model.Scale;
        _values = Scale == null ? null : new float[Kind == AnswerKind.Anomaly ? 1 : Scale.Count];
        _stepLabels = null;
        TokenNames = null;
        if (model.Decoder != null) SetOutput(model.ClassNames, model.Decoder.LongestOutput);
    }

    /// <summary>Takes outputs of a decoder as answers.</summary>
    /// <param name="tokenNames">Names of the output tokens, the end first. Answers of another number of tokens are dropped.</param>
    /// <param name="longest">Most tokens of an output, the end included, at least 1.</param>
    public void SetOutput(string[] tokenNames, int longest)
    {
        Kind = AnswerKind.Sequence;
        TokenNames = tokenNames;
        _stepLabels = new byte[longest];
    }

    /// <summary>Forgets the answer before.</summary>
    public void Begin()
    {
        ValueCount = 0;
        StepLabelCount = 0;
        OutputSteps = 0;
        ConfidencePerMille = 0;
    }

    /// <summary>Returns room for the labels of the first timesteps; null where the answer has none per timestep. Labels that are there stay.</summary>
    /// <param name="length">Timesteps.</param>
    public byte[] StepLabels(int length)
    {
        if (Kind == AnswerKind.Sequence) return _stepLabels;
        if (Kind != AnswerKind.ClassPerStep) return null;
        if (_stepLabels == null || _stepLabels.Length < length)
        {
            // A stream asks for one timestep more each time.
            var longer = new byte[_stepLabels == null || length > 2 * _stepLabels.Length ? length : 2 * _stepLabels.Length];
            if (_stepLabels != null) Array.Copy(_stepLabels, 0, longer, 0, _stepLabels.Length);
            _stepLabels = longer;
        }
        return _stepLabels;
    }

    /// <summary>Takes the answer that the board has computed.</summary>
    /// <param name="logits">The numbers of the network.</param>
    /// <param name="fractionBits">Fraction bits of them.</param>
    /// <param name="label">The class.</param>
    /// <param name="score">Mean squared error of prediction of an anomaly.</param>
    /// <param name="length">Timesteps of the input, or tokens of the output; their labels are in <see cref="StepLabels"/>.</param>
    public void TakeLocal(int[] logits, int fractionBits, int label, float score, int length)
    {
        Begin();
        if (Kind == AnswerKind.Anomaly)
        {
            _values[0] = score;
            ValueCount = 1;
            return;
        }
        if (Scale == null) ConfidencePerMille = Confidence.PerMille(logits, label, logits.Length, fractionBits);
        else for (int i = 0; i < _values.Length; i++) SetValue(i, logits[i], fractionBits);
        if (Kind == AnswerKind.ClassPerStep || Kind == AnswerKind.Sequence) StepLabelCount = length;
        if (Kind == AnswerKind.Sequence) OutputSteps = StepsOf(length);
    }

    /// <summary>Takes the answer of a gateway.</summary>
    /// <param name="response">The answer, or a receipt, which has no numbers.</param>
    /// <param name="doneCount">Timesteps that the board had computed before; their labels are in <see cref="StepLabels"/>.</param>
    /// <param name="sentCount">Timesteps of the request.</param>
    public void TakeGateway(ResponseFrame response, int doneCount, int sentCount)
    {
        Begin();
        if (Scale == null) ConfidencePerMille = response.ConfidencePerMille;
        else if (Kind == AnswerKind.Anomaly && response.ClassCount == 2)
        {
            _values[0] = (float)response.Logits[1] / (1 << response.FractionBits);
            ValueCount = 1;
        }
        else if (Kind != AnswerKind.Anomaly && response.ClassCount == _values.Length)
        {
            for (int i = 0; i < _values.Length; i++) SetValue(i, response.Logits[i], response.FractionBits);
        }
        if (Kind == AnswerKind.Sequence)
        {
            // Tokens of another model are no output of this one.
            if (response.ClassCount == TokenNames.Length && response.LabelCount <= _stepLabels.Length) TakeTokens(response.Labels, response.LabelCount);
            return;
        }
        if (Kind != AnswerKind.ClassPerStep || response.LabelCount != sentCount) return;
        Array.Copy(response.Labels, 0, StepLabels(doneCount + sentCount), doneCount, sentCount);
        StepLabelCount = doneCount + sentCount;
    }

    private void TakeTokens(byte[] tokens, int count)
    {
        if (count > 0) Array.Copy(tokens, 0, _stepLabels, 0, count);
        StepLabelCount = count;
        OutputSteps = StepsOf(count);
    }

    /// <summary>The end is a step, too, unless the longest output was reached without it.</summary>
    private int StepsOf(int count) => count < _stepLabels.Length ? count + 1 : count;

    private void SetValue(int index, int number, int fractionBits)
    {
        _values[index] = Scale.ValueOf(index, (float)number / (1 << fractionBits));
        ValueCount = index + 1;
    }
}
