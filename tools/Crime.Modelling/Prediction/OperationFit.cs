// From the times of statements and sequences to the costs of the instructions they are made of: least squares of the relative errors, because a
// cheap statement is measured as exactly as a dear one.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Counting;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace Crime.Modelling.Prediction;

/// <summary>A fitted table.</summary>
/// <param name="Table">The costs.</param>
/// <param name="RSquared">Share of the variance of the logarithms of the times that the costs explain.</param>
/// <param name="Rows">What it was fitted to, with what it took and what the table says.</param>
public sealed record OperationFit(OperationTable Table, double RSquared, IReadOnlyList<FittedRow> Rows)
{
    // Their work is not in their instructions: one copies 256 bytes in native code, the other enters and leaves a monitor.
    private static readonly string[] s_leftOut = ["CopyArray256", "Lock"];

    /// <summary>The statements that costs are fitted to.</summary>
    public static IReadOnlyList<BenchStatement> Statements { get; } = BenchStatements.All.Where(statement => !s_leftOut.Contains(statement.Name)).ToList();

    /// <summary>Solves for the costs.</summary>
    /// <param name="rows">Timed code; all of <see cref="Statements"/> among it, so that every class can be told from the others.</param>
    /// <param name="source">Where the times come from.</param>
    public static OperationFit Solve(IReadOnlyList<TimedCode> rows, string source)
    {
        List<string> classes = [.. Operation.All];
        Vector<double> costs;
        Matrix<double> design;
        while (true)
        {
            design = Matrix<double>.Build.Dense(rows.Count, classes.Count, (row, column) =>
                rows[row].Operations.GetValueOrDefault(classes[column]) / rows[row].Ns);
            costs = design.QR().Solve(Vector<double>.Build.Dense(rows.Count, 1));
            // No instruction takes less than no time: what noise made negative is free, and the others are fitted again.
            int least = costs.MinimumIndex();
            if (costs[least] >= 0) break;
            classes.RemoveAt(least);
        }
        Vector<double> residuals = design * costs - 1;
        int freedom = rows.Count - classes.Count;
        Vector<double> variances = (design.Transpose() * design).Inverse().Diagonal() * (residuals * residuals / freedom);
        var table = new OperationTable(Operation.All.ToDictionary(name => name, name =>
        {
            int column = classes.IndexOf(name);
            FittedNumber number = column < 0 ? new FittedNumber(0, 0, 0) : FittedNumber.From(costs[column], Math.Sqrt(variances[column]), freedom);
            return new OperationCost(Rounded(number.Value), source, "measured", Rounded(number.Low), Rounded(number.High));
        }));
        List<FittedRow> fitted = rows.Select(row => new FittedRow(row.Name, row.Ns, table.Nanoseconds(row.Operations))).ToList();
        return new OperationFit(table, GoodnessOfFit.RSquared(fitted.Select(row => Math.Log(row.FittedNs)), fitted.Select(row => Math.Log(row.MeasuredNs))), fitted);
    }

    private static double Rounded(double ns) => Math.Round(ns, 3);
}

/// <summary>Code whose time is known.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Operations">How often it executes each class of instructions.</param>
/// <param name="Ns">What it took, above 0.</param>
public sealed record TimedCode(string Name, IReadOnlyDictionary<string, double> Operations, double Ns);

/// <summary>A time and what the fitted costs make of it.</summary>
/// <param name="Name">What took it.</param>
/// <param name="MeasuredNs">What the bench measured.</param>
/// <param name="FittedNs">What its instructions cost.</param>
public sealed record FittedRow(string Name, double MeasuredNs, double FittedNs);
