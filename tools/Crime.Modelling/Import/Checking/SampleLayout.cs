// The meaning of the axes of a sample. An ONNX graph shows it. A state dict does not, so the sizes of the axes decide.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import.Checking;

/// <summary>Takes the sequences out of a sample.</summary>
internal static class SampleLayout
{
    /// <summary>Returns the sequences of a sample, each [length][width], timestep by timestep.</summary>
    /// <param name="model">The imported network.</param>
    /// <param name="sample">The sample.</param>
    /// <exception cref="UserInputException">Its shape does not fit the network.</exception>
    public static double[][] SequencesOf(ImportedModel model, Sample sample)
    {
        int[] shape = sample.Input.Shape;
        int width = model.Model.Input == InputKind.Tokens ? 1 : model.Model.InputCount;
        string[] axes = AxesOf(model, sample, width)
            ?? throw new UserInputException($"the sample's input of shape {sample.Input.ShapeText} does not fit a network of {width} numbers per timestep"
                + (model.InputAxes == null ? "" : $" whose input is [{model.InputAxes}]"));
        // The parts of all axes in a row, each with its size and the distance of neighbours.
        var parts = new List<(string Kind, int Size)>();
        for (int axis = 0; axis < axes.Length; axis++)
        {
            string[] kinds = axes[axis].Split('*');
            foreach (string kind in kinds)
                parts.Add((kind, kind == "1" ? shape[axis] : kinds.Length == 1 ? shape[axis] : kind == "feature" ? width : shape[axis] / width));
        }
        int SizeOf(string kind) => parts.Where(part => part.Kind == kind).Select(part => part.Size).FirstOrDefault(1);
        int StepOf(string kind)
        {
            int place = parts.FindIndex(part => part.Kind == kind);
            return place < 0 ? 0 : parts.Skip(place + 1).Aggregate(1, (product, part) => product * part.Size);
        }
        int length = SizeOf("time"), time = StepOf("time"), batch = StepOf("batch"), feature = StepOf("feature");
        return [.. Enumerable.Range(0, SizeOf("batch")).Select(n => Enumerable.Range(0, length * width)
            .Select(at => sample.Input.Values[n * batch + at / width * time + at % width * feature]).ToArray())];
    }

    /// <summary>Returns the outputs of a sample, sequence by sequence and timestep by timestep.</summary>
    /// <param name="model">The imported network.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="count">Sequences of the sample.</param>
    public static double[] OutputsOf(ImportedModel model, Sample sample, int count)
    {
        double[] values = sample.Output.Values;
        int[] shape = [.. sample.Output.Shape.Where(size => size != 1)];
        if (model.Model.Answer is AnswerKind.Class or AnswerKind.Values || values.Length % Math.Max(count, 1) != 0) return values;
        string[] axes = (model.OutputAxes ?? "batch, time, feature").Split(", ").Where(axis => axis != "1").ToArray();
        int width = model.IsDecision || model.IsLogit ? 1 : model.Model.OutputCount, length = values.Length / count / width;
        int SizeOf(string axis) => axis switch { "batch" => count, "time" => length, _ => width };
        axes = [.. axes.Where(axis => SizeOf(axis) != 1)];
        if (!axes.Select(SizeOf).SequenceEqual(shape)) return values;
        int StepOf(string kind)
        {
            int place = Array.IndexOf(axes, kind);
            return place < 0 ? 0 : axes.Skip(place + 1).Aggregate(1, (product, axis) => product * SizeOf(axis));
        }
        int batch = StepOf("batch"), time = StepOf("time"), feature = StepOf("feature");
        return [.. from n in Enumerable.Range(0, count)
                   from step in Enumerable.Range(0, length)
                   from k in Enumerable.Range(0, width)
                   select values[n * batch + step * time + k * feature]];
    }

    private static string[]? AxesOf(ImportedModel model, Sample sample, int width)
    {
        int[] shape = sample.Input.Shape;
        IEnumerable<string[]> choices;
        if (model.InputAxes != null)
        {
            string[] axes = model.InputAxes.Split(", ");
            choices = [axes, [.. axes.Where(axis => axis != "batch")]];
        }
        else
        {
            string[] step = model.Model.Input == InputKind.Tokens ? [] : ["feature"];
            string[][] all = [["batch", "time", .. step], ["time", "batch", .. step], ["time", .. step]];
            // One feature may come without an axis.
            choices = width == 1 && step.Length > 0 ? [.. all, ["batch", "time"], ["time"]] : all;
        }
        return choices.FirstOrDefault(axes => axes.Length == shape.Length && !axes.Where((axis, n) => !Fits(axis, shape[n], sample, width)).Any());
    }

    private static bool Fits(string axis, int size, Sample sample, int width) => axis switch
    {
        "feature" => size == width,
        // The output has a row for each sequence.
        "batch" => size > 0 && (sample.Output.Shape.Length < 2 ? size == 1 || sample.Output.Shape is [var only] && only == size : sample.Output.Shape.Contains(size)),
        "1" => size == 1,
        "time" => size > 0,
        _ => size > 0 && size % width == 0,
    };
}
