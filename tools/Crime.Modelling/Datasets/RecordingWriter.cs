// Puts sequences of a data set into the file that a board replays, in the format that its model eats.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using Crime.Frames;
using Crime.Model;
using Crime.Modelling.Limits;
using Crime.Recordings;

namespace Crime.Modelling.Datasets;

/// <summary>Writes recordings.</summary>
public static class RecordingWriter
{
    /// <summary>Writes sequences for a model.</summary>
    /// <param name="model">A model with fixed-point weights.</param>
    /// <param name="sequences">The sequences.</param>
    /// <exception cref="UserInputException">A timestep has more numbers, or a sequence more timesteps, than a recording can have.</exception>
    public static byte[] Write(ModelFile model, IReadOnlyList<LabelledSequence> sequences)
    {
        var input = new ModelInput(model);
        RequestLimits limits = RequestLimits.Of(model);
        if (limits.CarryNothing)
            throw new UserInputException(
                $"model '{model.Name}' takes {model.ValuesPerStep} features a timestep, and a recording or a request has at most "
                + $"{FrameFormat.MaxValuesPerStep}; leave features out");
        var header = new RecordingHeader
        {
            Encoding = limits.Encoding,
            FractionBits = model.Input == InputKind.Tokens ? 0 : model.InputFractionBits,
            ValuesPerStep = model.ValuesPerStep,
            LongestLength = sequences.Max(sequence => sequence.Length),
            SequenceCount = (uint)sequences.Count,
        };
        if (header.LongestLength > FrameFormat.MaxLength)
            throw new UserInputException(
                $"a sequence of {header.LongestLength} timesteps is longer than the {FrameFormat.MaxLength} of a recording; "
                + "cut the sequences, or leave the long ones out");

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
