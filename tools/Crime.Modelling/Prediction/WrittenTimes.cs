// The forecast of a network that writes beside what its inferences execute. The forecast knows the length of the input, and not that of the output.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Kernel;
using Crime.Model;
using Crime.Modelling.Compilation;
using Crime.Modelling.Counting;

namespace Crime.Modelling.Prediction;

/// <summary>One inference.</summary>
/// <param name="Length">Timesteps of the input.</param>
/// <param name="OutputSteps">Steps of the output, the end included.</param>
/// <param name="ForecastMs">Time with the expected output length.</param>
/// <param name="CountedMs">Time of the executed instructions.</param>
public sealed record WrittenTime(int Length, int OutputSteps, double ForecastMs, double CountedMs)
{
    /// <summary>Forecast over counted time, minus 1.</summary>
    public double Error => ForecastMs / CountedMs - 1;
}

/// <summary>Counts whole inferences, outputs included.</summary>
public static class WrittenTimes
{
    /// <summary>Counts inferences.</summary>
    /// <param name="bytes">A model file that boards can run.</param>
    /// <param name="model">The same, parsed: a network that writes.</param>
    /// <param name="forecast">The forecast to compare with.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="profile">The board of the forecast.</param>
    public static IReadOnlyList<WrittenTime> Count(byte[] bytes, ModelFile model, Forecast forecast, IReadOnlyList<short[]> inputs, CostProfile profile)
    {
        EmittedKernel emitted = KernelEmitter.Emit(model);
        var counter = new IlCounter(bytes, emitted);
        var cost = new KernelCost(forecast.Kernel, KernelCost.SizeOf(emitted, model), profile.Code);
        OutputCount? output = counter.CountOutput(inputs[0]);
        // The decoder is a kernel of loops beside compiled layers too.
        double extraNsPerStep = output == null ? 0 : cost.ExtraNanoseconds(output.Whole) / output.Steps;
        var network = new NetworkKernel(model);
        return [.. inputs.Zip(counter.CountEach(forecast.Kernel, inputs), (values, count) =>
        {
            int length = values.Length / model.ValuesPerStep, steps = StepsOf(network, model, values, length);
            double ns = profile.Operations.Nanoseconds(count) + cost.ExtraNanoseconds(count) - steps * extraNsPerStep;
            return new WrittenTime(length, steps, forecast.TimeUs.At(length) / 1000, ns / 1e6);
        })];
    }

    private static int StepsOf(NetworkKernel network, ModelFile model, short[] values, int length)
    {
        network.State.Reset();
        network.Advance(values, 0, length);
        network.Classify();
        // The end is a step, too, where the output is not the longest one.
        return Math.Min(network.OutputCount + 1, model.Decoder.LongestOutput);
    }
}
