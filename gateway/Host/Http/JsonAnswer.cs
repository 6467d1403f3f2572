// Answers whose length is known before the first byte is sent: nothing that a board reads is chunked.

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Crime.Gateway.Http;

/// <summary>Small answers, written at once.</summary>
internal static class JsonAnswer
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <summary>A value as JSON, its names in snake_case.</summary>
    public static IResult Of<T>(T value, int status = StatusCodes.Status200OK) =>
        TypedResults.Text(JsonSerializer.Serialize(value, s_json) + "\n", "application/json", statusCode: status);

    /// <summary>404 with one line of text.</summary>
    public static IResult NotFound(string line) =>
        TypedResults.Text(line + "\n", "text/plain", statusCode: StatusCodes.Status404NotFound);
}
