// Texts about networks that write sequences.

using System;
using System.Collections.Generic;
using System.Globalization;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Prediction;

namespace Crime.Cli.Outputs;

/// <summary>Describes models and results of decoders.</summary>
internal static class WriterText
{
    /// <summary>Returns the network in a few words, as "embedding 16, LSTM 48; decoder LSTM 48 with Luong's attention (dot)".</summary>
    public static string Describe(TrainedModel model) => $"{model.Describe()}; decoder "
        + $"{model.Decoder!.Cell.Kind.ToString().ToUpperInvariant()} {model.Decoder.Cell.HiddenCount}"
        + model.Decoder.Attention switch
        {
            AttentionKind.LuongDot => " with Luong's attention (dot)",
            AttentionKind.LuongGeneral => " with Luong's attention (general)",
            AttentionKind.Bahdanau => " with Bahdanau's attention",
            _ => "",
        };

    /// <summary>Returns the decoder of a model file in a few words.</summary>
    public static string Describe(ModelFile model) => string.Create(
        CultureInfo.InvariantCulture,
        $"up to {model.Decoder.LongestOutput} of {model.ClassCount} tokens, written by a decoder; a beam of {model.Decoder.BeamWidth} at gateways; {Line(model)}");

    /// <summary>Returns the line of the output length of a model file, as "M = 0.939 n + 0.926".</summary>
    public static string Line(ModelFile model) => Line(model.Decoder.Output.GammaThousandths / 1000.0, model.Decoder.Output.DeltaThousandths / 1000.0);

    /// <summary>Returns the line of the output length of a forecast.</summary>
    public static string Line(OutputForecast output) => Line(output.Gamma, output.Delta);

    /// <summary>Returns the decoder of a model file for a script.</summary>
    public static object Json(ModelFile model) => new
    {
        tokens = model.ClassCount,
        longest = model.Decoder.LongestOutput,
        beam_width = model.Decoder.BeamWidth,
        gamma = model.Decoder.Output.GammaThousandths / 1000.0,
        delta = model.Decoder.Output.DeltaThousandths / 1000.0,
    };

    /// <summary>Returns the lines of a result.</summary>
    public static IEnumerable<string> Of(WriterResult result)
    {
        yield return $"{result.Sequences} test outputs of {result.Tokens} tokens, the ends included";
        yield return Line("float, most likely token", result.Greedy);
        if (result.Beam != null) yield return Line($"float, beam of {result.BeamWidth}", result.Beam);
        if (result.Fixed != null)
            yield return Line("fixed point", result.Fixed) + string.Create(
                CultureInfo.InvariantCulture, $"; {100 * result.Agreement:0.00} % of the outputs as the float network writes them");
        yield return "output length: " + LengthLine(result);
    }

    /// <summary>Returns the line of the output length of the model, and how well it fits.</summary>
    public static string LengthLine(WriterResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Line(result.Gamma, result.Delta)} of the model explains {result.RSquaredOfModel:0.000} of the variance "
        + $"of what was written; the best line has gamma {result.WrittenLength.Gamma:0.000}, delta {result.WrittenLength.Delta:0.000}, "
        + $"R2 {result.WrittenLength.RSquared:0.000}, standard deviation {result.WrittenLength.Deviation:0.00}");

    /// <summary>Returns the shares of a result by name, for a table.</summary>
    public static IEnumerable<(string Name, string Value)> Rows(WriterResult result)
    {
        yield return ("tokens of them, the ends included", result.Tokens.ToString(CultureInfo.InvariantCulture));
        (string Name, WrittenShares? Shares)[] networks =
            [("float", result.Greedy), ($"float, beam of {result.BeamWidth}", result.Beam), ("fixed", result.Fixed)];
        foreach (var (name, shares) in networks)
        {
            if (shares == null) continue;
            yield return ($"tokens right, {name}", EvaluationText.Percent(shares.TokenAccuracy)!);
            yield return ($"outputs right, {name}", EvaluationText.Accuracy(shares.SequenceAccuracy, shares.SequenceInterval)!);
        }
        if (EvaluationText.Percent(result.Agreement) is { } agreement) yield return ("fixed writes the same output as float", agreement);
    }

    private static string Line(double gamma, double delta) =>
        string.Create(CultureInfo.InvariantCulture, $"M = {gamma:0.000} n {(delta < 0 ? "-" : "+")} {Math.Abs(delta):0.000}");

    private static string Line(string name, WrittenShares shares) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name}: {100 * shares.TokenAccuracy:0.00} % of the tokens right, {100 * shares.SequenceAccuracy:0.00} % of the outputs right "
        + $"(95 % interval {100 * shares.SequenceInterval.Low:0.0} to {100 * shares.SequenceInterval.High:0.0})");
}
