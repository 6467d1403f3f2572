using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Network;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import;

/// <summary>State dicts of foreign networks with values or predictions.</summary>
public sealed class AnswerImportTests
{
    private static Safetensors File(int outputs, params (string Key, string Value)[] metadata)
    {
        var file = new Safetensors();
        void Add(string name, params int[] shape) =>
            file.Tensors[name] = new Tensor(shape, [.. Enumerable.Range(1, shape.Aggregate(1, (a, b) => a * b)).Select(i => i % 7 / 16f)]);
        Add("lstm.weight_ih_l0", 16, 3);
        Add("lstm.weight_hh_l0", 16, 4);
        Add("lstm.bias_ih_l0", 16);
        Add("lstm.bias_hh_l0", 16);
        Add("fc.weight", outputs, 4);
        Add("fc.bias", outputs);
        foreach ((string key, string value) in metadata) file.Metadata[key] = value;
        return file;
    }

    private static ImportedModel Import(Safetensors file, ImportOptions? options = null) => PyTorchImporter.Import(file, "net", options ?? ImportOptions.None);

    [Test]
    public void ValuesHaveScaleAndUnit()
    {
        AnswerScale scale = Import(File(2), new ImportOptions { Answer = "value", Units = ["C", "hPa"], Scales = [2, 100], Offsets = [20, 1000] }).Model.Scale!;
        Assert.That((scale.ValueOf(0, 1), scale.ValueOf(1, -1), scale.Unit(0), scale.Unit(1)), Is.EqualTo((22, 900, "C", "hPa")));
        TrainedModel read = Import(File(2, ("answer", "value"), ("value_scale", "[2,100]"), ("value_offset", "[20,1000]"), ("value_unit", "[\"C\",\"hPa\"]"))).Model;
        Assert.That((read.Scale!.ValueOf(1, -1), read.Scale.Unit(1)), Is.EqualTo((900, "hPa")));
        Assert.That(read.ClassNames, Is.EqualTo(new[] { "value 1", "value 2" }));
        Assert.That(Import(File(2), new ImportOptions { Answer = "value" }).Model.Scale, Is.Null);
        Assert.That(Import(File(2), new ImportOptions { Answer = "value", Units = ["%"] }).Model.Scale!.Unit(1), Is.EqualTo("%"), "one for all");
    }

    [Test]
    public void AnAnomalyComparesPredictionsOfEachTimestep()
    {
        ImportedModel imported = Import(File(3), new ImportOptions { Answer = "anomaly", Threshold = 0.5f });
        Assert.That((imported.Model.Answer, imported.Model.Scale!.Threshold, imported.Model.FitsBoards), Is.EqualTo((AnswerKind.Anomaly, 0.5f, true)));
        Assert.That(imported.Model.ClassNames, Is.EqualTo(AnswerScale.AnomalyNames));
        Conversion conversion = Conversion.Make(imported.Model, null, new ConversionOptions());
        Assert.That((conversion.Model.OutputCount, conversion.Model.ClassCount, conversion.Model.HasFixedPoint), Is.EqualTo((3, 2, true)));
        Assert.That(Import(File(3, ("answer", "anomaly"), ("threshold", "0.25"))).Model.Scale!.Threshold, Is.EqualTo(0.25f));
    }

    [Test]
    public void TheMetadataOfATrainingAreRead()
    {
        ImportedModel imported = Import(File(1, ("answer", "value"), ("forecast_steps", "3"), ("forecast_channel", "1"), ("normal", "[\"a\",\"b\"]")));
        Assert.That(imported.Forecast, Is.EqualTo(new ForecastTarget(3, 1)));
        Assert.That(imported.NormalClasses, Is.EqualTo(new[] { "a", "b" }));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        static TestCaseData Case(string expected, int outputs, ImportOptions options, params (string, string)[] metadata) =>
            new TestCaseData(expected, outputs, options, metadata).SetArgDisplayNames(expected);
        ImportOptions none = ImportOptions.None, value = new() { Answer = "value" }, anomaly = new() { Answer = "anomaly", Threshold = 1 };
        yield return Case("metadata 'answer' is 'number'; it takes class, logit, value or anomaly", 2, none, ("answer", "number"));
        yield return Case("--unit, --scale and --offset are for values", 2, new ImportOptions { Units = ["C"] });
        yield return Case("--threshold is for an anomaly", 2, value with { Threshold = 1 });
        yield return Case("3 units for 2 values", 2, value with { Units = ["a", "b", "c"] });
        yield return Case("3 scales for 2 values", 2, value with { Scales = [1, 2, 3] });
        yield return Case("a scale of 0 makes all values equal", 2, value with { Scales = [0] });
        yield return Case("metadata 'value_scale' is not the JSON list", 2, value, ("value_scale", "two"));
        yield return Case("--answer anomaly needs --threshold", 3, anomaly with { Threshold = null });
        yield return Case("metadata 'threshold' is 'high', which is no usable number", 3, anomaly with { Threshold = null }, ("threshold", "high"));
        yield return Case("it is not below 0", 3, anomaly with { Threshold = -1 });
        yield return Case("it has 3 features and 2 outputs", 2, anomaly);
        yield return Case("this one answers once for a sequence", 3, anomaly with { Head = "last" });
        yield return Case("which is no forecast", 1, value, ("forecast_steps", "0"));
        yield return Case("which is no forecast", 1, value, ("forecast_steps", "1"), ("forecast_channel", "0.5"));
    }

    [TestCaseSource(nameof(Refused))]
    public void StatementsThatDoNotFitAreRefused(string expected, int outputs, ImportOptions options, (string, string)[] metadata) =>
        Assert.That(() => Import(File(outputs, metadata), options), Throws.TypeOf<UserInputException>().With.Message.Contains(expected));
}
