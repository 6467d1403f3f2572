// The cost of a step of output on a board, and the expected number of steps: the cost of a network that writes is a line over the length of its input again.

using System;
using Crime.Costs;
using Crime.Modelling.Counting;

namespace Crime.Modelling.Prediction;

/// <summary>The outputs of a network that writes.</summary>
/// <param name="Gamma">Expected output steps per timestep of the input.</param>
/// <param name="Delta">Expected output steps of an input of length zero.</param>
/// <param name="IlPerStep">Executed instructions per step of output.</param>
/// <param name="UsPerStep">Time of a step of output in µs.</param>
/// <param name="UjPerStep">Energy of it above the idle baseline of an associated board, in µJ; null for a profile without power.</param>
/// <param name="InputUs">Time to read an input, in µs over its length.</param>
/// <param name="InputUj">Energy of it in µJ; null for a profile without power.</param>
public sealed record OutputForecast(
    double Gamma, double Delta, double IlPerStep, double UsPerStep, double? UjPerStep, LineOver InputUs, LineOver? InputUj)
{
    /// <summary>Forecasts outputs.</summary>
    /// <param name="length">The line of the model file.</param>
    /// <param name="count">Instructions of steps of output.</param>
    /// <param name="table">What instructions cost.</param>
    /// <param name="wholeUs">Time of an input with one step of output, in µs over its length.</param>
    /// <param name="computeMw">Power that computing adds; null for a profile without power.</param>
    internal static OutputForecast Make(OutputLength length, OutputCount count, OperationTable table, LineOver wholeUs, double? computeMw)
    {
        double us = table.Nanoseconds(count.Whole) / 1000 / count.Steps;
        LineOver input = wholeUs with { Start = wholeUs.Start - us };
        return new OutputForecast(
            length.GammaThousandths / 1000.0, length.DeltaThousandths / 1000.0, (double)count.Whole.Total / count.Steps, us, us * computeMw / 1000, input,
            computeMw is { } power ? input.Energy(power) : null);
    }

    /// <summary>Expected steps of output, the end included.</summary>
    /// <param name="length">Timesteps of the input.</param>
    public double StepsAt(double length) => Math.Max(0, Gamma * length + Delta);

    /// <summary>The cost of the expected output over the length of the input.</summary>
    /// <param name="perStep">Cost of a step of output.</param>
    internal LineOver Over(double perStep) => new(Gamma * perStep, Delta * perStep);

    /// <summary>A gateway whose service time of a step of output is that of a timestep.</summary>
    internal GatewayCost Served(GatewayCost gateway)
    {
        LineOver output = Over(gateway.UsPerStep);
        return gateway with { UsPerStep = gateway.UsPerStep + output.PerStep, StartUs = Math.Max(0, gateway.StartUs + output.Start) };
    }
}
