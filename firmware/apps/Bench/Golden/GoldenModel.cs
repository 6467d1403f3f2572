// Golden vectors on the board. The states of every timestep would fill the flash: their CRC-32 stands for them, the logits
// are kept whole. The arrays are written by `crime embed` from tests/golden.

using System;
using Crime.Model;

namespace Crime.Bench.Golden;

/// <summary>One sequence and what the reference made of it.</summary>
public sealed class GoldenVector
{
    /// <summary>Takes the numbers of a vector.</summary>
    /// <param name="sequence">Number of the sequence in its data set.</param>
    /// <param name="length">Timesteps.</param>
    /// <param name="values">The input, timestep by timestep.</param>
    /// <param name="stateChecksums">CRC-32 of the exported state after every timestep.</param>
    /// <param name="logits">The logits after the last timestep.</param>
    public GoldenVector(int sequence, int length, short[] values, uint[] stateChecksums, int[] logits)
    {
        Sequence = sequence;
        Length = length;
        Values = values;
        StateChecksums = stateChecksums;
        Logits = logits;
    }

    /// <summary>Number of the sequence in its data set.</summary>
    public int Sequence { get; }

    /// <summary>Timesteps.</summary>
    public int Length { get; }

    /// <summary>The input, timestep by timestep.</summary>
    public short[] Values { get; }

    /// <summary>CRC-32 of the exported state after every timestep.</summary>
    public uint[] StateChecksums { get; }

    /// <summary>The logits after the last timestep.</summary>
    public int[] Logits { get; }
}

/// <summary>A model and its vectors.</summary>
public sealed class GoldenModel
{
    /// <summary>Reads the model.</summary>
    /// <param name="name">Name of the model, without blanks.</param>
    /// <param name="image">The model file that boards load.</param>
    /// <param name="vectors">Its vectors.</param>
    /// <exception cref="ArgumentException">The image is damaged: the flash is not what was deployed.</exception>
    public GoldenModel(string name, byte[] image, GoldenVector[] vectors)
    {
        ModelError error = ModelReader.TryRead(image, out ModelFile model);
        if (error != ModelError.None) throw new ArgumentException(name + ": " + ModelErrors.Describe(error));
        Name = name;
        Image = image;
        Model = model;
        Vectors = vectors;
    }

    /// <summary>Name of the model.</summary>
    public string Name { get; }

    /// <summary>The model file that boards load.</summary>
    public byte[] Image { get; }

    /// <summary>The model.</summary>
    public ModelFile Model { get; }

    /// <summary>Its vectors.</summary>
    public GoldenVector[] Vectors { get; }
}

/// <summary>The golden models of the application.</summary>
public static class GoldenModels
{
    /// <summary>How many there are.</summary>
    public const int Count = 3;

    /// <summary>Makes one of them.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    public static GoldenModel Create(int index)
    {
        if (index == 0) return Gestures.Create();
        return index == 1 ? RandomGru.Create() : RandomStacked.Create();
    }
}
