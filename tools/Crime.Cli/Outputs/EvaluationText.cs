// The figures of an evaluation as text, the same in eval, convert and report.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Modelling.Evaluation;

namespace Crime.Cli.Outputs;

/// <summary>Figures as text.</summary>
internal static class EvaluationText
{
    /// <summary>Returns a share with two decimals: "98.50 %"; null for null.</summary>
    public static string? Percent(double? share) => share is { } value ? (100 * value).ToString("0.00", CultureInfo.InvariantCulture) + " %" : null;

    /// <summary>Returns a share with its 95 % interval: "98.50 % (96.8 to 99.3)"; null for null.</summary>
    public static string? Accuracy(double? share, ShareInterval? interval) => interval == null
        ? Percent(share)
        : string.Create(CultureInfo.InvariantCulture, $"{Percent(share)} ({100 * interval.Low:0.0} to {100 * interval.High:0.0})");

    /// <summary>Returns the figures of the answers by name, for a table; without those that were not measured.</summary>
    public static IEnumerable<(string Name, string Value)> Rows(EvaluationResult result)
    {
        IEnumerable<(string Name, string? Value)> rows = result switch
        {
            { Anomaly: { } anomaly } => AnomalyRows(anomaly),
            { Steps: { } steps } => StepRows(steps),
            { Values.Count: > 0 } => result.Values.SelectMany(value => ValueRows(value, result.Values.Count > 1)),
            _ => ClassRows(result),
        };
        return from row in rows where row.Value != null select (row.Name, row.Value);
    }

    /// <summary>Returns the figures of the answers in one line.</summary>
    public static string Line(EvaluationResult result)
    {
        static string Both(string name, string? ofFloat, string? ofFixed)
        {
            string?[] parts = [ofFloat == null ? null : $"float {ofFloat}", ofFixed == null ? null : $"fixed {ofFixed}"];
            return $"{name} {string.Join(", ", parts.Where(part => part != null))}".TrimStart();
        }
        string SameClass(double? agreement) => agreement == null ? "" : $", same class {Percent(agreement)}";
        string text = result switch
        {
            { Anomaly: { } anomaly } => Both("detection", Percent(anomaly.DetectionFloat), Percent(anomaly.DetectionFixed))
                + "; " + Both("false alarms", Percent(anomaly.FalseAlarmsFloat), Percent(anomaly.FalseAlarmsFixed)) + SameClass(anomaly.Agreement),
            { Steps: { } steps } => Both("timesteps right", Percent(steps.AccuracyFloat), Percent(steps.AccuracyFixed)) + SameClass(steps.Agreement),
            { Values.Count: > 0 } => string.Join("; ", result.Values.Select(value =>
                $"{value.Value}: " + Both("RMSE", Number(value.RmseFloat, value.Unit), Number(value.RmseFixed, value.Unit))
                + (value.MaxDifference == null ? "" : $", largest difference {Number(value.MaxDifference, value.Unit)}"))),
            _ => Both("", Percent(result.AccuracyFloat), Percent(result.AccuracyFixed)) + SameClass(result.Agreement),
        };
        return $"{text} of {result.Sequences} test sequences";
    }

    private static IEnumerable<(string Name, string? Value)> ClassRows(EvaluationResult result)
    {
        yield return ("accuracy, float", Accuracy(result.AccuracyFloat, result.AccuracyFloatInterval));
        if (result.InputSaturations > 0) yield return ("accuracy, float, no input cut off", Percent(result.AccuracyRawInputs));
        yield return ("accuracy, fixed", Accuracy(result.AccuracyFixed, result.AccuracyFixedInterval));
        yield return ("same class", Percent(result.Agreement));
        yield return ("largest logit difference", result.MaxLogitDifference?.ToString("0.0000", CultureInfo.InvariantCulture));
    }

    private static IEnumerable<(string Name, string? Value)> ValueRows(ValueResult value, bool isNamed)
    {
        string end = isNamed ? $" of {value.Value}" : "";
        yield return ($"MAE{end}, float", Number(value.MaeFloat, value.Unit));
        yield return ($"MAE{end}, fixed", Number(value.MaeFixed, value.Unit));
        yield return ($"RMSE{end}, float", Number(value.RmseFloat, value.Unit));
        yield return ($"RMSE{end}, fixed", Number(value.RmseFixed, value.Unit));
        yield return ($"R²{end}, float", value.R2Float?.ToString("0.0000", CultureInfo.InvariantCulture));
        yield return ($"R²{end}, fixed", value.R2Fixed?.ToString("0.0000", CultureInfo.InvariantCulture));
        yield return ($"largest difference{end}", Number(value.MaxDifference, value.Unit));
        yield return ($"RMS difference{end}", Number(value.RmsDifference, value.Unit));
    }

    private static IEnumerable<(string Name, string? Value)> StepRows(StepClassResult steps)
    {
        yield return ("timesteps right, float", Accuracy(steps.AccuracyFloat, steps.AccuracyFloatInterval));
        yield return ("timesteps right, fixed", Accuracy(steps.AccuracyFixed, steps.AccuracyFixedInterval));
        yield return ("same class", Percent(steps.Agreement));
        yield return ("the interval counts sequences", steps.EffectiveSequences.ToString("0.#", CultureInfo.InvariantCulture));
    }

    private static IEnumerable<(string Name, string? Value)> AnomalyRows(AnomalyResult anomaly)
    {
        yield return ("threshold", Number(anomaly.Threshold, ""));
        yield return ("normal and other sequences", string.Create(CultureInfo.InvariantCulture, $"{anomaly.NormalSequences} and {anomaly.AnomalousSequences}"));
        yield return ("area under the ROC curve, float", anomaly.AucFloat?.ToString("0.0000", CultureInfo.InvariantCulture));
        yield return ("area under the ROC curve, fixed", anomaly.AucFixed?.ToString("0.0000", CultureInfo.InvariantCulture));
        yield return ("detection, float", Accuracy(anomaly.DetectionFloat, anomaly.DetectionFloatInterval));
        yield return ("detection, fixed", Percent(anomaly.DetectionFixed));
        yield return ("false alarms, float", Accuracy(anomaly.FalseAlarmsFloat, anomaly.FalseAlarmsFloatInterval));
        yield return ("false alarms, fixed", Percent(anomaly.FalseAlarmsFixed));
        yield return ("same decision", Percent(anomaly.Agreement));
        yield return ("largest difference of a score", Number(anomaly.MaxScoreDifference, ""));
    }

    private static string? Number(double? value, string unit) =>
        value is { } number ? $"{number.ToString("G5", CultureInfo.InvariantCulture)} {unit}".TrimEnd() : null;

    /// <summary>Returns count and percentage of the inputs that are cut off: "0", "12 of 2400 (0.50 %)"; null for tokens.</summary>
    public static string? CutOffInputs(EvaluationResult result) => result.Inputs == 0
        ? null
        : result.InputSaturations == 0
            ? "0"
            : string.Create(CultureInfo.InvariantCulture, $"{result.InputSaturations} of {result.Inputs} ({result.InputSaturationPercent:0.00} %)");
}
