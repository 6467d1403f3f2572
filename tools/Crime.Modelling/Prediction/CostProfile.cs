// What predict knows of a board: a folder under hardware/, or a file that calibrate wrote. SPEC.md, section 11, is the format.

using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crime.VirtualBoard;

namespace Crime.Modelling.Prediction;

/// <summary>Costs of a board.</summary>
/// <param name="Name">Name of the board.</param>
/// <param name="Operations">What instructions cost.</param>
/// <param name="Code">What the size of compiled code adds.</param>
/// <param name="Lines">Lines that were fitted on it, by the bench's names; empty without a bench run.</param>
/// <param name="Board">Power, radio, memory; null for what is no board, such as a CLR on a desk.</param>
public sealed record CostProfile(string Name, OperationTable Operations, CodeSizeCost Code, IReadOnlyDictionary<string, FittedLine> Lines, BoardProfile? Board)
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    /// <summary>Names of the profiles that come with the project.</summary>
    public static IReadOnlyList<string> BundledNames => BoardProfile.BundledProfiles;

    /// <summary>Reads a profile.</summary>
    /// <param name="nameOrPath">Name of a folder under hardware/, or path of a .json file.</param>
    /// <exception cref="UserInputException">There is none, or it is not one.</exception>
    public static CostProfile Load(string nameOrPath)
    {
        string path = nameOrPath.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? nameOrPath : BoardProfile.BundledPath(nameOrPath);
        if (!File.Exists(path))
            throw new UserInputException($"{nameOrPath}: no such board; give one of {string.Join(", ", BundledNames)}, or the .json file that 'crime calibrate' wrote");
        try
        {
            JsonObject json = BoardProfile.ReadMerged(path);
            BoardProfile? board = json["numbers"] is JsonObject numbers && numbers.ContainsKey("supply_v") ? BoardProfile.Load(path) : null;
            OperationTable operations = json["operations"] is { } part
                ? new OperationTable(part.Deserialize<Dictionary<string, OperationCost>>(Json)!)
                : OperationTable.Uniform(board ?? throw new JsonException("it has neither 'operations' nor 'numbers'"));
            CodeSizeCost code = (json["code"]?.Deserialize<CodeSizeCost>(Json) ?? CodeSizeCost.Unknown).Validated();
            Dictionary<string, FittedLine> lines = json["lines"]?.Deserialize<Dictionary<string, FittedLine>>(Json) ?? [];
            return new CostProfile(json["board"]?.GetValue<string>() ?? Path.GetFileNameWithoutExtension(path), operations, code, lines, board);
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or InvalidDataException or IOException
                or UnauthorizedAccessException)
        {
            throw new UserInputException($"{nameOrPath}: not a profile: {e.Message}", e);
        }
    }

    /// <summary>Writes what a calibration found as a profile that rests on another.</summary>
    /// <param name="name">Name of the board.</param>
    /// <param name="baseName">Folder under hardware/ for all that the bench does not measure: power, radio, pins. Null for what is no board.</param>
    /// <param name="calibration">What was found.</param>
    public static byte[] Write(string name, string? baseName, Calibration calibration)
    {
        string source = calibration.Fit.Table.Costs[Counting.Operation.Move].Source;
        var json = new JsonObject { ["board"] = name };
        if (baseName != null) json["base"] = baseName;
        if (baseName != null && BoardProfile.ReadMerged(BoardProfile.BundledPath(baseName))["numbers"] != null)
        {
            double libraryIl = calibration.Fit.Table.Costs[Counting.Operation.LibraryCall].Ns / 1000 / calibration.UsPerIl;
            json["numbers"] = JsonSerializer.SerializeToNode(new Dictionary<string, ProfileNumber>
            {
                ["cpu_us_per_il"] = new(Math.Round(calibration.UsPerIl, 6), "mean over the steps of both kernels: " + source, "measured"),
                ["library_call_il"] = new(Math.Max(1, Math.Round(libraryIl)), "a call of Math.Abs in instructions: " + source, "measured"),
            }, Json);
        }
        json["operations"] = JsonSerializer.SerializeToNode(calibration.Fit.Table.Costs, Json);
        json["operations_r_squared"] = Math.Round(calibration.Fit.RSquared, 6);
        json["code"] = JsonSerializer.SerializeToNode(calibration.Code, Json);
        json["lines"] = JsonSerializer.SerializeToNode(calibration.Lines, Json);
        return JsonSerializer.SerializeToUtf8Bytes(json, Json);
    }
}
