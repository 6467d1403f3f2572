// Texts about networks that write sequences.

using System;
using System.Collections.Generic;
using System.Globalization;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Evaluation;

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
        $"up to {model.Decoder.LongestOutput} of {model.ClassCount} tokens, written by a decoder; a beam of {model.Decoder.BeamWidth} at gateways; "
        + $"M = {model.Decoder.Output.GammaThousandths / 1000.0:0.000} n + {model.Decoder.Output.DeltaThousandths / 1000.0:0.000}");

    /// <summary>Returns the lines of a result.</summary>
    public static IEnumerable<string> Of(WriterResult result)
    {
        yield return $"{result.Sequences} test outputs of {result.Tokens} tokens, the ends included";
        yield return Line("float, most likely token", result.Greedy);
        if (result.Beam != null) yield return Line($"float, beam of {result.BeamWidth}", result.Beam);
        if (result.Fixed != null)
            yield return Line("fixed point", result.Fixed) + string.Create(
                CultureInfo.InvariantCulture, $"; {100 * result.Agreement:0.00} % of the outputs as the float network writes them");
        string sign = result.Delta < 0 ? "-" : "+";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"output length: M = {result.Gamma:0.000} n {sign} {Math.Abs(result.Delta):0.000} of the model explains {result.RSquaredOfModel:0.000} of the variance "
            + $"of what was written; the best line has gamma {result.WrittenLength.Gamma:0.000}, delta {result.WrittenLength.Delta:0.000}, "
            + $"R2 {result.WrittenLength.RSquared:0.000}, standard deviation {result.WrittenLength.Deviation:0.00}");
    }

    private static string Line(string name, WrittenShares shares) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name}: {100 * shares.TokenAccuracy:0.00} % of the tokens, {100 * shares.SequenceAccuracy:0.00} % of the outputs "
        + $"({100 * shares.SequenceInterval.Low:0.0} to {100 * shares.SequenceInterval.High:0.0})");
}
