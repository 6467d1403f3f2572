// Puts sequences of a data set into the file that a board replays, in the format that its model eats.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Frames;
using Crime.Model;
using Crime.Recordings;

namespace Crime.Modelling.Datasets;

/// <summary>Writes recordings.</summary>
public static class RecordingWriter
{
    /// <summary>Writes sequences for a model.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="sequences">The sequences; those longer than a request may be are refused.</param>
    public static byte[] Write(ModelFile model, IReadOnlyList<LabelledSequence> sequences)
    {
        var input = new ModelInput(model);
        bool tokens = model.Input == InputKind.Tokens;
        var header = new RecordingHeader
        {
            Encoding = !tokens ? SequenceEncoding.Int16 : model.VocabularyCount <= 256 ? SequenceEncoding.Token8 : SequenceEncoding.Token16,
            FractionBits = tokens ? 0 : model.InputFractionBits,
            ValuesPerStep = model.ValuesPerStep,
            LongestLength = sequences.Max(sequence => sequence.Length),
            SequenceCount = (uint)sequences.Count,
        };
        if (header.LongestLength > FrameFormat.MaxLength)
            throw new UserInputException($"a sequence of {header.LongestLength} timesteps is longer than the {FrameFormat.MaxLength} that a request may carry");

        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        var start = new byte[RecordingFormat.HeaderSize];
        header.Encode(start);
        writer.Write(start);
        foreach (var sequence in sequences)
        {
            writer.Write((ushort)sequence.Length);
            foreach (short value in input.Quantised(sequence))
            {
                if (header.Encoding == SequenceEncoding.Token8) writer.Write((byte)value);
                else writer.Write(value);
            }
        }
        writer.Flush();
        return stream.ToArray();
    }
}
