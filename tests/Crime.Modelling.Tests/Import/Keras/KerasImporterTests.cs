// The file of a GRU that h5py wrote, with its configuration changed: what has no place is refused with its layer and a reason.

using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using Crime.Model;
using Crime.Modelling.Import.Keras;
using Crime.Modelling.Import.Network;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Keras;

internal sealed class KerasImporterTests
{
    private const string Gru = "gru-reset-before-3-functional.keras", Both = "lstm-both-concat-stacked-2-sequential.h5", Embedded = "embedded-2-functional.keras";

    private static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(KerasGridTests.Fixtures, name));

    private static ImportedModel Import(byte[] bytes, ImportOptions? options = null) => KerasImporter.Import(bytes, "net.keras", options ?? ImportOptions.None);

    /// <summary>Returns an archive with some of its files changed; null takes one away.</summary>
    private static byte[] Edited(byte[] archive, string name, Func<string, string?> edit)
    {
        using var stream = new MemoryStream();
        stream.Write(archive);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            string before = "";
            if (zip.GetEntry(name) is { } entry)
            {
                using (var reader = new StreamReader(entry.Open())) before = reader.ReadToEnd();
                entry.Delete();
            }
            if (edit(before) is { } text)
            {
                using Stream written = zip.CreateEntry(name).Open();
                written.Write(Encoding.UTF8.GetBytes(text));
            }
        }
        return stream.ToArray();
    }

    private static byte[] WithConfig(string fixture, Action<JsonNode> edit) => Edited(Fixture(fixture), "config.json", text =>
    {
        JsonNode root = JsonNode.Parse(text)!;
        edit(root);
        return root.ToJsonString();
    });

    private static JsonNode Layer(JsonNode root, int place) => root["config"]!["layers"]![place]!;

    private static JsonNode ConfigOf(JsonNode root, int place) => Layer(root, place)["config"]!;

    [Test]
    public void TheCellIsReadAsItStands()
    {
        TrainedModel model = Import(Fixture(Gru)).Model;
        RecurrentLayer layer = model.Layers.Single();
        Assert.That((layer.Kind, layer.InputCount, layer.HiddenCount, layer.IsResetBefore, layer.Direction), Is.EqualTo((CellKind.Gru, 3, 5, true, Direction.Forward)));
        Assert.That(model.ClassNames, Has.Count.EqualTo(4));
    }

    [Test]
    public void AFileUnderTheOtherNameIsReadByItsContent() => Assert.That(Import(Fixture(Both)).Model.Layers, Has.Count.EqualTo(2));

    [Test]
    public void AnArchiveMayHoldMetadata()
    {
        byte[] named = Edited(Fixture(Gru), "crime.json", _ => """{"classes": ["a", "b", "c", "d"], "feature_mean": "[1, 2, 3]", "feature_std": [1, 1, 2]}""");
        TrainedModel model = Import(named).Model;
        Assert.That(model.ClassNames, Is.EqualTo(new[] { "a", "b", "c", "d" }));
        Assert.That(model.Mean, Is.EqualTo(new[] { 1f, 2f, 3f }));
    }

    [Test]
    public void TheHardSigmoidIsThatOfTheVersion()
    {
        byte[] hard = WithConfig(Gru, root => ConfigOf(root, 1)["recurrent_activation"] = "hard_sigmoid");
        byte[] older = Edited(hard, "metadata.json", _ => """{"keras_version": "2.15.0"}""");
        float Slope(byte[] bytes) => Import(bytes).Model.Layers[0].Directions[0].Activations![0].Alpha;
        Assert.That((Slope(hard), Slope(older)), Is.EqualTo((1f / 6, 0.2f)));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        TestCaseData Case(string name, string fixture, Action<JsonNode> edit, params string[] texts) =>
            new TestCaseData(fixture, edit, texts).SetArgDisplayNames(name);
        yield return Case("stateful", Gru, root => ConfigOf(root, 1)["stateful"] = true, "'gru_0' (GRU)", "stateful");
        yield return Case("mask_zero", Embedded, root => ConfigOf(root, 1)["mask_zero"] = true, "(Embedding)", "mask_zero=False");
        yield return Case("units", Gru, root => ConfigOf(root, 1)["units"] = 6, "(GRU)", "[3, 18] was expected");
        yield return Case("other function", Gru, root => ConfigOf(root, 1)["activation"] = "gelu", "'gelu'");
        yield return Case("no gate function", Gru, root => ((JsonObject)ConfigOf(root, 1)).Remove("recurrent_activation"), "'missing'");
        yield return Case("function of its own", Gru, root => ConfigOf(root, 1)["activation"] = new JsonObject { ["class_name"] = "Mine" }, "function of its own");
        yield return Case("reset after", Gru, root => ConfigOf(root, 1)["reset_after"] = true, "'bias'", "[2, 15] was expected");
        yield return Case("bias", Gru, root => ConfigOf(root, 1)["use_bias"] = false, "3", "kernel, recurrent_kernel were expected");
        yield return Case("no gamma", Gru, root => Layer(root, 1)["class_name"] = "LayerNormalization", "(LayerNormalization)", "gamma, beta were expected");
        yield return Case("no filters", Gru, root => Layer(root, 1)["class_name"] = "Conv1D", "(Conv1D)", "'filters'");
        foreach (string name in new[] { "Masking", "Attention", "Functional" })
            yield return Case(name, Gru, root => Layer(root, 1)["class_name"] = name, $"({name})", "docs/import.md|padding");
        yield return Case("subclass", Gru, root => root["class_name"] = "MyModel", "'MyModel'", "Sequential or Functional");
        yield return Case("no layers", Gru, root => root["config"]!["layers"] = new JsonArray(), "list of 1 to 1000 layers");
        yield return Case("two outputs", Gru, root => root["config"]!["output_layers"] = JsonNode.Parse("""[["gru_0",0,0],["dense_1",0,0]]"""), "2 output layers");
        yield return Case("circle", Gru, root => Layer(root, 1)["inbound_nodes"] = Layer(root, 2)["inbound_nodes"]!.DeepClone(), "does not come from its input");
        yield return Case("called twice", Gru, root => ((JsonArray)Layer(root, 1)["inbound_nodes"]!).Add(new JsonObject()), "called 2 times");
        yield return Case("initial state", Gru, root => Layer(root, 1)["inbound_nodes"]![0]!["kwargs"]!["initial_state"] = new JsonArray(1), "'initial_state'");
        yield return Case("training", Gru, root => Layer(root, 1)["inbound_nodes"]![0]!["kwargs"]!["training"] = true, "'training'");
        yield return Case("reversed", Gru, root => (ConfigOf(root, 1)["return_sequences"], ConfigOf(root, 1)["go_backwards"]) = (true, true), "reversed time");
        yield return Case("input", Gru, root => ConfigOf(root, 0)["batch_shape"] = new JsonArray(null, null, null), "has the sizes");
    }

    [TestCaseSource(nameof(Refused))]
    public void WhatHasNoPlaceIsRefusedInOneLine(string fixture, Action<JsonNode> edit, string[] texts)
    {
        UserInputException refusal = Assert.Throws<UserInputException>(() => Import(WithConfig(fixture, edit)))!;
        foreach (string text in texts) Assert.That(text.Split('|').Any(refusal.Message.Contains), Is.True, refusal.Message);
        Assert.That(refusal.Message, Does.StartWith("net.keras: ").And.Not.Contain("\n"));
    }

    [Test]
    public void AValueThatIsJoinedToItselfManyTimesIsRefused()
    {
        byte[] bytes = WithConfig(Gru, root =>
        {
            var layers = (JsonArray)root["config"]!["layers"]!;
            JsonNode dense = layers[2]!;
            layers.RemoveAt(2);
            string before = "gru_0";
            for (int n = 0; n < 40; n++)
            {
                string both = $"[[[\"{before}\", 0, 0], [\"{before}\", 0, 0]]]";
                layers.Add(JsonNode.Parse($$"""
                    {"class_name": "Concatenate", "name": "c{{n}}", "config": {"name": "c{{n}}", "axis": -1}, "inbound_nodes": {{both}}}
                    """));
                before = $"c{n}";
            }
            dense["inbound_nodes"] = JsonNode.Parse($"[[[\"{before}\", 0, 0]]]");
            layers.Add(dense);
        });
        Assert.That(() => Import(bytes), Throws.TypeOf<UserInputException>().With.Message.Contains("(Concatenate)").And.Message.Contains("65536 numbers"));
    }

    [Test]
    public void OptionsOfAStateDictAreRefused() =>
        Assert.That(() => Import(Fixture(Gru), new ImportOptions { Head = "last" }), Throws.TypeOf<UserInputException>().With.Message.Contains("--head"));

    [Test]
    public void AnArchiveThatUnfoldsToMuchMoreIsRefused()
    {
        byte[] bomb = Edited(Fixture(Gru), "model.weights.h5", _ => new string(' ', 40_000_000));
        Assert.That(bomb, Has.Length.LessThan(100_000));
        Assert.That(() => Import(bomb), Throws.TypeOf<UserInputException>().With.Message.Contains("unfolds to more"));
    }

    [TestCase("config.json", "'config.json'")]
    [TestCase("model.weights.h5", "'model.weights.h5'")]
    public void AnArchiveWithoutOneOfItsFilesIsRefused(string name, string text) =>
        Assert.That(() => Import(Edited(Fixture(Gru), name, _ => null)), Throws.TypeOf<UserInputException>().With.Message.Contains(text));

    [Test]
    public void AFileOfWeightsAloneIsRefused()
    {
        using var zip = new ZipArchive(new MemoryStream(Fixture(Gru)));
        using var weights = new MemoryStream();
        using (Stream stored = zip.GetEntry("model.weights.h5")!.Open()) stored.CopyTo(weights);
        Assert.That(() => Import(weights.ToArray()), Throws.TypeOf<UserInputException>().With.Message.Contains("weights without the layers"));
    }
}
