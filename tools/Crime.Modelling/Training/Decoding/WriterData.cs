// Pairs of sequences as the trainer of decoders takes them: characters in, words out.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Datasets;
using Crime.Modelling.ModelFiles;

namespace Crime.Modelling.Training.Decoding;

/// <summary>A data set whose labels are output sequences: tokens with a space between them.</summary>
public sealed class WriterData
{
    /// <summary>Name of token 0, which ends an output.</summary>
    public const string EndName = "(end)";

    private readonly Dictionary<string, int> _outputs = [];
    private readonly Dictionary<int, int> _inputs = [];

    /// <summary>Prepares a data set.</summary>
    /// <param name="data">Text with labels of one token or more.</param>
    /// <exception cref="UserInputException">It is not text, has too many output tokens, or tests tokens that are never learnt.</exception>
    public WriterData(Dataset data)
    {
        string name = $"data set '{data.Name}'";
        if (!data.IsText) throw new UserInputException($"{name} is numeric; a decoder is trained on text, with the output as the label of each line");
        if (data.Train.Count == 0 || data.Test.Count == 0) throw new UserInputException($"{name} needs a training and a test part");
        Name = data.Name;
        string[] tokens = [.. data.Train.SelectMany(sequence => sequence.OutputWords).Distinct().Order(StringComparer.Ordinal)];
        OutputNames = [EndName, .. tokens];
        if (OutputNames.Count > ModelFormat.MaxClasses)
            throw new UserInputException($"{name} has {tokens.Length} output tokens, and a model holds at most {ModelFormat.MaxClasses - 1} and the end");
        if (OutputNames.Select(ModelNames.Problem).FirstOrDefault(problem => problem != null) is { } bad) throw new UserInputException($"{name}: output token: {bad}");
        for (int k = 0; k < OutputNames.Count; k++) _outputs[OutputNames[k]] = k;
        CodePoints = TrainingLimits.CheckVocabulary(data, [.. data.Train.SelectMany(sequence => sequence.CodePoints).Distinct().Order()], 1);
        for (int k = 0; k < CodePoints.Length; k++) _inputs[CodePoints[k]] = k + 1;
        Train = [.. data.Train.Select(Prepare)];
        Test = [.. data.Test.Select(Prepare)];
        Length = OutputLengthFit.Of([.. Train.Select(example => (example.Input.Length, example.Output.Length + 1))]);
        LongestOutput = Train.Max(example => example.Output.Length) + 1;
        if (LongestOutput > DecoderSection.MaxOutput)
            throw new UserInputException($"{name} has an output of {LongestOutput - 1} tokens, and a model writes at most {DecoderSection.MaxOutput - 1}");
    }

    /// <summary>Name of the data set.</summary>
    public string Name { get; }

    /// <summary>Names of the output tokens, the end first.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Code points of the input tokens from 1 on.</summary>
    public int[] CodePoints { get; }

    /// <summary>The pairs to learn from.</summary>
    public IReadOnlyList<WriterExample> Train { get; }

    /// <summary>The pairs to test with.</summary>
    public IReadOnlyList<WriterExample> Test { get; }

    /// <summary>The line of the output length over the training part, the end included.</summary>
    public OutputLengthFit Length { get; }

    /// <summary>Steps of the longest output of the training part, the end included.</summary>
    public int LongestOutput { get; }

    private WriterExample Prepare(LabelledSequence sequence) => new(
        [.. sequence.CodePoints.Select(point => _inputs.GetValueOrDefault(point))],
        [.. sequence.OutputWords.Select(token => _outputs.TryGetValue(token, out int number) && number > 0
            ? number
            : throw new UserInputException($"data set '{Name}': output token '{token}' of line {sequence.Index + 1} of the test part is not in the training part"))]);
}
