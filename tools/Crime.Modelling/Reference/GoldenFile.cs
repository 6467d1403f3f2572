// Golden vectors: inputs, the reference's states at every step, and logits, with where they come from.

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Reference;

/// <summary>Golden vectors of one model.</summary>
public sealed record GoldenFile
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Which program made the file.</summary>
    public required string Maker { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>What computed the states.</summary>
    public required string Reference { get; init; }

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Identity of the model, eight hexadecimal digits.</summary>
    public required string ModelId { get; init; }

    /// <summary>CRC-32 of the model file, eight hexadecimal digits: it covers the fixed-point weights too.</summary>
    public required string ModelChecksum { get; init; }

    /// <summary>Name of the data set.</summary>
    public required string Data { get; init; }

    /// <summary>Seed that chose the sequences.</summary>
    public required int Seed { get; init; }

    /// <summary>CRC-32 over all inputs, eight hexadecimal digits.</summary>
    public required string InputHash { get; init; }

    /// <summary>The vectors.</summary>
    public required IReadOnlyList<GoldenVector> Vectors { get; init; }

    /// <summary>Computes vectors.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The data set; sequences are drawn from its test part.</param>
    /// <param name="count">How many sequences.</param>
    /// <param name="seed">Chooses them.</param>
    /// <exception cref="UserInputException">The model has no fixed-point weights, or the data do not fit it.</exception>
    public static GoldenFile Make(ModelFile model, Dataset data, int count, int seed)
    {
        if (!model.HasFixedPoint) throw new UserInputException($"model '{model.Name}' has no fixed-point weights: boards cannot run it");
        var input = new ModelInput(model);
        input.CheckFits(data);
        if (data.Test.Count == 0) throw new UserInputException($"data set '{data.Name}' has no test sequences");
        var random = new Random(seed);
        var reference = new ReferenceNetwork(model);
        var vectors = new List<GoldenVector>();
        var hash = new Crc32();
        for (int i = 0; i < count; i++)
        {
            LabelledSequence sequence = data.Test[random.Next(data.Test.Count)];
            short[] values = input.Quantised(sequence);
            hash.Append(MemoryMarshal.AsBytes(values.AsSpan()));
            vectors.Add(GoldenVector.Compute(reference, sequence.Index, values, sequence.Length));
        }
        return new GoldenFile
        {
            Maker = "crime golden",
            Version = typeof(GoldenFile).Assembly.GetName().Version!.ToString(3),
            Reference = nameof(ReferenceNetwork),
            Model = model.Name,
            ModelId = model.Id.ToString("x8"),
            ModelChecksum = model.Checksum.ToString("x8"),
            Data = data.Name,
            Seed = seed,
            InputHash = hash.GetCurrentHashAsUInt32().ToString("x8"),
            Vectors = vectors,
        };
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Write()
    {
        using var stream = new MemoryStream();
        // A line per vector keeps the file readable and its changes small.
        using (var writer = new StreamWriter(stream) { NewLine = "\n" })
        {
            string head = JsonSerializer.Serialize(this with { Vectors = [] }, s_json);
            writer.WriteLine(head[..head.LastIndexOf('[')] + "[");
            for (int i = 0; i < Vectors.Count; i++)
                writer.WriteLine(JsonSerializer.Serialize(Vectors[i], s_json) + (i + 1 < Vectors.Count ? "," : ""));
            writer.WriteLine("]}");
        }
        return stream.ToArray();
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="UserInputException">It is not a golden file.</exception>
    public static GoldenFile Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<GoldenFile>(File.ReadAllBytes(path), s_json) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: not a golden file: {e.Message}", e);
        }
    }
}

/// <summary>One sequence and what the reference made of it.</summary>
/// <param name="Index">Number of the sequence in its data set.</param>
/// <param name="Length">Timesteps.</param>
/// <param name="Values">The input, timestep by timestep.</param>
/// <param name="Hidden">h of every layer after every step, [length][layers][hidden].</param>
/// <param name="Cell">c of every layer after every step, [length][layers][hidden]; empty for a layer without one.</param>
/// <param name="Logits">[classes].</param>
public sealed record GoldenVector(int Index, int Length, short[] Values, short[][][] Hidden, short[][][] Cell, int[] Logits)
{
    /// <summary>Runs the reference over a sequence.</summary>
    public static GoldenVector Compute(ReferenceNetwork reference, int index, short[] values, int length)
    {
        reference.Reset();
        var hidden = new short[length][][];
        var cell = new short[length][][];
        for (int step = 0; step < length; step++)
        {
            reference.Step(values, step);
            hidden[step] = reference.Hidden;
            cell[step] = reference.Cell;
        }
        return new GoldenVector(index, length, values, hidden, cell, reference.Logits());
    }
}
