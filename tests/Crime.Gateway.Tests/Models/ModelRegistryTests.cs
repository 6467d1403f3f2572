using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Gateway.Models;
using Crime.Gateway.Tests.Running;
using Crime.Model;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Models;

public sealed class ModelRegistryTests
{
    [Test]
    public void GoodModelsAreServedByIdAndFileName()
    {
        using var folder = new ModelFolder(("a.crime", TestModels.Features), ("b.crime", TestModels.Tokens), ("notes.txt", [1]));
        ModelRegistry models = Load(folder.Path, out IReadOnlyList<string> lines);
        Assert.That(lines, Is.Empty);
        Assert.That(models.Models.Select(model => model.Name), Is.EqualTo(new[] { "a", "b" }));
        ModelFile file = TestModels.Parse(TestModels.Features);
        Assert.That(models.ById(file.Id), Is.SameAs(models.ByName("a")));
        Assert.That(models.ById(file.Id + 1), Is.Null);
        Assert.That(models.ByName("A"), Is.Null);
    }

    [Test]
    public void TheImageIsWhatBoardsCanRead()
    {
        using var folder = new ModelFolder(("a.crime", TestModels.Features));
        GatewayModel model = Load(folder.Path, out _).ByName("a")!;
        ModelFile image = TestModels.Parse(model.Image!);
        Assert.That((image.HasFixedPoint, image.HasFloat), Is.EqualTo((true, false)));
        Assert.That(image.Id, Is.EqualTo(model.Id));
        Assert.That(model.ImageChecksum, Is.EqualTo(image.Checksum));
    }

    [Test]
    public void ABadFileIsOneLineThatNamesItAndTheReason()
    {
        byte[] cut = TestModels.Features[..^1], damaged = TestModels.Features.ToArray();
        damaged[^10] ^= 1;
        byte[] imageOnly = ModelContainer.BoardImage(TestModels.Tokens)!;
        using var folder = new ModelFolder(
            ("cut.crime", cut), ("damaged.crime", damaged), ("empty.crime", []), ("good.crime", TestModels.Features),
            ("image.crime", imageOnly), ("twin.crime", TestModels.Features));
        ModelRegistry models = Load(folder.Path, out IReadOnlyList<string> lines);
        Assert.That(models.Models.Select(model => model.Name), Is.EqualTo(new[] { "good" }));
        string[] expected = ["cut.crime is skipped: the length", "damaged.crime is skipped: the CRC-32", "empty.crime is skipped: the length",
            "image.crime is skipped: it has no float weights", "twin.crime is skipped: it is the same network as good"];
        Assert.That(lines, Has.Count.EqualTo(expected.Length));
        for (int i = 0; i < expected.Length; i++) Assert.That(lines[i], Does.Contain(expected[i]).And.Not.Contain("\n"));
    }

    [Test]
    public void WhatBoardsCannotDownloadIsStillServed()
    {
        using var folder = new ModelFolder(("odd name.crime", TestModels.Features));
        ModelRegistry models = Load(folder.Path, out IReadOnlyList<string> lines);
        GatewayModel model = models.Models.Single();
        Assert.That((model.Image, model.ImageChecksum), Is.EqualTo(((byte[]?)null, 0u)));
        Assert.That(lines.Single(), Does.Contain("the name is not"));
    }

    [Test]
    public void AModelForGatewaysAloneHasAnImageToOffloadWith()
    {
        using var folder = new ModelFolder(("slow.crime", TestModels.Slow));
        GatewayModel model = Load(folder.Path, out _).Models.Single();
        ModelFile image = TestModels.Parse(model.Image!);
        Assert.That((image.HasFixedPoint, image.HasFloat, image.Id, image.ClassCount), Is.EqualTo((false, false, model.Id, TestModels.Classes)));
    }

    [Test]
    public void AMissingFolderIsOneWarning()
    {
        string nowhere = System.IO.Path.Combine(System.IO.Path.GetTempPath(), Guid.NewGuid().ToString("N"));
        ModelRegistry models = Load(nowhere, out IReadOnlyList<string> lines);
        Assert.That(models.Models, Is.Empty);
        Assert.That(lines.Single(), Does.Contain(nowhere));
    }

    [TestCase("a", true)]
    [TestCase("japanese-vowels_h16.v2", true)]
    [TestCase("", false)]
    [TestCase("a/b", false)]
    [TestCase("a b", false)]
    [TestCase("\u00e4", false)]
    [TestCase("1234567890123456789012345678901234567890123456789012345678901234", true)]
    [TestCase("12345678901234567890123456789012345678901234567890123456789012345", false)]
    public void DownloadNamesArePlain(string name, bool expected) => Assert.That(ModelRegistry.IsDownloadName(name), Is.EqualTo(expected));

    private static ModelRegistry Load(string folder, out IReadOnlyList<string> lines)
    {
        var log = new LineLog<ModelLibrary>();
        var models = new ModelRegistry([]);
        new ModelLibrary(folder, models, TimeProvider.System, log).Scan();
        lines = log.Lines;
        return models;
    }
}
