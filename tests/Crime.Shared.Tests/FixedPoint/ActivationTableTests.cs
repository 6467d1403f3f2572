using System;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Crime.FixedPoint;
using NUnit.Framework;

namespace Crime.Shared.Tests.FixedPoint;

/// <summary>The tables of SPEC.md, section 2.</summary>
public sealed class ActivationTableTests
{
    private static double MiddleOf(int index) => (index - 1024 + 0.5) / 128;

    [Test]
    public void EverySigmoidEntryIsTheRoundedFunction()
    {
        short[] table = ActivationTable.CreateSigmoid();
        for (int k = 1; k < ActivationTable.Length - 1; k++)
            Assert.That(table[k], Is.EqualTo((short)Math.Floor(32768 / (1 + Math.Exp(-MiddleOf(k))) + 0.5)), $"entry {k}");
        Assert.That((table[0], table[^1]), Is.EqualTo(((short)0, (short)32767)));
    }

    [Test]
    public void EveryTanhEntryIsTheRoundedFunction()
    {
        short[] table = ActivationTable.CreateTanh();
        for (int k = 0; k < ActivationTable.Length; k++)
        {
            double rounded = Math.Clamp(Math.Floor(32768 * Math.Tanh(MiddleOf(k)) + 0.5), -32767, 32767);
            Assert.That(table[k], Is.EqualTo((short)rounded), $"entry {k}");
        }
    }

    [Test]
    public void TablesHaveTheChecksumsOfTheSpecification()
    {
        static string Checksum(short[] table) => Crc32.HashToUInt32(MemoryMarshal.AsBytes(table.AsSpan())).ToString("x8");
        Assert.That(Checksum(ActivationTable.CreateSigmoid()), Is.EqualTo("ea8c9d0c"));
        Assert.That(Checksum(ActivationTable.CreateTanh()), Is.EqualTo("5a607382"));
    }
}
