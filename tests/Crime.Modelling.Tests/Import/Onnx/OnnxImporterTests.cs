using System;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Onnx;
using Crime.Modelling.ModelFiles;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import.Onnx;

public sealed class OnnxImporterTests
{
    private const int Hidden = 4, Inputs = 3, Classes = 2;

    private static float[] Numbers(int count, int seed = 1)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f).ToArray();
    }

    /// <summary>x, an LSTM, and what a test makes of its outputs Y and Y_h.</summary>
    private static byte[] Lstm(Func<OnnxFile, string, string, string> rest, params (string Name, object Value)[] attributes)
    {
        var file = new OnnxFile();
        file.Input("x", 1, -1, -1, Inputs);
        string w = file.Constant(Numbers(4 * Hidden * Inputs), 1, 4 * Hidden, Inputs), r = file.Constant(Numbers(4 * Hidden * Hidden), 1, 4 * Hidden, Hidden);
        string[] outputs = file.Nodes("LSTM", ["x", w, r], 2, attributes);
        file.Output(rest(file, outputs[0], outputs[1]), -1, Classes);
        return file.Write();
    }

    private static string Head(OnnxFile file, string states, int width = Hidden) =>
        file.Node("Gemm", [states, file.Constant(Numbers(Classes * width), Classes, width), file.Constant(Numbers(Classes), Classes)], ("transB", 1));

    private static string Squeezed(OnnxFile file, string final) => file.Node("Squeeze", [final, file.Constant([0L])]);

    private static TrainedModel Import(byte[] bytes) => OnnxImporter.Import(bytes, "some/net.onnx");

    private static void AssertRefused(byte[] bytes, params string[] expected)
    {
        UserInputException refusal = Assert.Throws<UserInputException>(() => Import(bytes))!;
        Assert.That(refusal.Message, Does.StartWith("some/net.onnx: "));
        Assert.That(refusal.Message, Does.Not.Contain("\n"));
        foreach (string text in expected) Assert.That(refusal.Message, Does.Contain(text));
    }

    [Test]
    public void GatesAreReorderedAndMissingBiasesAreZero()
    {
        TrainedModel model = Import(Lstm((file, _, final) => Head(file, Squeezed(file, final))));
        float[] given = Numbers(4 * Hidden * Inputs), read = model.Layers[0].Directions[0].InputWeights;
        int gate = Hidden * Inputs;
        // ONNX: input, output, forget, cell; ours: input, forget, cell, output.
        Assert.That(read[..gate], Is.EqualTo(given[..gate]));
        Assert.That(read[gate..(2 * gate)], Is.EqualTo(given[(2 * gate)..(3 * gate)]));
        Assert.That(read[(2 * gate)..(3 * gate)], Is.EqualTo(given[(3 * gate)..]));
        Assert.That(read[(3 * gate)..], Is.EqualTo(given[gate..(2 * gate)]));
        Assert.That(model.Layers[0].Directions[0].InputBias, Is.All.Zero);
        Assert.That((model.Name, model.InputCount, model.ClassNames.Count, model.FitsBoards), Is.EqualTo(("net", Inputs, Classes, true)));
    }

    [Test]
    public void WhatChangesNoDecisionIsDropped()
    {
        TrainedModel plain = Import(Lstm((file, _, final) => Head(file, Squeezed(file, final))));
        TrainedModel wrapped = Import(Lstm((file, _, final) =>
            file.Node("Softmax", [Head(file, file.Node("Identity", [file.Node("Dropout", [Squeezed(file, final)])]))], ("axis", 1))));
        Assert.That(wrapped.HeadWeights, Is.EqualTo(plain.HeadWeights));
    }

    [Test]
    public void LinearLayersInARowBecomeOne()
    {
        TrainedModel model = Import(Lstm((file, _, final) =>
        {
            string middle = file.Node("MatMul", [Squeezed(file, final), file.Constant(Numbers(Hidden * 3, seed: 5), Hidden, 3)]);
            return Head(file, middle, width: 3);
        }));
        float[] first = Numbers(Hidden * 3, seed: 5), second = Numbers(Classes * 3);
        for (int k = 0; k < Classes; k++)
            for (int unit = 0; unit < Hidden; unit++)
                Assert.That(
                    model.HeadWeights[k * Hidden + unit],
                    Is.EqualTo(Enumerable.Range(0, 3).Sum(i => second[k * 3 + i] * first[unit * 3 + i])).Within(1e-6));
    }

    [Test]
    public void AShapeComputedInTheGraphIsSeenThrough()
    {
        // As exporters write h_n.view(batch, -1): the batch size is read from the input.
        TrainedModel model = Import(Lstm((file, _, final) =>
        {
            string batch = file.Node("Gather", [file.Node("Shape", ["x"]), file.Constant([1L], isScalar: true)], ("axis", 0));
            string shape = file.Node("Concat", [file.Node("Unsqueeze", [batch, file.Constant([0L])]), file.Constant([-1L])], ("axis", 0));
            return Head(file, file.Node("Reshape", [file.Node("Transpose", [final], ("perm", new long[] { 1, 0, 2 })), shape]));
        }));
        Assert.That(model.HeadInputCount, Is.EqualTo(Hidden));
    }

    [Test]
    public void TheLastStepOfAForwardLayerIsItsFinalState()
    {
        TrainedModel model = Import(Lstm((file, y, _) =>
        {
            string step = file.Node("Gather", [y, file.Constant([-1L], isScalar: true)], ("axis", 0));
            return Head(file, Squeezed(file, step));
        }));
        Assert.That(model.HeadInput, Is.EqualTo(HeadInput.FinalState));
    }

    [Test]
    public void AnUnknownOperatorIsNamedWithItsNode() =>
        AssertRefused(Lstm((file, _, final) => file.Node("Cos", [Head(file, Squeezed(file, final))])), "(Cos)", "node 'node_v", "not supported", "docs/import.md");

    [Test]
    public void AStepInTheMiddleIsRefused() =>
        AssertRefused(
            Lstm((file, y, _) => Head(file, Squeezed(file, file.Node("Gather", [y, file.Constant([3L], isScalar: true)], ("axis", 0))))),
            "(Gather)", "timestep 3");

    [Test]
    public void ANetworkWithoutAHeadIsRefused() => AssertRefused(Lstm((file, _, final) => Squeezed(file, final)), "no linear head follows it");

    [Test]
    public void AWrongWidthIsRefused() =>
        AssertRefused(Lstm((file, _, final) => Head(file, Squeezed(file, final), width: 5)), "(Gemm)", "takes 5 numbers");

    [Test]
    public void AnUnknownActivationIsRefused() =>
        AssertRefused(
            Lstm((file, _, final) => Head(file, Squeezed(file, final)), ("activations", new[] { "Sigmoid", "Mish", "Tanh" })),
            "(LSTM)", "'Mish'");

    [Test]
    public void AWrongShapeIsRefused()
    {
        var file = new OnnxFile();
        file.Input("x", 1, -1, -1, Inputs);
        string final = file.Nodes("GRU", ["x", file.Constant(Numbers(36), 1, 12, 3), file.Constant(Numbers(60), 1, 12, 5)], 2)[1];
        file.Output(Head(file, Squeezed(file, final)), -1, Classes);
        AssertRefused(file.Write(), "(GRU)", "R has shape [1, 12, 5]; [1, 15, 5] was expected");
    }

    private static byte[] WithConstantLengths(long inputLength, long lengths)
    {
        var file = new OnnxFile();
        file.Input("x", 1, inputLength, 1, Inputs);
        string w = file.Constant(Numbers(4 * Inputs), 1, 4, Inputs), r = file.Constant(Numbers(16), 1, 4, 4);
        string final = file.Nodes("RNN", ["x", w, r, "", file.Constant([lengths])], 2)[1];
        file.Output(Head(file, Squeezed(file, final)), -1, Classes);
        return file.Write();
    }

    [Test]
    public void ConstantLengthsMayOnlySayWhatTheInputDoes()
    {
        Assert.That(Import(WithConstantLengths(7, 7)).Layers, Has.Count.EqualTo(1));
        AssertRefused(WithConstantLengths(7, 5), "(RNN)", "sequence_lens", "5 timesteps");
        AssertRefused(WithConstantLengths(-1, 5), "(RNN)", "sequence_lens", "5 timesteps");
    }

    [Test]
    public void AnUnknownLayoutIsRefused() =>
        AssertRefused(Lstm((file, _, final) => Head(file, Squeezed(file, final)), ("layout", 2)), "(LSTM)", "layout");

    [Test]
    public void NotANumberIsRefused()
    {
        var file = new OnnxFile();
        file.Input("x", 1, -1, -1, Inputs);
        float[] w = Numbers(4 * Inputs);
        w[5] = float.NaN;
        string final = file.Nodes("RNN", ["x", file.Constant(w, 1, 4, Inputs), file.Constant(Numbers(16), 1, 4, 4)], 2)[1];
        file.Output(Head(file, Squeezed(file, final)), -1, Classes);
        AssertRefused(file.Write(), "(RNN)", "W", "NaN");
    }

    [Test]
    public void AMissingConstantIsNamed()
    {
        var file = new OnnxFile();
        file.Input("x", 1, -1, -1, Inputs);
        string final = file.Nodes("LSTM", ["x", "nowhere", "nowhere"], 2)[1];
        file.Output(Head(file, Squeezed(file, final)), -1, Classes);
        AssertRefused(file.Write(), "(LSTM)", "'nowhere'");
    }

    [Test]
    public void EveryTruncationIsRefused()
    {
        byte[] good = Lstm((file, _, final) => Head(file, Squeezed(file, final)));
        for (int length = 0; length < good.Length; length++)
            Assert.That(() => Import(good[..length]), Throws.TypeOf<UserInputException>(), $"{length} bytes");
    }

    [Test]
    public void ANameWithControlCharactersIsQuotedOnOneLine()
    {
        var file = new OnnxFile();
        file.Input("x", 1, -1, -1, Inputs);
        file.Output(file.Node("Odd\n\tOperator", ["x"]), -1, Classes);
        Assert.That(() => Import(file.Write()), Throws.TypeOf<UserInputException>().With.Message.Contains("Odd??Operator").And.Message.Not.Contains("\n"));
    }

    [Test]
    public void DamageGivesAUsableModelOrOneLine()
    {
        Random random = TestSeed.Random();
        int first = random.Next(1_000_000), refused = 0;
        byte[] good = [];
        for (int n = 0; n < 10_000; n++)
        {
            if (n % 50 == 0) good = new OnnxExport(new RandomNetwork(first + n).Model, first + n, n % 3 == 0, n % 2 == 0).Write().Bytes;
            byte[] bytes = [.. good];
            for (int k = random.Next(4); k >= 0; k--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                ModelLoading.FloatOnly(Import(bytes));
            }
            catch (UserInputException e)
            {
                Assert.That(e.Message, Does.Not.Contain("\n"));
                refused++;
            }
        }
        Assert.That(refused, Is.GreaterThan(100));
    }
}
