// Models with the sections that version 2 of the format brought: convolutions, tails, scales of answers, decoders. A file that the reader takes runs on the
// gateway's engine and on the board's kernel, which gives what the reference gives.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Gateway.Inference;
using Crime.Gateway.Inference.Graphs;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Reference;

namespace Crime.Modelling.Tests.Mutations;

/// <summary>A section, and good models that have it.</summary>
/// <param name="Name">Letters of the section.</param>
/// <param name="Tag">Tag of the section.</param>
/// <param name="Seeds">Files.</param>
internal sealed record SectionFormat(string Name, uint Tag, IReadOnlyList<byte[]> Seeds)
{
    /// <summary>The section as a format to damage.</summary>
    public Format Format => new($"crime, {Name}", Seeds, SectionFormats.Read) { Deeper = (mutator, bytes) => ForgedSections.Of(mutator, bytes, Tag) };
}

/// <summary>Models of the newer sections.</summary>
internal static class SectionFormats
{
    private const int Steps = 5, Inputs = 4, Hidden = 5, Classes = 3, FrontModels = 6;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SectionFormat> All { get; } =
    [
        new("FRNT", ModelFormat.FrontTag, [.. Fronts()]), new("TAIL", ModelFormat.TailTag, [.. Tails()]), new("ANSW", ModelFormat.AnswerTag, [.. Answers()]),
        new("DECO", ModelFormat.DecoderTag, [.. Decoders()]),
    ];

    /// <summary>Reads a file and runs it, on a gateway and on a board.</summary>
    /// <returns>False where the file is refused.</returns>
    public static bool Read(byte[] bytes)
    {
        if (ModelReader.TryRead(bytes, out ModelFile file) != ModelError.None || NetworkGraph.ProblemOf(file) != null) return false;
        bool isText = file.Input == InputKind.Tokens;
        short[] values = [.. Enumerable.Range(0, Steps * file.ValuesPerStep).Select(n => (short)(isText ? n % file.VocabularyCount : n * 7919))];
        if (file.HasFloat)
        {
            var engine = new FloatNetwork(new FloatModel(file));
            engine.Run(values, RandomNetwork.FractionBits, new float[engine.Model.LogitCount(Steps)]);
        }
        if (file.HasFixedPoint) RunBoard(file, values);
        return true;
    }

    private static void RunBoard(ModelFile file, short[] values)
    {
        var kernel = new NetworkKernel(file);
        if (file.Decoder != null || file.IsAnswerPerStep) kernel.StepLabels = new byte[Math.Max(Steps, file.Decoder?.LongestOutput ?? 0)];
        kernel.Advance(values, 0, Steps);
        kernel.Classify();
        var reference = new ReferenceNetwork(file);
        for (int step = 0; step < Steps; step++) reference.Step(values, step);
        if (!kernel.Logits.SequenceEqual(reference.Logits())) throw new InvalidOperationException("the kernel gives other logits than the reference");
    }

    private static TrainedModel Plain(CellKind cell, int seed, int vocabulary = 0) => TestModels.Make(Inputs, [(cell, Hidden)], Classes, vocabulary, seed);

    private static IEnumerable<byte[]> Fronts()
    {
        for (int seed = 0, found = 0; found < FrontModels; seed++)
        {
            TrainedModel plain = Plain(seed % 2 == 0 ? CellKind.Lstm : CellKind.Gru, seed, vocabulary: seed % 3 == 0 ? 6 : 0);
            TrainedModel tailed = seed % 2 == 0 ? plain : TestModels.WithTail(plain, seed, 1, PoolKind.Max, (4, GraphFunction.Relu));
            TrainedModel model = TestFronts.WithRandomFront(tailed, seed, 1);
            if (!TestModels.IsQuantisable(model)) continue;
            found++;
            yield return TestModels.Write(model);
            yield return ModelContainer.BoardImage(TestModels.Write(model));
        }
    }

    private static IEnumerable<byte[]> Tails()
    {
        (PoolKind? Pooling, (int, GraphFunction?)[] Layers)[] tails =
        [
            (PoolKind.Mean, []), (PoolKind.Max, []), (PoolKind.Mean, [(6, GraphFunction.Relu), (4, GraphFunction.Tanh)]),
            (null, [(6, GraphFunction.Tanh), (5, null), (4, GraphFunction.Relu), (3, GraphFunction.Relu)]),
        ];
        foreach (var (tail, seed) in tails.Select((tail, seed) => (tail, seed)))
        {
            byte[] file = TestModels.Write(TestModels.WithTail(Plain(seed % 2 == 0 ? CellKind.Lstm : CellKind.Gru, seed), seed, 1, tail.Pooling, tail.Layers));
            yield return file;
            yield return ModelContainer.BoardImage(file);
        }
    }

    private static IEnumerable<byte[]> Answers()
    {
        foreach (AnswerKind answer in new[] { AnswerKind.Values, AnswerKind.Anomaly })
        {
            TrainedModel model = TestModels.WithAnswer(Plain(CellKind.Lstm, seed: 3), answer);
            yield return TestModels.Write(model);
            yield return ModelFileWriter.Write(model, null);
            yield return ModelContainer.BoardImage(TestModels.Write(model));
        }
    }

    private static IEnumerable<byte[]> Decoders()
    {
        foreach (CellKind cell in new[] { CellKind.Lstm, CellKind.Gru })
        {
            byte[] file = TestModels.Write(TestDecoders.Make(cell, AttentionKind.None));
            yield return file;
            yield return ModelContainer.BoardImage(file);
            foreach (AttentionKind attention in Enum.GetValues<AttentionKind>()) yield return TestDecoders.Write(TestDecoders.Make(cell, attention, beam: 3));
        }
    }
}
