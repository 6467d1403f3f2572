using System;

namespace CountedByTests;

/// <summary>What the counter of methods is tried on.</summary>
public sealed class Ideas
{
    private readonly int _number = 1;

    public static int Sum(int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++) sum += i;
        return sum;
    }

    public static int Twice(int count, bool really) => really ? Sum(count) + Sum(count) : 0;

    public static int Bytes(byte[] bytes) => bytes.Length;

    public static T Same<T>(T value) => value;

    public static void Fails() => throw new InvalidOperationException("on purpose");

    public int OfAnObject() => _number;
}
