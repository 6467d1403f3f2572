// From the times of statements to the costs of the instructions they are made of: least squares of the relative errors, because a
// cheap statement is measured as exactly as a dear one.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Counting;
using MathNet.Numerics.LinearAlgebra;

namespace Crime.Modelling.Prediction;

/// <summary>A fitted table.</summary>
/// <param name="Table">The costs.</param>
/// <param name="RSquared">Share of the variance of the statements' times that the costs explain.</param>
/// <param name="Rows">The statements that it was fitted to, with what they took and what the table says.</param>
public sealed record OperationFit(OperationTable Table, double RSquared, IReadOnlyList<FittedStatement> Rows)
{
    // Their work is not in their instructions: one copies 256 bytes in native code, the other enters and leaves a monitor.
    private static readonly string[] s_leftOut = ["CopyArray256", "Lock"];

    /// <summary>The statements that costs are fitted to.</summary>
    public static IReadOnlyList<BenchStatement> Statements { get; } = BenchStatements.All.Where(statement => !s_leftOut.Contains(statement.Name)).ToList();

    /// <summary>Solves for the costs.</summary>
    /// <param name="measured">Pairs of a statement's name and its ns, above 0; every one of <see cref="Statements"/> at least once.</param>
    /// <param name="source">Where the times come from.</param>
    public static OperationFit Solve(IReadOnlyList<(string Name, double Ns)> measured, string source)
    {
        Dictionary<string, BenchStatement> byName = Statements.ToDictionary(statement => statement.Name);
        (BenchStatement Statement, double Ns)[] rows = measured.Where(line => byName.ContainsKey(line.Name)).Select(line => (byName[line.Name], line.Ns)).ToArray();
        List<string> classes = [.. Operation.All];
        Vector<double> costs;
        Matrix<double> design;
        while (true)
        {
            design = Matrix<double>.Build.Dense(rows.Length, classes.Count, (row, column) =>
                rows[row].Statement.Operations.GetValueOrDefault(classes[column]) / rows[row].Ns);
            costs = design.QR().Solve(Vector<double>.Build.Dense(rows.Length, 1));
            // No instruction takes less than no time: what noise made negative is free, and the others are fitted again.
            int least = costs.MinimumIndex();
            if (costs[least] >= 0) break;
            classes.RemoveAt(least);
        }
        Vector<double> residuals = design * costs - 1;
        int freedom = rows.Length - classes.Count;
        Vector<double> variances = (design.Transpose() * design).Inverse().Diagonal() * (residuals * residuals / freedom);
        var table = new OperationTable(Operation.All.ToDictionary(name => name, name =>
        {
            int column = classes.IndexOf(name);
            FittedNumber number = column < 0 ? new FittedNumber(0, 0, 0) : FittedNumber.From(costs[column], Math.Sqrt(variances[column]), freedom);
            return new OperationCost(Rounded(number.Value), source, "measured", Rounded(number.Low), Rounded(number.High));
        }));
        var fitted = rows.Select(row => new FittedStatement(row.Statement.Name, row.Ns, table.Nanoseconds(row.Statement.Operations))).ToList();
        double mean = rows.Average(row => row.Ns);
        double explained = 1 - fitted.Sum(row => (row.MeasuredNs - row.FittedNs) * (row.MeasuredNs - row.FittedNs)) / fitted.Sum(row => (row.MeasuredNs - mean) * (row.MeasuredNs - mean));
        return new OperationFit(table, explained, fitted);
    }

    private static double Rounded(double ns) => Math.Round(ns, 3);
}

/// <summary>A statement's time and what the fitted costs make of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MeasuredNs">What the bench measured.</param>
/// <param name="FittedNs">What its instructions cost.</param>
public sealed record FittedStatement(string Name, double MeasuredNs, double FittedNs);
