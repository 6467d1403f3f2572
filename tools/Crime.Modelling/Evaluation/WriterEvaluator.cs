// Runs the test part of pairs of sequences through the networks of a model that writes sequences, and compares what they write.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Inference;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Datasets;

namespace Crime.Modelling.Evaluation;

/// <summary>Shares of what one network has written.</summary>
/// <param name="TokenAccuracy">Share of the places of the right outputs, the end included, at which the right token was written.</param>
/// <param name="SequenceAccuracy">Share of the outputs that are right as a whole.</param>
/// <param name="SequenceInterval">Its 95 % interval.</param>
public sealed record WrittenShares(double TokenAccuracy, double SequenceAccuracy, ShareInterval SequenceInterval);

/// <summary>The result of an evaluation.</summary>
public sealed class WriterResult
{
    /// <summary>Test pairs.</summary>
    public required int Sequences { get; init; }

    /// <summary>Places of the right outputs, the end included.</summary>
    public required long Tokens { get; init; }

    /// <summary>Float network, the most likely token at each step.</summary>
    public required WrittenShares Greedy { get; init; }

    /// <summary>Float network, beam search; null where the model has none.</summary>
    public required WrittenShares? Beam { get; init; }

    /// <summary>Hypotheses of <see cref="Beam"/>.</summary>
    public required int BeamWidth { get; init; }

    /// <summary>The network of boards; null where boards cannot run the model.</summary>
    public required WrittenShares? Fixed { get; init; }

    /// <summary>Share of the outputs that boards write as the float network does, token by token; null where boards cannot run the model.</summary>
    public required double? Agreement { get; init; }

    /// <summary>The line of the output lengths that the float network wrote over the test part.</summary>
    public required OutputLengthFit WrittenLength { get; init; }

    /// <summary>The line of the model file.</summary>
    public required double Gamma { get; init; }

    /// <summary>Its intercept.</summary>
    public required double Delta { get; init; }

    /// <summary>Share of the variance of the written lengths that the line of the model file explains.</summary>
    public required double RSquaredOfModel { get; init; }
}

/// <summary>Compares the networks of one model file.</summary>
/// <param name="model">A model that writes sequences.</param>
public sealed class WriterEvaluator(ModelFile model)
{
    private readonly ModelInput _input = new(model);

    /// <summary>Evaluates the test part.</summary>
    /// <param name="data">Text whose labels are outputs.</param>
    /// <param name="limit">At most so many pairs, 0 for all.</param>
    /// <param name="progress">Called with the number of pairs done.</param>
    /// <param name="cancellation">Ends the evaluation early.</param>
    /// <exception cref="UserInputException">The data do not fit.</exception>
    public WriterResult Evaluate(Dataset data, int limit, Action<int>? progress, CancellationToken cancellation)
    {
        _input.CheckFits(data);
        LabelledSequence[] test = [.. limit > 0 ? data.Test.Take(limit) : data.Test];
        if (test.Length == 0) throw new UserInputException($"data set '{data.Name}' has no test sequences");
        if (!model.HasFloat) throw new UserInputException($"model '{model.Name}' has no float weights");
        int[][] right = [.. test.Select(sequence => sequence.OutputWords.Select(token => Array.IndexOf(model.ClassNames, token)).ToArray())];
        var floats = new FloatModel(model);
        int beamWidth = model.Decoder.BeamWidth, done = 0;
        int[][] greedy = new int[test.Length][], beam = new int[test.Length][];
        Parallel.For(0, test.Length, new ParallelOptions { CancellationToken = cancellation }, () => new FloatNetwork(floats), (n, _, engine) =>
        {
            short[] values = _input.Quantised(test[n]);
            greedy[n] = Write(engine, values, 1);
            if (beamWidth > 1) beam[n] = Write(engine, values, beamWidth);
            progress?.Invoke(Interlocked.Increment(ref done));
            return engine;
        }, _ => { });
        int[][]? boards = model.HasFixedPoint ? WriteFixed(test) : null;
        (int Input, int Output)[] pairs = [.. test.Select((sequence, n) => (sequence.Length, Math.Min(greedy[n].Length + 1, model.Decoder.LongestOutput)))];
        double gamma = model.Decoder.Output.GammaThousandths / 1000.0, delta = model.Decoder.Output.DeltaThousandths / 1000.0;
        double mean = pairs.Average(pair => pair.Output), variance = pairs.Sum(pair => Math.Pow(pair.Output - mean, 2));
        return new WriterResult
        {
            Sequences = test.Length,
            Tokens = right.Sum(tokens => tokens.Length + 1L),
            Greedy = SharesOf(greedy, right),
            Beam = beamWidth > 1 ? SharesOf(beam, right) : null,
            BeamWidth = beamWidth,
            Fixed = boards == null ? null : SharesOf(boards, right),
            Agreement = boards == null ? null : boards.Where((tokens, n) => tokens.AsSpan().SequenceEqual(greedy[n])).Count() / (double)test.Length,
            WrittenLength = OutputLengthFit.Of(pairs),
            Gamma = gamma,
            Delta = delta,
            RSquaredOfModel = variance > 0 ? 1 - pairs.Sum(pair => Math.Pow(pair.Output - gamma * pair.Input - delta, 2)) / variance : 0,
        };
    }

    private static int[] Write(FloatNetwork engine, short[] values, int width)
    {
        engine.BeamWidth = width;
        engine.Run(values, 0, new float[engine.Model.ClassCount]);
        return [.. engine.Tokens.ToArray().Select(token => (int)token)];
    }

    private int[][] WriteFixed(LabelledSequence[] test)
    {
        var kernel = new NetworkKernel(model) { StepLabels = new byte[model.Decoder.LongestOutput] };
        return [.. test.Select(sequence =>
        {
            kernel.State.Reset();
            kernel.Advance(_input.Quantised(sequence), 0, sequence.Length);
            kernel.Classify();
            return kernel.StepLabels.Take(kernel.OutputCount).Select(token => (int)token).ToArray();
        })];
    }

    private static WrittenShares SharesOf(IReadOnlyList<int[]> written, IReadOnlyList<int[]> right)
    {
        long places = 0, matches = 0;
        int whole = 0;
        for (int n = 0; n < right.Count; n++)
        {
            // The end is a token, too.
            int[] expected = [.. right[n], 0], found = [.. written[n], 0];
            places += expected.Length;
            for (int k = 0; k < Math.Min(expected.Length, found.Length); k++)
                if (expected[k] == found[k]) matches++;
            if (found.AsSpan().SequenceEqual(expected)) whole++;
        }
        return new WrittenShares(matches / (double)places, whole / (double)right.Count, ShareInterval.Wilson(whole, right.Count));
    }
}
