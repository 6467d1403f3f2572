// A finished inference as JSON, for people and other programs: names and units instead of indices and bytes.

using System;
using System.Buffers;
using System.Text.Json;
using Crime.Frames;
using Crime.Gateway.Models;

namespace Crime.Gateway.Boards;

/// <summary>Writes results as JSON. SPEC.md, section 6, describes the fields.</summary>
public static class ResultJson
{
    private const double UsPerMs = 1000;
    private const double UjPerMj = 1000;

    /// <summary>Writes a result in UTF-8.</summary>
    /// <param name="board">Id of the board.</param>
    /// <param name="session">The board's session; with the input's number it names the input.</param>
    /// <param name="record">What the board has reported.</param>
    /// <param name="model">The model; null when the gateway does not serve it. The name of the class is then null.</param>
    /// <param name="utc">Time at which the report arrived.</param>
    public static byte[] Write(string board, uint session, TelemetryRecord record, GatewayModel? model, DateTime utc)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("board", board);
            json.WriteNumber("session", session);
            json.WriteNumber("input", record.Input);
            json.WriteString("class", model != null && record.Label < model.Weights.ClassCount ? model.Weights.ClassNames[record.Label] : null);
            json.WriteNumber("class_index", record.Label);
            WriteNumberOrNull(json, "confidence_per_mille", record.ConfidencePerMille > 0 ? record.ConfidencePerMille : null);
            json.WriteString("target", TargetName(record.Target));
            json.WriteNumber("time_ms", record.TimeUs / UsPerMs);
            json.WriteNumber("energy_mj", record.EnergyUj / UjPerMj);
            json.WriteString("meter", record.Measured ? "ina219" : "model");
            json.WriteNumber("length", record.Length);
            WriteNumberOrNull(json, "break_even_length", record.BreakEvenLength == NeverOffloads ? null : record.BreakEvenLength);
            json.WriteString("model", model?.Name);
            json.WriteString("utc", utc);
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Label of a result that the board does not know, because the gateway publishes it.</summary>
    public const int UnknownLabel = ushort.MaxValue;

    private const int NeverOffloads = ushort.MaxValue;

    private static string TargetName(Target target) => target switch
    {
        Target.Local => "local",
        Target.Gateway => "gateway",
        _ => "fallback",
    };

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }
}
