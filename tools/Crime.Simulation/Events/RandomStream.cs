// Random numbers that are the same on every machine and in every order of threads: each link, board and gateway owns a
// stream that only the seed and its own number determine.

using System;

namespace Crime.Simulation.Events;

/// <summary>A small, fast stream (xoshiro256**, Blackman and Vigna 2018), seeded through SplitMix64. Not thread-safe.</summary>
internal struct RandomStream
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;
    private double _spareNormal;
    private bool _hasSpare;

    /// <summary>Starts a stream.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What it is for: streams of different purposes are independent.</param>
    /// <param name="index">Which of them.</param>
    public RandomStream(ulong seed, StreamPurpose purpose, int index)
    {
        ulong state = seed * 0x9E3779B97F4A7C15 ^ ((ulong)purpose << 56) ^ ((ulong)(uint)index << 16);
        _s0 = Next(ref state);
        _s1 = Next(ref state);
        _s2 = Next(ref state);
        _s3 = Next(ref state);
        _spareNormal = 0;
        _hasSpare = false;
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = ulong.RotateLeft(_s1 * 5, 7) * 9, t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number from 0 to below 1.</summary>
    public double NextUniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 to below a limit of at most 2^31.</summary>
    public int NextBelow(int limit) => (int)(((NextBits() >> 32) * (ulong)limit) >> 32);

    /// <summary>A time between events of a Poisson process.</summary>
    public double NextExponential(double mean) => -mean * Math.Log(1 - NextUniform());

    /// <summary>A standard normal number (Marsaglia's polar method).</summary>
    public double NextNormal()
    {
        if (_hasSpare)
        {
            _hasSpare = false;
            return _spareNormal;
        }
        while (true)
        {
            double u = 2 * NextUniform() - 1, v = 2 * NextUniform() - 1, s = u * u + v * v;
            if (s >= 1 || s == 0) continue;
            double factor = Math.Sqrt(-2 * Math.Log(s) / s);
            _spareNormal = v * factor;
            _hasSpare = true;
            return u * factor;
        }
    }

    /// <summary>A lognormal factor of mean 1.</summary>
    /// <param name="sigma">Standard deviation of its logarithm.</param>
    public double NextFactor(double sigma) => sigma == 0 ? 1 : Math.Exp(sigma * NextNormal() - sigma * sigma / 2);

    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>Use of a random stream.</summary>
internal enum StreamPurpose : byte
{
    /// <summary>Lengths and arrival times of a board's inputs.</summary>
    Inputs = 1,

    /// <summary>Noise of an input's messages and service. Drawn with the input, so that every policy meets the same noise.</summary>
    Noise = 2,

    /// <summary>Levels and outages of a link.</summary>
    Link = 3,

    /// <summary>Pings and statuses.</summary>
    Messages = 4,

    /// <summary>Other work of a gateway.</summary>
    OtherWork = 5,

    /// <summary>Decisions of the random policy.</summary>
    Draws = 6,

    /// <summary>Constants of a board: beacon phase, level of its kind.</summary>
    Board = 7,

    /// <summary>Inputs whose results are urgent.</summary>
    Urgency = 8,
}
