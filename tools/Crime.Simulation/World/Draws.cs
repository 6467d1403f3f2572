// The random draws of one input. They depend on the input alone, so that every policy meets the same noise, and the oracle knows it.

using System;

namespace Crime.Simulation.World;

/// <summary>Random numbers of one input, each by its own name.</summary>
internal readonly struct Draws
{
    /// <summary>Noise of the board's own computation.</summary>
    public const int Local = 1;

    /// <summary>Noise of the time to associate.</summary>
    public const int RadioUp = 2;

    /// <summary>Added to the name of a way: the delay of the host.</summary>
    public const int Host = 1 << 30;

    private const int FirstService = 16;
    private const int FirstLink = 1024;

    private readonly ulong _seed;

    /// <summary>Makes the draws of an input.</summary>
    public Draws(ulong seed) => _seed = seed;

    /// <summary>Name of the noise of a gateway's service.</summary>
    public static int Service(int gateway) => FirstService + gateway;

    /// <summary>Name of a link: three more follow it, for the way back and for losses on both ways.</summary>
    public static int Link(int link) => FirstLink + 4 * link;

    /// <summary>A lognormal factor of mean 1.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="sigma">Standard deviation of its logarithm.</param>
    public double Factor(int name, double sigma)
    {
        if (sigma == 0) return 1;
        ulong bits = Bits(name);
        double u = ((bits >> 32) + 1) * (1.0 / (1UL << 32)), v = (uint)bits * (1.0 / (1UL << 32));
        double normal = Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
        return Math.Exp(sigma * normal - sigma * sigma / 2);
    }

    /// <summary>Returns true with a probability.</summary>
    public bool Happens(int name, double probability) => probability > 0 && Uniform(name) < probability;

    /// <summary>A number from 0 to below 1.</summary>
    /// <param name="name">Its name.</param>
    public double Uniform(int name) => (Bits(name) >> 11) * (1.0 / (1UL << 53));

    private ulong Bits(int name)
    {
        ulong z = _seed + (ulong)(uint)name * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
