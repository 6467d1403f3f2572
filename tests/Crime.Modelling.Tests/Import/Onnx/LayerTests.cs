using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Network;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>Layers beside the recurrent ones, each against ONNX Runtime.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LayerTests : OnnxNetwork
{
    private string Steps(string x, int width = Inputs) => Squeezed(Lstm(TimeFirst(x), width).Y, 1);

    private string BatchFirst(string steps) => File.Node("Transpose", [steps], ("perm", new long[] { 1, 0, 2 }));

    private string ChannelsFirst(string x) => File.Node("Transpose", [x], ("perm", new long[] { 0, 2, 1 }));

    private string Features => Input(-1, -1, Inputs);

    [TestCase("Relu")]
    [TestCase("Tanh")]
    [TestCase("Sigmoid")]
    [TestCase("LeakyRelu")]
    [TestCase("Elu")]
    [TestCase("Selu")]
    [TestCase("HardSigmoid")]
    [TestCase("HardSwish")]
    [TestCase("ThresholdedRelu")]
    [TestCase("Softplus")]
    [TestCase("Softsign")]
    [TestCase("Erf")]
    [TestCase("Exp")]
    public void AHeadOfTwoLayers(string function)
    {
        var (_, final) = Lstm(TimeFirst(Features));
        string inner = File.Node("Gemm", [Squeezed(final, 0), Constant(6, Hidden), Constant(6)], ("transB", 1));
        ImportedModel imported = Equal(Head(File.Node(function, [inner]), 6));
        Assert.That((imported.Model.Graph != null, imported.Model.FitsBoards), Is.EqualTo((true, function is "Relu" or "Tanh")));
        Assert.That(imported.Head, Does.Contain("linear 6"));
    }

    [Test]
    public void TheReportNamesEachLayerOfTheHead()
    {
        var (_, final) = Lstm(TimeFirst(Features));
        string inner = File.Node("Relu", [File.Node("MatMul", [Squeezed(final, 0), Constant(Hidden, 6)])]);
        inner = File.Node("Relu", [File.Node("MatMul", [inner, Constant(6, 6)])]);
        Assert.That(Equal(Head(inner, 6)).Head, Does.EndWith("final state, linear 6, relu, linear 6, relu"));
    }

    [Test]
    public void ACutOffAtTwoBounds()
    {
        var (_, final) = Lstm(TimeFirst(Features));
        Equal(Head(File.Node("Clip", [Squeezed(final, 0), File.Constant([-0.05f], []), File.Constant([0.1f], [])])));
    }

    [Test]
    public void AGateOfTheDataByItself()
    {
        var (_, final) = Lstm(TimeFirst(Features));
        string seen = Squeezed(final, 0);
        Equal(Head(File.Node("Mul", [seen, File.Node("Sigmoid", [seen])])));
    }

    [Test]
    public void AFunctionOfAllStatesAndThenTheLastOne() =>
        Equal(Head(File.Node("Gather", [File.Node("Relu", [Steps(Features)]), Number(-1)], ("axis", 0))));

    [TestCase("ReduceMean")]
    [TestCase("ReduceMax")]
    public void PoolingOverTime(string function) => Equal(Head(File.Node(function, [Steps(Features)], ("axes", new long[] { 0 }), ("keepdims", 0))));

    [Test]
    public void ASumOverTime() => Equal(Head(File.Node("ReduceSum", [Steps(Features), Vector(0)], ("keepdims", 0))));

    [Test]
    public void MeanAndMaximumSideBySideWithTheLastStep()
    {
        string steps = Steps(Features);
        string mean = File.Node("ReduceMean", [steps], ("axes", new long[] { 0 }), ("keepdims", 0));
        string max = File.Node("ReduceMax", [steps], ("axes", new long[] { 0 }), ("keepdims", 0));
        string last = File.Node("Gather", [steps, Number(-1)], ("axis", 0));
        Equal(Head(File.Node("Concat", [mean, max, last], ("axis", 1)), 3 * Hidden));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void LayerNormalisation(bool isInFront)
    {
        string Normalised(string value, int width) => File.Node("LayerNormalization", [value, Constant(width), Constant(width)], ("axis", -1), ("epsilon", 1e-3f));
        string x = Features;
        string steps = Steps(isInFront ? Normalised(x, Inputs) : x);
        string seen = File.Node("Gather", [isInFront ? steps : Normalised(steps, Hidden), Number(-1)], ("axis", 0));
        Equal(Head(seen), 17);
    }

    [Test]
    public void LayerNormalisationInItsParts()
    {
        string x = Features, mean = File.Node("ReduceMean", [x], ("axes", new long[] { -1 }));
        string apart = File.Node("Sub", [x, mean]), square = File.Node("Pow", [apart, File.Constant([2f], [])]);
        string variance = File.Node("Add", [File.Node("ReduceMean", [square], ("axes", new long[] { -1 })), File.Constant([1e-5f], [])]);
        string normalised = File.Node("Div", [apart, File.Node("Sqrt", [variance])]);
        Equal(Head(File.Node("Gather", [Steps(File.Node("Mul", [normalised, Constant(Inputs)])), Number(-1)], ("axis", 0))));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void AttentionOverTheTimesteps(bool isProduct)
    {
        string steps = BatchFirst(Steps(Features));
        string scores = File.Node("MatMul", [File.Node("Tanh", [File.Node("MatMul", [steps, Constant(Hidden, 5)])]), Constant(5, 1)]);
        string weights = File.Node("Softmax", [scores], ("axis", 1));
        string context = isProduct
            ? Squeezed(File.Node("MatMul", [ChannelsFirst(weights), steps]), 1)
            : File.Node("ReduceSum", [File.Node("Mul", [weights, steps]), Vector(1)], ("keepdims", 0));
        Equal(Head(context));
    }

    [Test]
    public void AttentionByTheProductWithTheLastState()
    {
        var (y, final) = Lstm(TimeFirst(Features));
        string steps = BatchFirst(Squeezed(y, 1)), query = File.Node("Transpose", [final], ("perm", new long[] { 1, 2, 0 }));
        string weights = File.Node("Softmax", [File.Node("MatMul", [steps, query])], ("axis", 1));
        string context = File.Node("ReduceSum", [File.Node("Mul", [weights, steps]), Vector(1)], ("keepdims", 0));
        Equal(Head(File.Node("Concat", [context, Squeezed(final, 0)], ("axis", 1)), 2 * Hidden));
    }

    [TestCase(3, 1, 1, 1, 1)]
    [TestCase(3, 0, 1, 1, 1)]
    [TestCase(4, 2, 2, 1, 1)]
    [TestCase(3, 2, 1, 2, 3)]
    public void AConvolutionInFront(int size, int padding, int stride, int dilation, int groups)
    {
        string filtered = File.Node(
            "Conv", [ChannelsFirst(Features), Constant(6, Inputs / groups, size), Constant(6)],
            ("pads", new long[] { padding, padding }), ("strides", new long[] { stride }), ("dilations", new long[] { dilation }), ("group", groups),
            ("kernel_shape", new long[] { size }));
        string steps = File.Node("Transpose", [File.Node("Relu", [filtered])], ("perm", new long[] { 2, 0, 1 }));
        var (_, final) = Lstm(steps, 6);
        Equal(Head(Squeezed(final, 0)));
    }

    [TestCase("MaxPool")]
    [TestCase("AveragePool")]
    public void AConvolutionAndPoolingWithAWindow(string pool)
    {
        string filtered = File.Node("Conv", [ChannelsFirst(Features), Constant(5, Inputs, 3)], ("kernel_shape", new long[] { 3 }));
        string pooled = File.Node(pool, [filtered], ("kernel_shape", new long[] { 2 }), ("strides", new long[] { 2 }));
        var (_, final) = Lstm(File.Node("Transpose", [pooled], ("perm", new long[] { 2, 0, 1 })), 5);
        Equal(Head(Squeezed(final, 0)));
    }

    [Test]
    public void AGlobalPoolBehindTheStates()
    {
        string steps = ChannelsFirst(BatchFirst(Steps(Features)));
        Equal(Head(File.Node("Flatten", [File.Node("GlobalAveragePool", [steps])])));
    }

    [Test]
    public void ASumOfTwoLayersOutputs()
    {
        string first = Steps(Features), second = Squeezed(Lstm(first, Hidden).Y, 1);
        Equal(Head(File.Node("Gather", [File.Node("Add", [first, second]), Number(-1)], ("axis", 0))));
    }

    [Test]
    public void TheFinalStatesOfAllLayersSideBySide()
    {
        var (y, first) = Lstm(TimeFirst(Features));
        var (_, second) = Lstm(Squeezed(y, 1), Hidden);
        Equal(Head(File.Node("Concat", [Squeezed(first, 0), Squeezed(second, 0)], ("axis", 1)), 2 * Hidden));
    }

    [Test]
    public void TheLastInputBesideTheState()
    {
        string x = TimeFirst(Features);
        var (_, final) = Lstm(x);
        Equal(Head(File.Node("Concat", [Squeezed(final, 0), File.Node("Gather", [x, Number(-1)], ("axis", 0))], ("axis", 1)), Hidden + Inputs));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void AClassForEachTimestep(bool isTimeLast)
    {
        string logits = File.Node("Add", [File.Node("MatMul", [BatchFirst(Steps(Features)), Constant(Hidden, Classes)]), Constant(Classes)]);
        ImportedModel imported = isTimeLast ? Equal(ChannelsFirst(logits), 14, -1, Classes, -1) : Equal(logits, 14, -1, -1, Classes);
        Assert.That((imported.Model.Answer, imported.Model.Graph), Is.EqualTo((AnswerKind.ClassPerStep, (object?)null)));
    }

    [Test]
    public void AClassForEachTimestepBehindTwoLayers()
    {
        string inner = File.Node("Relu", [File.Node("MatMul", [Steps(Features), Constant(Hidden, 5)])]);
        ImportedModel imported = Equal(File.Node("LogSoftmax", [BatchFirst(File.Node("MatMul", [inner, Constant(5, Classes)]))], ("axis", -1)), 14, -1, -1, Classes);
        Assert.That(imported.Model.Answer, Is.EqualTo(AnswerKind.ClassPerStep));
    }

    [TestCase("value", AnswerKind.Values)]
    [TestCase("logit", AnswerKind.Class)]
    public void OneOutputIsWhatTheUserSays(string answer, AnswerKind expected)
    {
        Options = new ImportOptions { Answer = answer };
        var (_, final) = Lstm(TimeFirst(Features));
        string scaled = File.Node("Mul", [File.Node("MatMul", [Squeezed(final, 0), Constant(Hidden, 1)]), File.Constant([30f], [])]);
        ImportedModel imported = Equal(scaled, 14, -1, 1);
        Assert.That(imported.Model.Answer, Is.EqualTo(expected));
        Assert.That(imported.Model.ClassNames, Has.Count.EqualTo(answer == "value" ? 1 : 2));
    }

    [Test]
    public void AValueBehindAFunctionKeepsIt()
    {
        Options = new ImportOptions { Answer = "value" };
        var (_, final) = Lstm(TimeFirst(Features));
        ImportedModel imported = Equal(File.Node("Sigmoid", [Head(Squeezed(final, 0))]));
        Assert.That((imported.Model.Answer, imported.Ends.Count), Is.EqualTo((AnswerKind.Values, 0)));
    }

    [Test]
    public void ANetworkDeeperThanAnyIsRefused()
    {
        var (_, final) = Lstm(TimeFirst(Features));
        string value = Squeezed(final, 0);
        foreach (int _ in Enumerable.Range(0, 3000)) value = File.Node("Relu", [value]);
        AssertRefused(Head(value), "deeper than");
    }

    [Test]
    public void MoreOperationsThanAFileHoldsAreRefused()
    {
        var (_, final) = Lstm(TimeFirst(Features));
        string value = Squeezed(final, 0);
        foreach (int _ in Enumerable.Range(0, 300)) value = File.Node("Relu", [value]);
        AssertRefused(Head(value), "(Relu)", "operations");
    }

    [Test]
    public void AnAttentionBetweenAllTimestepsIsRefused()
    {
        string steps = BatchFirst(Steps(Features));
        string mixed = File.Node("MatMul", [File.Node("MatMul", [steps, ChannelsFirst(steps)]), steps]);
        AssertRefused(
            Head(File.Node("ReduceMean", [mixed], ("axes", new long[] { 1 }), ("keepdims", 0))), "(MatMul)", "products over the features or over the timesteps");
    }
}
