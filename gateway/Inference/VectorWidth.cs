// How wide the vectors are that the batches are computed with: as wide as the CPU has them, unless the environment says otherwise.

using System;
using System.Runtime.Intrinsics;

namespace Crime.Gateway.Inference;

/// <summary>Chooses the width, once per process.</summary>
public static class VectorWidth
{
    /// <summary>Name of the variable that sets the width: 512, 256 or 128; empty or absent for the widest.</summary>
    public const string Variable = "CRIME_VECTOR_BITS";

    /// <summary>The widest that this CPU computes with, in bits; 128 also where it has no vectors at all, or may not use them.</summary>
    public static int WidestBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>The width that the environment asks for, or the widest.</summary>
    /// <exception cref="ArgumentException">The environment asks for what is no width, or not one of this CPU.</exception>
    public static int ChosenBits => Choose(Environment.GetEnvironmentVariable(Variable), WidestBits);

    /// <summary>What is wrong with the environment's width, in one line; null where nothing is.</summary>
    public static string? Problem
    {
        get
        {
            try
            {
                return ChosenBits > 0 ? null : "";
            }
            catch (ArgumentException e)
            {
                return e.Message;
            }
        }
    }

    /// <summary>Chooses a width.</summary>
    /// <param name="asked">What was asked for; null or empty for the widest.</param>
    /// <param name="widestBits">The widest that there is.</param>
    /// <exception cref="ArgumentException">It is no width, or wider than there is.</exception>
    public static int Choose(string? asked, int widestBits)
    {
        if (string.IsNullOrEmpty(asked)) return widestBits;
        int bits = asked switch
        {
            "512" => 512,
            "256" => 256,
            "128" => 128,
            _ => throw new ArgumentException($"{Variable} is '{asked}', it must be 512, 256 or 128, or not be set"),
        };
        return bits <= widestBits ? bits : throw new ArgumentException($"{Variable} is {bits}, but this CPU computes with {widestBits} bits at most");
    }
}
