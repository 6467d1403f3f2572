using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Network;
using Crime.Modelling.ModelFiles;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import;

public sealed class PyTorchImporterTests
{
    private static Safetensors Good()
    {
        var file = new Safetensors();
        void Add(string name, params int[] shape) => file.Tensors[name] = new Tensor(shape, new float[shape.Aggregate(1, (a, b) => a * b)]);
        Add("lstm.weight_ih_l0", 16, 3);
        Add("lstm.weight_hh_l0", 16, 4);
        Add("lstm.bias_ih_l0", 16);
        Add("lstm.bias_hh_l0", 16);
        Add("fc.weight", 5, 4);
        Add("fc.bias", 5);
        return file;
    }

    [Test]
    public void SizesComeFromTheShapes()
    {
        TrainedModel model = PyTorchImporter.Import(Good(), "some/net.safetensors");
        Assert.That(
            (model.Name, model.Input, model.InputCount, model.Layers[0].HiddenCount, model.ClassNames.Count, model.ParameterCount),
            Is.EqualTo(("net", InputKind.Features, 3, 4, 5, 169)));
    }

    private static float[] Numbers(params int[] shape) => Enumerable.Range(1, shape.Aggregate(1, (a, b) => a * b)).Select(i => i / 64f).ToArray();

    /// <summary>Two layers that read both ways, under any module's name.</summary>
    private static Safetensors Stacked(string module, int gates, bool hasBias = true)
    {
        var file = new Safetensors();
        void Add(string name, params int[] shape) => file.Tensors[name] = new Tensor(shape, Numbers(shape));
        foreach (var (suffix, inputs) in new[] { ("l0", 3), ("l0_reverse", 3), ("l1", 8), ("l1_reverse", 8) })
        {
            Add($"{module}.weight_ih_{suffix}", gates * 4, inputs);
            Add($"{module}.weight_hh_{suffix}", gates * 4, 4);
            if (!hasBias) continue;
            Add($"{module}.bias_ih_{suffix}", gates * 4);
            Add($"{module}.bias_hh_{suffix}", gates * 4);
        }
        Add("out.weight", 2, 8);
        return file;
    }

    [TestCase("encoder.rnn", 4, CellKind.Lstm)]
    [TestCase("gru", 3, CellKind.Gru)]
    [TestCase("r", 1, CellKind.Rnn)]
    public void TheShapesTellTheCellAndTheNamesLayersAndDirections(string module, int gates, CellKind kind)
    {
        Safetensors file = Stacked(module, gates);
        // The reverse direction of the second layer is told from the others by its numbers.
        file.Tensors[$"{module}.weight_hh_l1_reverse"].Values[5] = -1;
        TrainedModel model = PyTorchImporter.Import(file, "net");
        Assert.That(model.Layers.Select(layer => (layer.Kind, layer.Direction, layer.InputCount, layer.HiddenCount)), Is.EqualTo(new[]
        {
            (kind, Direction.Both, 3, 4), (kind, Direction.Both, 8, 4),
        }));
        Assert.That(model.Layers[1].Directions.Select(weights => weights.RecurrentWeights[5]), Is.EqualTo(new[] { 6 / 64f, -1 }));
        Assert.That(model.HeadBias, Is.EqualTo(new float[2]), "a head without a bias");
        Assert.That(model.FitsBoards, Is.False);
        ModelLoading.FloatOnly(model);
    }

    [Test]
    public void ModulesWithoutBiasesHaveZeros() =>
        Assert.That(PyTorchImporter.Import(Stacked("gru", 3, hasBias: false), "net").Layers[1].Directions[1].RecurrentBias, Is.EqualTo(new float[12]));

