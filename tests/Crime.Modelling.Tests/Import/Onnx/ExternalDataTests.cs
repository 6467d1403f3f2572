using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Modelling.Import.Onnx.Files;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>Tensors in a file beside the model.</summary>
public sealed class ExternalDataTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crime-external-").FullName;

    private ExternalData Files => new(Path.Combine(_folder, "model", "net.onnx"));

    [SetUp]
    public void WriteFiles()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "model", "weights"));
        byte[] bytes = [.. Enumerable.Range(0, 64).Select(n => (byte)n)];
        File.WriteAllBytes(Path.Combine(_folder, "model", "net.data"), bytes);
        File.WriteAllBytes(Path.Combine(_folder, "model", "weights", "w.bin"), bytes);
        File.WriteAllBytes(Path.Combine(_folder, "secret"), bytes);
        if (!File.Exists(Path.Combine(_folder, "model", "link"))) File.CreateSymbolicLink(Path.Combine(_folder, "model", "link"), Path.Combine(_folder, "secret"));
        if (!Directory.Exists(Path.Combine(_folder, "model", "out"))) Directory.CreateSymbolicLink(Path.Combine(_folder, "model", "out"), _folder);
    }

    [OneTimeTearDown]
    public void DeleteFiles() => Directory.Delete(_folder, recursive: true);

    private byte[] Read(long size, params string[] entries) =>
        Files.Read("w", entries.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]), size);

    [Test]
    public void TheBytesComeFromTheirPlace()
    {
        Assert.That(Read(4, "location", "net.data", "offset", "8", "length", "4"), Is.EqualTo(new byte[] { 8, 9, 10, 11 }));
        Assert.That(Read(64, "location", "weights/w.bin"), Has.Length.EqualTo(64));
    }

    private static IEnumerable<string> Outside() => ["../secret", "weights/../../secret", "/etc/hostname", "link", "out/secret", "", ".", "weights", @"..\secret", "a:b"];

    [TestCaseSource(nameof(Outside))]
    public void APathOutOfTheFolderIsRefused(string location) =>
        Assert.That(
            () => Read(4, "location", location),
            Throws.TypeOf<UserInputException>().With.Message.Contains("model's own folder").Or.Message.Contains("cannot be read"));

    [TestCase("../secret")]
    [TestCase("link")]
    [TestCase("out/secret")]
    public void AWayAroundIsNotReadEvenIfTheFileIsThere(string location) =>
        Assert.That(() => Read(4, "location", location), Throws.TypeOf<UserInputException>().With.Message.Contains("model's own folder"));

    [TestCase("61", "4", "at byte 61")]
    [TestCase("9223372036854775807", "4", "at byte")]
    [TestCase("-1", "4", "no number of bytes")]
    [TestCase("0", "8", "its shape asks for 4")]
    [TestCase("x", "4", "no number of bytes")]
    public void OffsetAndLengthAreBounded(string offset, string length, string expected) =>
        Assert.That(
            () => Read(4, "location", "net.data", "offset", offset, "length", length), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));

    [Test]
    public void AMissingFileIsNamed() =>
        Assert.That(
            () => Read(4, "location", "gone.data"),
            Throws.TypeOf<UserInputException>().With.Message.Contains("'gone.data'").And.Message.Contains("external_data=False"));
}
