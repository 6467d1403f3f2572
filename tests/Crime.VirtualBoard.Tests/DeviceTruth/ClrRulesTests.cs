using System;
using System.IO;
using System.Linq;
using Mono.Cecil;
using NUnit.Framework;

namespace Crime.VirtualBoard.Tests.DeviceTruth;

/// <summary>Each rule about the device's CLR finds what breaks it.</summary>
public sealed class ClrRulesTests
{
    private enum Colour
    {
        Red,
    }

    private interface IWithBody
    {
        int One() => 1;
    }

    private sealed class Generic<T>
    {
        public T? Value = default;
    }

    private static class Offender
    {
        public static readonly int Later = Other.First + 1;
        public static int Mutable = 1;

        public static T Same<T>(T value) => value;

        public static int Checked(int a) => checked(a + 1);

        public static int Square() => new int[2, 2].Length;

        public static int Stack()
        {
            Span<int> numbers = stackalloc int[4];
            return numbers[0];
        }

        public static string Text(Colour colour) => colour.ToString();
    }

    private static class Other
    {
        public static readonly int First = Math.Abs(1);
    }

    private static class Harmless
    {
        private static readonly int[] s_numbers = { 1, 2, 3 };

        public static int Sum()
        {
            int sum = 0;
            foreach (int number in s_numbers) sum += number;
            return sum;
        }
    }

    private static string[] Problems(string type)
    {
        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(
            Path.Combine(TestContext.CurrentContext.TestDirectory, "Crime.VirtualBoard.Tests.dll"));
        return ClrRules.Problems(assembly.MainModule.GetTypes().Single(candidate => candidate.Name == type)).ToArray();
    }

    [TestCase("Generic`1", "generic types crash the CLR")]
    [TestCase("IWithBody", "default interface methods fail")]
    [TestCase("Offender", "generic methods crash the CLR")]
    [TestCase("Offender", "mutable static state")]
    [TestCase("Offender", "checked arithmetic never throws")]
    [TestCase("Offender", "multi-dimensional arrays crash the CLR")]
    [TestCase("Offender", "stackalloc fails")]
    [TestCase("Offender", "the text of an enum is its number")]
    [TestCase("Offender", "static initialisers run before Main")]
    public void ARuleFindsWhatBreaksIt(string type, string reason) => Assert.That(Problems(type), Has.Some.Contains(reason));

    [Test]
    public void CodeThatRunsIsLeftAlone()
    {
        Assert.That(Problems(nameof(Harmless)), Is.Empty);
        Assert.That((Harmless.Sum(), Offender.Later), Is.EqualTo((6, 2)));
    }
}
