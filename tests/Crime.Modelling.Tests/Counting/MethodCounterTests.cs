using System;
using System.IO;
using Crime.Modelling.Counting;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Counting;

/// <summary>Counting any static method, on code whose instructions are known: it is compiled here.</summary>
public sealed class MethodCounterTests
{
    private static readonly Type s_counted = typeof(CountedByTests.Ideas);

    private static string Assembly => s_counted.Assembly.Location;

    private static IlCount Count(string method, params string[] arguments) => MethodCounter.Count(Assembly, $"{s_counted.FullName}.{method}", arguments);

    [Test]
    public void EveryTurnOfALoopExecutesTheSame()
    {
        long none = Count("Sum", "0").Total, one = Count("Sum", "1").Total, many = Count("Sum", "101").Total;
        Assert.That(one, Is.GreaterThan(none));
        Assert.That(many - one, Is.EqualTo(100 * (one - none)));
        long again = Count("Sum", "101").Total;
        Assert.That(again, Is.EqualTo(many), "the same in every run");
    }

    [Test]
    public void ByOpCodeAndByMethodAddUpToTheWhole()
    {
        IlCount count = Count("Twice", "5", "true");
        long byOpCode = 0, byMethod = 0;
        foreach (long times in count.ByOpCode.Values) byOpCode += times;
        foreach (long times in count.ByMethod.Values) byMethod += times;
        Assert.That((byOpCode, byMethod), Is.EqualTo((count.Total, count.Total)));
        Assert.That(count.ByOpCode["call"], Is.EqualTo(2), "two calls of Sum");
        Assert.That(count.ByMethod[$"{s_counted.FullName}.Sum"], Is.EqualTo(2 * Count("Sum", "5").Total));
        Assert.That(Count("Twice", "5", "false").ByOpCode.ContainsKey("call"), Is.False);
    }

    [TestCase("Summ", new[] { "1" }, "there is no method 'CountedByTests.Ideas.Summ'; near it are CountedByTests.Ideas.Sum")]
    [TestCase("Sum", new string[0], "'CountedByTests.Ideas.Sum' takes (Int32); 0 arguments were given with --args")]
    [TestCase("Sum", new[] { "many" }, "'many' is no Int32 for parameter count")]
    [TestCase("Bytes", new[] { "1" }, "parameter bytes is a Byte[]: only numbers, bool and string can be given")]
    [TestCase("Same", new[] { "1" }, "'CountedByTests.Ideas.Same' is generic")]
    [TestCase("OfAnObject", new string[0], "'CountedByTests.Ideas.OfAnObject' is not static")]
    [TestCase("Fails", new string[0], "CountedByTests.Ideas.Fails threw InvalidOperationException: on purpose")]
    public void WhatCannotBeRunIsSaidInOneLine(string method, string[] arguments, string expected) =>
        Assert.That(() => Count(method, arguments), Throws.TypeOf<UserInputException>().With.Message.StartsWith(expected).And.Message.Not.Contains("\n"));

    [Test]
    public void AFileThatIsNoAssemblyIsRefused()
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "no-assembly.dll");
        File.WriteAllText(path, "no assembly");
        Assert.That(() => MethodCounter.Count(path, "A.B", []), Throws.TypeOf<UserInputException>().With.Message.StartsWith(path + ": not an assembly"));
    }
}
