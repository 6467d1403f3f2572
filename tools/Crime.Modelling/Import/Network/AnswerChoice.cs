// The meaning of a network's outputs, with what belongs to it: scale and units of values, threshold of an anomaly.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import.Metadata;
using Crime.Modelling.Training;

namespace Crime.Modelling.Import.Network;

/// <summary>Reads the answer of a network: the user's statements go before the metadata.</summary>
/// <param name="metadata">The metadata of the file.</param>
/// <param name="options">The user's statements about the file.</param>
internal sealed class AnswerChoice(ModelMetadata metadata, ImportOptions options)
{
    private const string Value = "value";
    private const string Logit = "logit";
    private const string Anomaly = "anomaly";

    private readonly string? _answer = options.Answer ?? metadata.Text("answer");

    /// <summary>True when the outputs themselves are the answer: functions at the end are a part of them.</summary>
    public bool IsNumbers => _answer is Value or Anomaly;

    /// <summary>The classes of the data that are normal; empty where neither options nor metadata name them.</summary>
    public IReadOnlyList<string> NormalClasses => metadata.Texts("normal");

    /// <summary>The forecast that the network was trained for; null for none.</summary>
    public ForecastTarget? Forecast
    {
        get
        {
            if (metadata.Number("forecast_steps") is not float steps) return null;
            float channel = metadata.Number("forecast_channel") ?? 0;
            bool isWhole = float.IsInteger(steps) && float.IsInteger(channel)
                && steps is >= 1 and <= ForecastTarget.MostSteps && channel is >= 0 and < ModelFormat.MaxInputs;
            return isWhole ? new ForecastTarget((int)steps, (int)channel) : throw new UserInputException(
                string.Create(CultureInfo.InvariantCulture, $"metadata 'forecast_steps' and 'forecast_channel' are {steps} and {channel}, which is no forecast"));
        }
    }

    /// <summary>Returns the meaning of the outputs: the user's, the metadata's, or that of the functions at the end.</summary>
    /// <param name="outputs">Numbers of the head.</param>
    /// <param name="isPerStep">True when the head gives them for each timestep.</param>
    /// <param name="isSigmoid">True when the network ends with a Sigmoid.</param>
    /// <param name="isDecision">True when it gives the number of the class with the largest value.</param>
    /// <param name="isLogit">Receives true for one output that decides between two classes.</param>
    public AnswerKind Of(int outputs, bool isPerStep, bool isSigmoid, bool isDecision, out bool isLogit)
    {
        if (_answer is not (null or "class" or Logit or Value or Anomaly))
            throw new UserInputException($"metadata 'answer' is '{_answer}'; it takes class, logit, value or anomaly");
        if (_answer == Logit && outputs != 1) throw new UserInputException($"--answer logit is for one output, and the network has {outputs}; leave it out");
        if (IsNumbers && isDecision)
            throw new UserInputException($"--answer {_answer} is for numbers, and the network gives the class that ArgMax picks; leave it out");
        if (_answer == Anomaly && !isPerStep)
            throw new UserInputException("--answer anomaly is for a network that predicts the next timestep at each timestep, and this one answers once for a sequence");
        CheckOptions();
        isLogit = outputs == 1 && (_answer == Logit || (_answer == null && (isSigmoid || metadata.NamesTwoClasses)));
        if (_answer == Anomaly) return AnswerKind.Anomaly;
        if (_answer == Value) return isPerStep ? AnswerKind.ValuesPerStep : AnswerKind.Values;
        if (outputs > 1 || isLogit) return isPerStep ? AnswerKind.ClassPerStep : AnswerKind.Class;
        throw new UserInputException("the network has one output: a number, of which a model makes no class; if it is a forecast, say --answer value; if its sign "
            + "separates two classes (BCEWithLogitsLoss), say --answer logit or give the metadata 'classes' two names");
    }

    /// <summary>Returns the names of the outputs or classes.</summary>
    public IReadOnlyList<string> NamesOf(AnswerKind kind, int outputs, bool isLogit)
    {
        if (kind == AnswerKind.Anomaly) return AnswerScale.AnomalyNames;
        bool isNamed = metadata.Text("classes") != null || kind is not (AnswerKind.Values or AnswerKind.ValuesPerStep);
        return isNamed ? metadata.ClassNames(isLogit ? 2 : outputs) : TsFile.NamesOf(outputs);
    }

    /// <summary>Returns scale and units of values, or the threshold of an anomaly; null for classes, and for values that are taken as they are.</summary>
    /// <param name="kind">The answer.</param>
    /// <param name="outputs">Numbers of the head.</param>
    /// <param name="inputs">Features of a timestep; 0 for tokens.</param>
    /// <param name="isNormalisedInside">True when the network itself normalises its inputs.</param>
    public AnswerScale? ScaleOf(AnswerKind kind, int outputs, int inputs, bool isNormalisedInside)
    {
        if (kind == AnswerKind.Anomaly)
        {
            if (outputs != inputs)
                throw new UserInputException($"--answer anomaly is for a network that predicts the features of the next timestep: "
                    + $"it has {inputs} features and {outputs} outputs");
            if (isNormalisedInside)
                throw new UserInputException("the network normalises its inputs itself, so its predictions are in other units than the features that boards "
                    + "compare them with; normalise before the network, and give 'feature_mean' and 'feature_std' as metadata");
            float? threshold = options.Threshold ?? metadata.Number("threshold");
            return threshold switch
            {
                null => throw new UserInputException("--answer anomaly needs --threshold (or the metadata 'threshold'): the mean squared error of prediction, "
                    + "in standardised features, above which a sequence is an anomaly"),
                < 0 => throw new UserInputException("the threshold of an anomaly is a mean squared error: it is not below 0"),
                _ => new AnswerScale(threshold.Value, [], [], []),
            };
        }
        if (kind is not (AnswerKind.Values or AnswerKind.ValuesPerStep)) return null;
        IReadOnlyList<float> scales = Given(options.Scales, "value_scale"), offsets = Given(options.Offsets, "value_offset");
        IReadOnlyList<string> units = options.Units.Count > 0 ? options.Units : metadata.Texts("value_unit");
        if (scales.Count + offsets.Count + units.Count == 0) return null;
        if (scales.Contains(0)) throw new UserInputException("a scale of 0 makes all values equal; give another --scale");
        return new AnswerScale(0, Spread(offsets, outputs, 0, "offsets"), Spread(scales, outputs, 1, "scales"), TargetScale.UnitsOf(units, outputs));
    }

    private IReadOnlyList<float> Given(IReadOnlyList<float> said, string key) => said.Count > 0 ? said : metadata.Numbers(key);

    private static float[] Spread(IReadOnlyList<float> numbers, int outputs, float plain, string name)
    {
        if (numbers.Count > 1 && numbers.Count != outputs)
            throw new UserInputException($"{numbers.Count} {name} for {outputs} values; give one for each, or one for all");
        return [.. Enumerable.Range(0, outputs).Select(i => numbers.Count == 0 ? plain : numbers[numbers.Count == 1 ? 0 : i])];
    }

    /// <summary>Refuses statements that the answer has no place for.</summary>
    private void CheckOptions()
    {
        if (_answer != Value && options.Units.Count + options.Scales.Count + options.Offsets.Count > 0)
            throw new UserInputException("--unit, --scale and --offset are for values; say --answer value");
        if (_answer != Anomaly && options.Threshold != null) throw new UserInputException("--threshold is for an anomaly; say --answer anomaly");
    }
}
