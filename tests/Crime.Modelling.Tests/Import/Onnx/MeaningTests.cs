using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Import.Onnx;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

/// <summary>Graphs that look like others and mean something else.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MeaningTests : OnnxNetwork
{
    private const int Int8 = 3, Int64 = 7, Float = 1, Bool = 9, Float16 = 10;

    private string Seen(string x) => Squeezed(Lstm(TimeFirst(x)).Final, 0);

    private string Features => Input(-1, -1, Inputs);

    private string Ratio => File.Constant([0.5f], []);

    private string Truth(bool value) => File.Node("Cast", [Number(value ? 1 : 0)], ("to", Bool));

    [TestCase(2)]
    [TestCase(Int8)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(6)]
    [TestCase(Int64)]
    [TestCase(Bool)]
    [TestCase(12)]
    [TestCase(13)]
    public void ACastToWholeNumbersRoundsTheData(int type) =>
        AssertRefused(Head(Seen(File.Node("Cast", [File.Node("Cast", [Features], ("to", type))], ("to", Float)))), "(Cast)");

    [Test]
    public void ACastOfAConstantToEightBitsIsRefused()
    {
        string rounded = File.Node("Cast", [File.Node("Cast", [Constant(Inputs)], ("to", Int8))], ("to", Float));
        AssertRefused(Head(Seen(File.Node("Add", [Features, rounded]))), "(Cast)", "element type 3");
    }

    [Test]
    public void ACastToHalfPrecisionAndBackIsNoRounding()
    {
        string x = File.Node("Cast", [File.Node("Cast", [Features], ("to", Float16))], ("to", Float));
        File.Output(Head(Seen(x)), -1, Classes);
        Assert.That(OnnxImporter.Import(File.Write(), "net.onnx").Layers, Has.Count.EqualTo(1));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void ADropoutInTrainingModeIsRefused(bool isConstant)
    {
        string[] rest = [Ratio, Truth(true)];
        string x = isConstant ? File.Node("Add", [Features, File.Node("Dropout", [Constant(Inputs), .. rest])]) : File.Node("Dropout", [Features, .. rest]);
        AssertRefused(Head(Seen(x)), "(Dropout)", "training mode", "model.eval()");
    }

    [Test]
    public void ADropoutThatIsNotInTrainingModeIsNothing()
    {
        File.Output(Head(Seen(File.Node("Dropout", [Features, Ratio, Truth(false)]))), -1, Classes);
        TrainedModel model = OnnxImporter.Import(File.Write(), "net.onnx");
        Assert.That((model.Graph, model.Mean, model.Layers.Count), Is.EqualTo(((object?)null, (float[]?)null, 1)));
    }

    [TestCase(3, 14, true)]
    [TestCase(5, 9, false)]
    public void ANormalisationInTrainingModeIsRefused(int outputs, int operatorSet, bool isSaid)
    {
        OperatorSet = operatorSet;
        string x = File.Node("Transpose", [Features], ("perm", new long[] { 0, 2, 1 }));
        (string, object)[] attributes = isSaid ? [("training_mode", 1)] : [];
        string normalised = File.Nodes("BatchNormalization", [x, Constant(Inputs), Constant(Inputs), Constant(Inputs), Constant(Inputs)], outputs, attributes)[0];
        string steps = File.Node("Transpose", [normalised], ("perm", new long[] { 2, 0, 1 }));
        AssertRefused(Head(Squeezed(Lstm(steps).Final, 0)), "(BatchNormalization)", "training mode", "model.eval()");
    }

    [Test]
    public void AnOperatorSetWithOtherRulesIsRefused()
    {
        OperatorSet = 6;
        AssertRefused(Head(Seen(File.Node("Add", [Features, Constant(Inputs)], ("broadcast", 1), ("axis", 2)))), "operator set 6", "operator set 7 or newer");
    }

    /// <summary>Names of a branch are its own: the second one has another constant of the same name.</summary>
    [Test]
    public void TwoBranchesUseANameTwice()
    {
        string Chosen(float number)
        {
            OnnxBranch Branch(float value)
            {
                var branch = new OnnxFile("inner");
                branch.Output(branch.Node("Add", [branch.Constant([value], 1), branch.Constant([value], 1)]), 1);
                return branch.Graph();
            }
            return File.Node("If", [Truth(true)], ("then_branch", Branch(number)), ("else_branch", Branch(-number)));
        }
        Equal(Head(Seen(File.Node("Add", [File.Node("Mul", [Features, Chosen(0.75f)]), Chosen(-1.5f)]))));
    }

    [Test]
    public void ASumOverNoAxesIsWhatTheNodeSays()
    {
        string same = File.Node("ReduceSum", [Constant(Inputs)], ("noop_with_empty_axes", 1)), all = File.Node("ReduceSum", [Constant(Inputs)], ("keepdims", 1));
        Equal(Head(Seen(File.Node("Add", [File.Node("Add", [Features, same]), all]))));
    }

    /// <summary>In order the Elu takes 0.3, function by function it takes 0.7.</summary>
    [TestCase(new[] { 0.3f, 0.7f }, false)]
    [TestCase(new[] { 0.7f, 0.7f }, true)]
    [TestCase(new[] { 0.7f }, true)]
    public void NumbersOfFunctionsThatTakeNoneAreRefused(float[] alphas, bool isTaken)
    {
        string[] outputs = File.Nodes("GRU", [TimeFirst(Features), Constant(1, 3 * Hidden, Inputs), Constant(1, 3 * Hidden, Hidden)], 2,
            ("hidden_size", Hidden), ("activations", new[] { "Sigmoid", "Elu" }), ("activation_alpha", alphas));
        string head = Head(Squeezed(outputs[1], 0));
        if (!isTaken)
        {
            AssertRefused(head, "(GRU)", "activation_alpha has a number for each function");
            return;
        }
        File.Output(head, -1, Classes);
        ActivationFunction elu = OnnxImporter.Import(File.Write(), "net.onnx").Layers[0].Directions[0].Activations![1];
        Assert.That(elu, Is.EqualTo(new ActivationFunction(Activation.Elu, 0.7f)));
    }

    [Test]
    public void OneTimestepKeepsItsAxis()
    {
        string y = File.Node("Transpose", [Lstm(TimeFirst(Input(2, 1, Inputs)), isBoth: true).Y], ("perm", new long[] { 2, 0, 1, 3 }));
        string states = File.Node("Reshape", [y, Vector(0, 0, -1)]);
        ImportedModel imported = Equal(File.Node("MatMul", [states, Constant(2 * Hidden, Classes)]), 14, 2, 1, Classes);
        Assert.That(imported.Model.Answer, Is.EqualTo(AnswerKind.ClassPerStep));
    }

    [TestCase("Exp")]
    [TestCase("Softplus")]
    [TestCase("Softmax")]
    public void ASignThatAFunctionTakesAwaySeparatesNoClasses(string function)
    {
        Options = new ImportOptions { Answer = "logit" };
        string logit = File.Node("MatMul", [Seen(Features), Constant(Hidden, 1)]);
        AssertRefused(File.Node(function, [logit]), "one output", function, "--answer value");
    }

    [TestCase("Tanh")]
    [TestCase("Sigmoid")]
    public void ASignThatAFunctionKeepsSeparatesTwoClasses(string function)
    {
        Options = new ImportOptions { Answer = "logit" };
        ImportedModel imported = Equal(File.Node(function, [File.Node("MatMul", [Seen(Features), Constant(Hidden, 1)])]), 14, -1, 1);
        Assert.That((imported.Model.Answer, imported.IsLogit), Is.EqualTo((AnswerKind.Class, true)));
    }

    /// <summary>One product of two matrices is above the bound, or several together.</summary>
    [TestCase(32, 1)]
    [TestCase(3, 8)]
    public void AForgedNetworkIsRefusedBeforeItTakesMinutes(int inputs, int layers)
    {
        const int Width = 4096;
        string x = File.Node("MatMul", [Input(-1, -1, inputs), File.Node("ConstantOfShape", [Vector(inputs, Width)], ("value", OnnxFile.Tensor("", [0.5f], [1])))]);
        string square = File.Node("ConstantOfShape", [Vector(Width, Width)], ("value", OnnxFile.Tensor("", [0.5f], [1])));
        foreach (int _ in Enumerable.Range(0, layers)) x = File.Node("MatMul", [x, square]);
        AssertRefused(Head(Squeezed(Lstm(TimeFirst(x), Width).Final, 0)), "(MatMul)", "268435456 products", "smaller");
    }
}
