using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Gateway.Inference;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
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

    [TestCase("japanese-vowels-h16", "data/japanese-vowels", null)]
    [TestCase("spoken-arabic-digits-h32", "data/spoken-arabic-digits", null)]
    [TestCase("japanese-vowels-gru-h16", "data/japanese-vowels", null)]
    [TestCase("sms-spam-h24", "data/sms-spam", "models/sms-spam.test-lines.txt")]
    public void LogitsAreLibtorchs(string name, string dataPath, string? linesPath)
    {
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.PathOrIgnore($"models/{name}.golden.json")));
        ModelFile model = ModelLoading.FloatOnly(PyTorchImporter.Load(ReferenceData.PathOrIgnore($"models/{name}.safetensors")));
        Dataset data = DatasetFolder.Load(ReferenceData.PathOrIgnore(dataPath), linesPath == null ? null : ReferenceData.PathOrIgnore(linesPath));
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
