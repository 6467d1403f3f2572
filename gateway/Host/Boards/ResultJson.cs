// A finished inference as JSON, for people and other programs: names and units instead of indices and bytes.

using System;
using System.Buffers;
using System.Linq;
using System.Text.Json;
using Crime.Frames;
using Crime.Gateway.Models;
using Crime.Model;

namespace Crime.Gateway.Boards;

/// <summary>Writes results as JSON. SPEC.md, section 6, describes the fields.</summary>
public static class ResultJson
{
    /// <summary>Label of a result that the board does not know, because the gateway publishes it.</summary>
    public const int UnknownLabel = ushort.MaxValue;

    /// <summary>Writes a result in UTF-8.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="result">The result.</param>
    /// <param name="model">The model; null when the gateway does not serve it. The name of the class is then null.</param>
    /// <param name="utc">Time at which the gateway had the result.</param>
    public static byte[] Write(string board, BoardResult result, GatewayModel? model, DateTime utc)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("board", board);
            json.WriteNumber("session", result.Session);
            json.WriteNumber("input", result.Input);
            // The values of a regression and the tokens of an output are no class.
            bool isClass = model?.Weights.Answer != AnswerKind.Sequence && (result.Values == null || model?.Weights.Answer == AnswerKind.Anomaly);
            int? classIndex = isClass ? result.ClassIndex : null;
            json.WriteString("class", NameOf(classIndex, model));
            WriteNumberOrNull(json, "class_index", classIndex);
            WriteNumberOrNull(json, "confidence_per_mille", result.ConfidencePerMille);
            WriteAnswer(json, result, model);
            json.WriteString("target", TargetName(result.Target));
            WriteNumberOrNull(json, "time_ms", result.TimeMs);
            WriteNumberOrNull(json, "energy_mj", result.EnergyMj);
            json.WriteString("meter", result.Meter);
            json.WriteNumber("length", result.Length);
            WriteNumberOrNull(json, "break_even_length", result.BreakEvenLength);
            json.WriteString("model", model?.Name);
            json.WriteString("utc", utc);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static string? NameOf(int? classIndex, GatewayModel? model) =>
        classIndex is { } index && index < model?.Weights.ClassCount ? model.Weights.ClassNames[index] : null;

    /// <summary>Writes the answers beside a class: values with their names and units, the score of an anomaly, or the class of each timestep.</summary>
    private static void WriteAnswer(Utf8JsonWriter json, BoardResult result, GatewayModel? model)
    {
        if (result.Values is { } values)
        {
            AnswerScale? scale = model?.Weights.Scale;
            json.WriteStartArray("values");
            for (int i = 0; i < values.Length; i++)
            {
                bool isNamed = i < scale?.Count;
                json.WriteStartObject();
                json.WriteString("name", isNamed ? model!.Weights.ClassNames[i] : model?.Weights.Answer == AnswerKind.Anomaly ? "score" : null);
                json.WriteNumber("value", values[i]);
                json.WriteString("unit", isNamed && scale!.Unit(i).Length > 0 ? scale.Unit(i) : null);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        if (model?.Weights.Answer == AnswerKind.Sequence)
        {
            string[] names = model.Weights.ClassNames;
            // A record of telemetry has no room for an output.
            if (result.StepLabels == null && result.Meter != null) json.WriteNull("text");
            else json.WriteString("text", string.Join(OutputText.SeparatorOf(names), (result.StepLabels ?? []).Select(token => NameOf(token, model))));
            return;
        }
        if (result.StepLabels is not { } labels) return;
        json.WriteStartArray("step_classes");
        foreach (int label in labels) json.WriteStringValue(NameOf(label, model));
        json.WriteEndArray();
    }

    private static string TargetName(Target target) => target switch
    {
        Target.Local => "local",
        Target.Gateway => "gateway",
        _ => "fallback",
    };

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }
}
