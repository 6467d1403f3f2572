using Crime.Gateway.Inference;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Inference;

public sealed class VectorWidthTests
{
    [TestCase(null, 512, 512)]
    [TestCase("", 256, 256)]
    [TestCase("512", 512, 512)]
    [TestCase("256", 512, 256)]
    [TestCase("128", 512, 128)]
    [TestCase("128", 128, 128)]
    public void TheWidthIsTheOneAskedForOrTheWidest(string? asked, int widest, int expected) =>
        Assert.That(VectorWidth.Choose(asked, widest), Is.EqualTo(expected));

    [TestCase("300", 512, "CRIME_VECTOR_BITS is '300', it must be 512, 256 or 128, or not be set")]
    [TestCase("wide", 512, "CRIME_VECTOR_BITS is 'wide', it must be 512, 256 or 128, or not be set")]
    [TestCase("512", 256, "CRIME_VECTOR_BITS is 512, but this CPU computes with 256 bits at most")]
    public void AnotherIsRefusedInOneLine(string asked, int widest, string message) =>
        Assert.That(() => VectorWidth.Choose(asked, widest), Throws.ArgumentException.With.Message.EqualTo(message));
}
