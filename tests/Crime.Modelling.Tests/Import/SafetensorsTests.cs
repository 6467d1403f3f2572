using System;
using System.Linq;
using System.Text;
using Crime.Modelling.Import;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import;

public sealed class SafetensorsTests
{
    private static Safetensors Some()
    {
        var file = new Safetensors();
        file.Tensors["a"] = new Tensor([2, 3], [1, -2, 3.5f, 0, float.MaxValue, float.Epsilon]);
        file.Tensors["b"] = new Tensor([1], [7]);
        file.Metadata["who"] = "\u00e4 \"quoted\"";
        return file;
    }

    [Test]
    public void WhatIsWrittenIsRead()
    {
        Safetensors read = Safetensors.Parse(Some().Write(), "x");
        Assert.That(read.Tensors.Keys, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(read.Tensors["a"].Values, Is.EqualTo(Some().Tensors["a"].Values));
        Assert.That(read.Tensors["a"].Shape, Is.EqualTo(new[] { 2, 3 }));
        Assert.That(read.Metadata["who"], Is.EqualTo("\u00e4 \"quoted\""));
    }

    [Test]
    public void EveryTruncationIsRefused()
    {
        byte[] good = Some().Write();
        for (int length = 0; length < good.Length; length++)
            Assert.That(() => Safetensors.Parse(good[..length], "x"), Throws.TypeOf<UserInputException>(), $"{length} bytes");
    }

    [Test]
    public void DamageNeverThrowsAnythingElse()
    {
        byte[] good = Some().Write();
        Random random = TestSeed.Random();
        int refused = 0;
        for (int n = 0; n < 10_000; n++)
        {
            byte[] bytes = [.. good];
            for (int k = random.Next(4); k >= 0; k--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Safetensors.Parse(bytes, "x");
            }
            catch (UserInputException)
            {
                refused++;
            }
        }
        Assert.That(refused, Is.GreaterThan(5000));
    }

    [TestCase("F16", "type F16")]
    [TestCase("BF16", "type BF16")]
    public void OtherTypesAreRefusedWithAdvice(string type, string expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(Some().Write()).Replace("\"F32\",\"shape\":[1]", $"\"{type}\",\"shape\":[1]"));
        // The header's length changes with the name of the type.
        BitConverter.TryWriteBytes(bytes, BitConverter.ToInt64(bytes) + type.Length - 3);
        Assert.That(() => Safetensors.Parse(bytes, "x"), Throws.TypeOf<UserInputException>().With.Message.Contains(expected).And.Message.Contains(".float()"));
    }

    [Test]
    public void TensorsThatShareBytesAreRefused()
    {
        string header = string.Join(",", Enumerable.Range(0, 3).Select(n => $"\"w{n}\":{{\"dtype\":\"F32\",\"shape\":[64],\"data_offsets\":[0,256]}}"));
        byte[] json = Encoding.UTF8.GetBytes("{" + header + "}"), bytes = [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. new byte[256]];
        Assert.That(() => Safetensors.Parse(bytes, "x"), Throws.TypeOf<UserInputException>().With.Message.Contains("'w1' lies over another one"));
    }

    [Test]
    public void NotANumberIsRefused()
    {
        var file = new Safetensors();
        file.Tensors["w"] = new Tensor([2], [1, float.NaN]);
        Assert.That(() => Safetensors.Parse(file.Write(), "x"), Throws.TypeOf<UserInputException>().With.Message.Contains("'w' holds NaN"));
    }
}
