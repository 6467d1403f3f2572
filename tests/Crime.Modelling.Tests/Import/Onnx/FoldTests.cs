using System;
using System.IO;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>Folds, each against ONNX Runtime: what lies around the recurrent layers becomes part of them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FoldTests
{
    private const int Hidden = 4, Inputs = 3, Classes = 2;

    private readonly OnnxFile _file = new();
    private readonly Random _random = new(5);

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.NextSingle() - 0.5f)];

    private string Constant(params int[] shape) => _file.Constant(Numbers(shape.Aggregate(1, (a, b) => a * b)), shape);

    private string Vector(params long[] values) => _file.Constant(values);

    private string Number(long value) => _file.Constant([value], isScalar: true);

    /// <summary>Adds an LSTM that reads [time, batch, width].</summary>
    private (string Y, string Final) Lstm(string x, int width = Inputs, bool isBoth = false, params string[] states)
    {
        int directions = isBoth ? 2 : 1;
        string[] inputs = [x, Constant(directions, 4 * Hidden, width), Constant(directions, 4 * Hidden, Hidden), Constant(directions, 8 * Hidden), .. states];
        string[] outputs = _file.Nodes("LSTM", inputs, 2, ("direction", isBoth ? "bidirectional" : "forward"), ("hidden_size", Hidden));
        return (outputs[0], outputs[1]);
    }

    private string Squeezed(string value, long axis) => _file.Node("Squeeze", [value, Vector(axis)]);

    private string Head(string states, int width = Hidden) => _file.Node("Gemm", [states, Constant(Classes, width), Constant(Classes)], ("transB", 1));

    /// <summary>Compares the import with ONNX Runtime, and returns it.</summary>
    private ImportedModel Equal(string output, int opset = 14, params long[] shape)
    {
        _file.Output(output, shape.Length == 0 ? [-1, Classes] : shape);
        byte[] bytes = _file.Write(opset);
        ImportedModel imported = OnnxImporter.Import(bytes, "net.onnx", ImportOptions.None);
        using var session = new InferenceSession(bytes);
        string sample = Path.Combine(Path.GetTempPath(), $"crime-fold-{Guid.NewGuid():n}.json");
        try
        {
            File.WriteAllText(sample, OriginalRun.Sample(session, 0));
            Assert.That(ModelCheck.Compare(imported, sample).MaxDifference, Is.LessThan(2e-5));
        }
        finally
        {
            File.Delete(sample);
        }
        return imported;
    }

    private void AssertRefused(string output, params string[] texts)
    {
        _file.Output(output, -1, Classes);
        UserInputException refusal = Assert.Throws<UserInputException>(() => OnnxImporter.Import(_file.Write(), "net.onnx"))!;
        foreach (string text in texts) Assert.That(refusal.Message, Does.Contain(text));
        Assert.That(refusal.Message, Does.Contain("; ").And.Not.Contain("\n"), "it says what to do, in one line");
    }

    private string Input(params long[] shape)
    {
        _file.Input("x", 1, shape);
        return "x";
    }

    private string TimeFirst(string x) => _file.Node("Transpose", [x], ("perm", new long[] { 1, 0, 2 }));

    [Test]
    public void ALayersPartOfTheInitialZerosIsZero()
    {
        string x = Input(-1, -1, Inputs), batch = _file.Node("Gather", [_file.Node("Shape", [x]), Number(0)]);
        string zeros = _file.Node("ConstantOfShape", [_file.Node("Concat", [Vector(2), _file.Node("Unsqueeze", [batch, Vector(0)]), Vector(Hidden)], ("axis", 0))]);
        string Part(long layer) => _file.Node("Slice", [zeros, Vector(layer), Vector(layer + 1), Vector(0)]);
        var (y, _) = Lstm(TimeFirst(x), Inputs, false, "", Part(0), Part(0));
        var (_, final) = Lstm(Squeezed(y, 1), Hidden, false, "", Part(1), Part(1));
        ImportedModel imported = Equal(Head(Squeezed(final, 0)));
        Assert.That((imported.Model.Layers.Count, imported.Model.FitsBoards), Is.EqualTo((2, true)));
    }

    [Test]
    public void ALearnedStateSpreadOverTheBatchIsTheLayersOwn()
    {
        string x = Input(-1, -1, Inputs), size = _file.Node("Slice", [_file.Node("Shape", [x]), Vector(0), Vector(1), Vector(0)]);
        string shape = _file.Node("Concat", [Vector(1), size, Vector(Hidden)], ("axis", 0));
        string State() => _file.Node("Expand", [Constant(1, 1, Hidden), shape]);
        var (_, final) = Lstm(TimeFirst(x), Inputs, false, "", State(), State());
        Assert.That(Equal(Head(Squeezed(final, 0))).Model.Layers[0].Directions[0].InitialCell, Is.Not.Null);
    }

    [Test]
    public void ALinearInFrontAndBetweenIsPartOfTheWeights()
    {
        string x = _file.Node("Add", [_file.Node("MatMul", [Input(-1, -1, 5), Constant(5, Inputs)]), Constant(Inputs)]);
        var (y, _) = Lstm(TimeFirst(x), Inputs, isBoth: true);
        string joined = _file.Node("Reshape", [_file.Node("Transpose", [y], ("perm", new long[] { 0, 2, 1, 3 })), Vector(0, 0, -1)]);
        var (_, final) = Lstm(_file.Node("MatMul", [joined, Constant(2 * Hidden, 7)]), 7);
        ImportedModel imported = Equal(Head(Squeezed(final, 0)));
        Assert.That(imported.Model.Layers.Select(layer => layer.InputCount), Is.EqualTo(new[] { 5, 2 * Hidden }));
    }

    [Test]
    public void ANormalisationOfTheFeaturesIsTheModels()
    {
        float[] mean = Numbers(Inputs), deviation = [0.5f, 2, 3];
        string x = _file.Node("Div", [_file.Node("Sub", [Input(-1, -1, Inputs), _file.Constant(mean, Inputs)]), _file.Constant(deviation, Inputs)]);
        var (_, final) = Lstm(TimeFirst(x));
        TrainedModel model = Equal(Head(Squeezed(final, 0))).Model;
        Assert.That(model.Mean, Is.EqualTo(mean).Within(1e-6));
        Assert.That(model.Deviation, Is.EqualTo(deviation).Within(1e-6));
    }

    [Test]
    public void ANegativeScaleIsPartOfTheWeights()
    {
        var (_, final) = Lstm(TimeFirst(_file.Node("Mul", [Input(-1, -1, Inputs), _file.Constant([-1f, 2, 0], Inputs)])));
        Assert.That(Equal(Head(Squeezed(final, 0))).Model.Mean, Is.Null);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void BatchNormalizationGoesWhereItStands(bool isBehind)
    {
        string Normalised(string value, int count) => _file.Node(
            "BatchNormalization",
            [value, Constant(count), Constant(count), Constant(count), _file.Constant([.. Numbers(count).Select(number => number + 1)], count)], ("epsilon", 1e-3f));
        string x = Input(-1, Inputs, -1);
        string steps = _file.Node("Transpose", [isBehind ? x : Normalised(x, Inputs)], ("perm", new long[] { 2, 0, 1 }));
        var (_, final) = Lstm(steps);
        string seen = Squeezed(final, 0);
        Equal(Head(isBehind ? Normalised(seen, Hidden) : seen));
    }

    [Test]
    public void ASumOfDirectionsIsPartOfTheHead()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)), isBoth: true);
        string[] parts = _file.Nodes("Split", [final], 2, ("axis", 0));
        ImportedModel imported = Equal(Head(Squeezed(_file.Node("Add", [parts[0], parts[1]]), 0)));
        Assert.That(imported.Model.HeadWeights[..Hidden], Is.EqualTo(imported.Model.HeadWeights[Hidden..(2 * Hidden)]));
    }

    [Test]
    public void BothEndsOfALayerThatReadsBothWaysAreItsFinalState()
    {
        var (y, _) = Lstm(TimeFirst(Input(-1, -1, Inputs)), isBoth: true);
        string joined = _file.Node("Reshape", [_file.Node("Transpose", [y], ("perm", new long[] { 0, 2, 1, 3 })), Vector(0, 0, -1)]);
        string Half(long step, long from) =>
            _file.Node("Slice", [_file.Node("Gather", [joined, Number(step)], ("axis", 0)), Vector(from), Vector(from + Hidden), Vector(1)]);
        string seen = _file.Node("Concat", [Half(-1, 0), Half(0, Hidden)], ("axis", 1));
        Assert.That(Equal(Head(seen, 2 * Hidden)).Model.HeadInput, Is.EqualTo(HeadInput.FinalState));
    }

    [Test]
    public void TheLastIndexOfAFixedLengthIsTheLastStep()
    {
        var (y, _) = Lstm(TimeFirst(Input(1, 7, Inputs)));
        string step = _file.Node("Gather", [Squeezed(y, 1), Number(6)], ("axis", 0));
        Assert.That(Equal(Head(step)).Head, Does.StartWith("h_n"));
    }

    [Test]
    public void AllTimestepsSideBySideAreTakenApart()
    {
        string rows = _file.Node("Reshape", [Input(-1, -1, 5), Vector(-1, 5)]);
        string shape = _file.Node("Concat", [_file.Node("Slice", [_file.Node("Shape", ["x"]), Vector(0), Vector(2), Vector(0)]), Vector(-1)], ("axis", 0));
        string x = _file.Node("Reshape", [_file.Node("MatMul", [rows, Constant(5, Inputs)]), shape]);
        var (_, final) = Lstm(TimeFirst(x));
        Equal(Head(Squeezed(final, 0)));
    }

    [TestCase("Softmax")]
    [TestCase("LogSoftmax")]
    [TestCase("Sigmoid")]
    [TestCase("Tanh")]
    public void AFunctionAtTheEndIsLeftOutAndCounted(string function)
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string scaled = _file.Node("Mul", [_file.Node(function, [Head(Squeezed(final, 0))]), _file.Constant([100f])]);
        Assert.That(Equal(scaled).Ends, Is.EqualTo(new[] { function }));
    }

    [Test]
    public void OneLogitIsTwoClasses()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string logit = _file.Node("MatMul", [Squeezed(final, 0), Constant(Hidden, 1)]);
        ImportedModel imported = Equal(_file.Node("Sigmoid", [logit]), 14, -1, 1);
        Assert.That((imported.IsLogit, imported.Model.ClassNames.Count), Is.EqualTo((true, 2)));
        Assert.That(imported.Model.HeadWeights[..Hidden], Is.All.Zero);
    }

    [Test]
    public void ShapeTakesItsStartAndEnd()
    {
        string x = Input(-1, -1, Inputs);
        var (y, _) = Lstm(TimeFirst(x));
        string turned = _file.Node("Transpose", [y], ("perm", new long[] { 0, 2, 1, 3 }));
        string time = _file.Node("Shape", [turned], ("start", 0), ("end", 1)), batch = _file.Node("Shape", [turned], ("start", -3), ("end", -2));
        string flat = _file.Node("Reshape", [turned, _file.Node("Concat", [time, batch, Vector(Hidden)], ("axis", 0))]);
        Equal(Head(_file.Node("Gather", [flat, Number(-1)], ("axis", 0))), 17);
    }

    [Test]
    public void ASoftmaxInTheMiddleIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        AssertRefused(Head(_file.Node("Softmax", [Head(Squeezed(final, 0))]), Classes), "(Softmax)", "something follows it");
    }

    [Test]
    public void ANegativeScaleBehindASoftmaxIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        AssertRefused(_file.Node("Neg", [_file.Node("Softmax", [Head(Squeezed(final, 0))])]), "(Softmax)");
    }

    [Test]
    public void ASoftmaxOverTheSequencesIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        AssertRefused(_file.Node("Softmax", [Head(Squeezed(final, 0))], ("axis", 0)), "(Softmax)", "axis 0 of [batch, feature]");
    }

    [Test]
    public void ASequenceOutOfABatchIsRefused()
    {
        var (y, _) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string batchFirst = _file.Node("Transpose", [Squeezed(y, 1)], ("perm", new long[] { 1, 0, 2 }));
        AssertRefused(Head(_file.Node("Gather", [batchFirst, Number(-1)], ("axis", 0))), "(Gather)", "[batch, time, feature]");
    }

    [Test]
    public void ANumberThatDiffersBetweenTimestepsIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(_file.Node("Mul", [Input(-1, 7, Inputs), Constant(1, 7, 1)])));
        AssertRefused(Head(Squeezed(final, 0)), "(Mul)", "between features only");
    }

    [Test]
    public void ARelativeRoundingOfTheInputIsRefused()
    {
        string rounded = _file.Node("Cast", [_file.Node("Cast", [Input(-1, -1, Inputs)], ("to", 7))], ("to", 1));
        var (_, final) = Lstm(TimeFirst(rounded));
        AssertRefused(Head(Squeezed(final, 0)), "(Cast)", "whole numbers");
    }

    [Test]
    public void AnImpossibleWidthIsRefusedAtOnce()
    {
        string x = Input(1, 1, 1L << 40);
        var (_, final) = Lstm(TimeFirst(x));
        AssertRefused(Head(Squeezed(final, 0)), "input");
    }

    [Test]
    public void AConstantThatFillsTheMemoryIsRefused()
    {
        string zeros = _file.Node("ConstantOfShape", [Vector(1 << 13, 1 << 13, 1 << 13)]);
        string all = _file.Node("Reshape", [_file.Node("Concat", [zeros, zeros], ("axis", 0)), Vector(-1)]);
        var (_, final) = Lstm(TimeFirst(_file.Node("Add", [Input(-1, -1, Inputs), all])));
        AssertRefused(Head(Squeezed(final, 0)), "cannot be computed while the file is read");
    }

    [Test]
    public void ASecondOutputIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Input(-1, -1, Inputs)));
        string seen = Squeezed(final, 0);
        _file.Output(seen, -1, Hidden);
        AssertRefused(Head(seen), "2 outputs", "the first one alone");
    }
}