    [TestCase("relu", Activation.Relu)]
    [TestCase("tanh", null)]
    public void ASimpleCellHasTheNonlinearityOfItsMetadata(string name, Activation? expected)
    {
        Safetensors file = Stacked("rnn", 1);
        file.Metadata["nonlinearity"] = name;
        Assert.That(PyTorchImporter.Import(file, "net").Layers[0].Directions[0].Activations?[0].Function, Is.EqualTo(expected));
    }

    [TestCase("gru.bias_hh_l1", null, "tensor 'gru.bias_hh_l1' is missing")]
    [TestCase("gru.weight_hh_l1_reverse", null, "tensor 'gru.weight_hh_l1_reverse' is missing")]
    [TestCase("gru.weight_ih_l1", new[] { 12, 4 }, "tensor 'gru.weight_ih_l1' has shape [12, 4]; [12, 8] was expected")]
    [TestCase("gru.weight_hh_l0", new[] { 8, 4 }, "tensor 'gru.weight_hh_l0' has shape [8, 4]; it has to have 4 (LSTM), 3 (GRU) or 1 (RNN) rows per column")]
    [TestCase("gru.weight_hr_l0", new[] { 2, 4 }, "projections (proj_size) is not supported")]
    [TestCase("other.weight_ih_l0", new[] { 12, 3 }, "several recurrent modules (gru., other.)")]
    [TestCase("middle.weight", new[] { 8, 8 }, "several linear layers (middle.weight, out.weight)")]
    [TestCase("out.weight", null, "no linear head")]
    public void WhatDoesNotFitIsRefusedByName(string name, int[]? shape, string expected)
    {
        Safetensors file = Stacked("gru", 3);
        if (shape == null) file.Tensors.Remove(name);
        else file.Tensors[name] = new Tensor(shape, Numbers(shape));
        Assert.That(() => PyTorchImporter.Import(file, "net"), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
    }

    [TestCase("final", HeadInput.FinalState)]
    [TestCase("last", HeadInput.LastStep)]
    [TestCase("first", HeadInput.FirstStep)]
    public void TheMetadataSayWhatTheHeadSees(string text, HeadInput expected)
    {
        Safetensors file = Stacked("gru", 3);
        file.Metadata["head_input"] = text;
        Assert.That(PyTorchImporter.Import(file, "net").HeadInput, Is.EqualTo(expected));
    }

    [TestCase("hidden", HeadInput.FinalState)]
    [TestCase("last", HeadInput.LastStep)]
    public void TheUserSaysWhatTheHeadSees(string text, HeadInput expected)
    {
        ImportedModel imported = PyTorchImporter.Import(Stacked("gru", 3), "net", new ImportOptions { Head = text });
        Assert.That((imported.Model.HeadInput, imported.IsHeadAssumed), Is.EqualTo((expected, false)));
        Assert.That(PyTorchImporter.Import(Stacked("gru", 3), "net", ImportOptions.None).IsHeadAssumed, Is.True);
    }

    [TestCase("mean", null, "mean over time")]
    [TestCase("max", null, "max over time")]
    [TestCase("every", null, "every timestep")]
    [TestCase(null, "relu", "final state, relu")]
    [TestCase("last", "tanh", "last timestep, tanh")]
    public void TheHeadThatIsSaidIsTheModels(string? head, string? activation, string expected) =>
        Assert.That(PyTorchImporter.Import(Stacked("gru", 3), "net", new ImportOptions { Head = head, Activation = activation }).Head, Does.Contain(expected));

    [Test]
    public void AFileOfTheTrainerSaysWhatItsHeadSees()
    {
        TrainedModel model = TestModels.Make(3, [(CellKind.Gru, 4)], 2);
        ImportedModel read = PyTorchImporter.Import(PyTorchImporter.Export(model, new Dictionary<string, string>()), "net", ImportOptions.None);
        Assert.That((read.IsHeadAssumed, read.Model.HeadInput), Is.EqualTo((false, HeadInput.FinalState)));
    }

    [Test]
    public void AGruHasNoCellState() =>
        Assert.That(
            () => PyTorchImporter.Import(Stacked("gru", 3), "net", new ImportOptions { Head = "cell" }),
            Throws.TypeOf<UserInputException>().With.Message.StartsWith("net: ").And.Message.Contains("cell state of a layer without one"));

    [Test]
    public void OneOutputIsALogitWhereSomebodySaysSo()
    {
        Safetensors file = Good();
        file.Tensors["fc.weight"] = new Tensor([1, 4], [1, 2, 3, 4]);
        file.Tensors["fc.bias"] = new Tensor([1], [5]);
        Assert.That(() => PyTorchImporter.Import(file, "net"), Throws.TypeOf<UserInputException>().With.Message.Contains("--answer logit"));
        Assert.That(
            () => PyTorchImporter.Import(Good(), "net", new ImportOptions { Answer = "logit" }),
            Throws.TypeOf<UserInputException>().With.Message.Contains("the network has 5"));
        ImportedModel said = PyTorchImporter.Import(file, "net", new ImportOptions { Answer = "logit" });
        Assert.That(said.Model.HeadWeights, Is.EqualTo(new float[] { 0, 0, 0, 0, 1, 2, 3, 4 }));
        Assert.That((said.IsLogit, said.Model.HeadBias[1]), Is.EqualTo((true, 5)));
        file.Metadata["classes"] = "[\"no\",\"yes\"]";
        Assert.That(PyTorchImporter.Import(file, "net").ClassNames, Is.EqualTo(new[] { "no", "yes" }));
    }

    [Test]
    public void ACellInALoopIsALayer()
    {
        Safetensors layer = Good(), cell = new();
        foreach (var (name, tensor) in layer.Tensors) cell.Tensors[name.Replace("_l0", "", System.StringComparison.Ordinal)] = tensor;
        Assert.That(PyTorchImporter.Import(cell, "net").ParameterCount, Is.EqualTo(PyTorchImporter.Import(layer, "net").ParameterCount));
    }

    [Test]
    public void AnEmbeddingOfAnyNameIsToldByItsShape()
    {
        Safetensors file = Good();
        file.Tensors["vectors.weight"] = new Tensor([4, 3], new float[12]);
        file.Metadata["vocabulary_codepoints"] = "[97,98,99]";
        Assert.That(PyTorchImporter.Import(file, "net").VocabularyCount, Is.EqualTo(4));
    }

    [TestCase("lstm.weight_hh_l0", null, "tensor 'lstm.weight_hh_l0' is missing")]
    [TestCase("fc.weight", new[] { 5, 3 }, "the head's weights have shape [5, 3]; [5, 4] was expected")]
    [TestCase("fc.bias", new[] { 4 }, "tensor 'fc.bias' has shape [4]; [5] was expected")]
    [TestCase("lstm.weight_ih_l0", new[] { 12, 3 }, "tensor 'lstm.weight_ih_l0' has shape [12, 3]; [16, 3] was expected")]
    [TestCase("lstm.bias_ih_l0", new[] { 16, 1 }, "tensor 'lstm.bias_ih_l0' has shape [16, 1]; 1 dimensions were expected")]
    [TestCase("lstm.weight_ih_l2", new[] { 16, 4 }, "tensor 'lstm.weight_ih_l2' has no place")]
    public void AWrongTensorIsNamed(string name, int[]? shape, string expected)
    {
        Safetensors file = Good();
        if (shape == null) file.Tensors.Remove(name);
        else file.Tensors[name] = new Tensor(shape, new float[shape.Aggregate(1, (a, b) => a * b)]);
        Assert.That(() => PyTorchImporter.Import(file, "net"), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
    }

    [TestCase("classes", "[\"a\"]", "metadata names 1 classes, but the head has 5 rows")]
    [TestCase("classes", "a,b", "metadata 'classes' is not the JSON list it should be")]
    [TestCase("feature_mean", "[1,2]", "metadata 'feature_mean' has 2 numbers; 3 were expected")]
    [TestCase("calibration_max_input", "[4]", "metadata 'calibration_max_input' is there; it needs 'calibration_max_cells' and")]
    [TestCase("feature_std", "[1,0,1]", "metadata 'feature_std' holds a number that is not usable")]
    public void WrongMetadataAreNamed(string key, string value, string expected)
    {
        Safetensors file = Good();
        file.Metadata[key] = value;
        Assert.That(() => PyTorchImporter.Import(file, "net"), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
    }

    [TestCase("[4]", "[7.5]", "30", true)]
    [TestCase("[-4]", "[7.5]", "30", false)]
    [TestCase("[4]", "[7.5,1]", "30", false)]
    [TestCase("[4]", "[7.5]", "-1", false)]
    public void CalibrationIsTakenFromTheMetadata(string input, string cells, string length, bool isGood)
    {
        Safetensors file = Good();
        file.Metadata["calibration_max_input"] = input;
        file.Metadata["calibration_max_cells"] = cells;
        file.Metadata["calibration_longest_length"] = length;
        if (!isGood)
        {
            Assert.That(() => PyTorchImporter.Import(file, "net"), Throws.TypeOf<UserInputException>().With.Message.Contains("calibration_max_"));
            return;
        }
        TrainedModel model = PyTorchImporter.Import(file, "net");
        Assert.That((model.Calibration!.MaxInput, model.Calibration.MaxCell(0), model.Calibration.LongestLength), Is.EqualTo((4f, 7.5f, 30)));
    }

    private static IEnumerable<TestCaseData> RealModels() => ReferenceData.Cases(
        ["japanese-vowels-h16", "data/japanese-vowels", null],
        ["spoken-arabic-digits-h32", "data/spoken-arabic-digits", null],
        ["japanese-vowels-gru-h16", "data/japanese-vowels", null],
        ["sms-spam-h24", "data/sms-spam", "models/sms-spam.test-lines.txt"]);

    [TestCaseSource(nameof(RealModels))]
    public void LogitsAreLibtorchs(string name, string dataPath, string? linesPath)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.PathOf($"models/{name}.golden.json")));
        ModelFile model = ModelLoading.FloatOnly(PyTorchImporter.Load(ReferenceData.PathOf($"models/{name}.safetensors")));
        Dataset data = DatasetFolder.Load(ReferenceData.PathOf(dataPath), linesPath == null ? null : ReferenceData.PathOf(linesPath));
        var input = new ModelInput(model);
        var engine = new FloatNetwork(new FloatModel(model));
        var logits = new float[model.ClassCount];
        int compared = 0;
        foreach (JsonElement expected in golden.RootElement.GetProperty("sequences").EnumerateArray())
        {
            int index = expected.GetProperty("index").GetInt32();
            LabelledSequence sequence = data.Test.Single(item => item.Index == index);
            Assert.That(sequence.Length, Is.EqualTo(expected.GetProperty("length").GetInt32()));
            if (model.Input == InputKind.Tokens) engine.Run(input.Quantised(sequence), 0, logits);
            else engine.Run(input.Standardised(sequence), logits);
            Assert.That(logits, Is.EqualTo(Floats(expected, "logits")).Within(1e-4), $"sequence {index}");
            Assert.That(engine.Hidden.ToArray(), Is.EqualTo(Floats(expected, "h")).Within(1e-4), $"sequence {index}");
            float[] cell = model.Layers[0].HasCellState ? Floats(expected, "c") : [];
            Assert.That(engine.Cell.ToArray(), Is.EqualTo(cell).Within(1e-4), $"sequence {index}");
            compared++;
        }
        Assert.That(compared, Is.EqualTo(20));
    }

    private static float[] Floats(JsonElement element, string name) =>
        element.GetProperty(name).EnumerateArray().Select(value => value.GetSingle()).ToArray();
}
