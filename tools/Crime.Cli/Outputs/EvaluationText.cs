// The figures of an evaluation as text, the same in eval, convert and report.

using System.Globalization;
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

    /// <summary>Returns count and percentage of the inputs that are cut off: "0", "12 of 2400 (0.50 %)"; null for tokens.</summary>
    public static string? CutOffInputs(EvaluationResult result) => result.Inputs == 0
        ? null
        : result.InputSaturations == 0
            ? "0"
            : string.Create(CultureInfo.InvariantCulture, $"{result.InputSaturations} of {result.Inputs} ({result.InputSaturationPercent:0.00} %)");
}
