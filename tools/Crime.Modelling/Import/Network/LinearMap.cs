// A linear map of the numbers of a timestep, or of a sequence. Most maps of a graph only pick and reorder, so a row holds only
// the columns that it reads. Numbers are double until the model is built: two layers in a row lose nothing between them.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Modelling.Import.Symbols;

namespace Crime.Modelling.Import.Network;

/// <summary>A row of a linear map: a number that comes out.</summary>
/// <param name="Columns">The numbers that it reads, ascending.</param>
/// <param name="Weights">Their weights.</param>
/// <param name="Bias">The number that is added.</param>
internal sealed record MapRow(int[] Columns, double[] Weights, double Bias)
{
    /// <summary>True when the row is a copy of one number.</summary>
    public bool IsCopy => Columns.Length == 1 && Weights[0] == 1 && Bias == 0;
}

/// <summary>A linear map with a bias.</summary>
/// <param name="inputCount">Numbers that go in.</param>
/// <param name="rows">One row for each number that comes out.</param>
/// <param name="products">Products that it took to make the map.</param>
internal sealed class LinearMap(int inputCount, IReadOnlyList<MapRow> rows, long products = 0)
{
    // Bounds the memory that a file can ask for. The largest layers that a model holds need a hundredth of it.
    private const long MaxEntries = 1L << 24;

    /// <summary>
    /// Most products that the maps of a file may take together: they bound the time to read it. A Linear of 512 numbers behind another
    /// one takes half of them, in front of a layer it takes a thousandth.
    /// </summary>
    public const long MaxProducts = 1L << 28;

    /// <summary>Most rows of a map.</summary>
    public const int MaxRows = 1 << 20;

    /// <summary>Numbers that go in.</summary>
    public int InputCount => inputCount;

    /// <summary>One row for each number that comes out.</summary>
    public IReadOnlyList<MapRow> Rows => rows;

    /// <summary>Returns the refusal of more products than <see cref="MaxProducts"/>.</summary>
    /// <param name="what">The part of the network that takes them.</param>
    public static NotKnownException TooLarge(string what) => new($"{what} of more than {MaxProducts} products") { IsTooLarge = true };

    /// <summary>The work of making the map: its products, and what it takes to write it down.</summary>
    public long Work => products + rows.Count + rows.Sum(row => (long)row.Columns.Length);

    /// <summary>True when every row is a copy.</summary>
    public bool IsSelection => rows.All(row => row.IsCopy);

    /// <summary>True when the map changes nothing.</summary>
    public bool IsIdentity => rows.Count == inputCount && IsSelection && rows.Select((row, n) => row.Columns[0] == n).All(isSame => isSame);

    /// <summary>Returns the map that changes nothing.</summary>
    public static LinearMap Identity(int count) => count > MaxRows
        ? throw new NotKnownException($"a vector of {count} numbers")
        : new LinearMap(count, [.. Enumerable.Range(0, count).Select(n => new MapRow([n], [1], 0))]);

    /// <summary>Returns some of the rows, in the given order.</summary>
    public LinearMap Picked(IEnumerable<int> places)
    {
        MapRow[] picked = [.. places.Select(place => rows[place]).Take(MaxRows + 1)];
        return picked.Length <= MaxRows ? new LinearMap(inputCount, picked) : throw new NotKnownException("a vector of this size");
    }

    /// <summary>Returns the map with each row scaled and shifted.</summary>
    public LinearMap Scaled(Func<int, double> scale, Func<int, double> shift) => new(inputCount, [.. rows.Select((row, n) =>
    {
        double factor = scale(n);
        return factor == 1
            ? row with { Bias = row.Bias + shift(n) }
            : new MapRow(row.Columns, Array.ConvertAll(row.Weights, weight => weight * factor), row.Bias * factor + shift(n));
    })]);

    /// <summary>Returns sums of rows.</summary>
    /// <param name="sums">For each number that comes out: the rows that it sums up and their factors.</param>
    public LinearMap Combined(IEnumerable<IReadOnlyList<(int Row, double Factor)>> sums)
    {
        var totals = new double[inputCount];
        var isUsed = new bool[inputCount];
        var result = new List<MapRow>();
        long done = 0, entries = 0;
        foreach (IReadOnlyList<(int Row, double Factor)> sum in sums)
        {
            var columns = new List<int>();
            double bias = 0;
            foreach (var (row, factor) in sum)
            {
                MapRow from = rows[row];
                if ((done += from.Columns.Length) > MaxProducts) throw TooLarge("a linear layer");
                bias += factor * from.Bias;
                for (int n = 0; n < from.Columns.Length; n++)
                {
                    int column = from.Columns[n];
                    if (!isUsed[column]) columns.Add(column);
                    isUsed[column] = true;
                    totals[column] += factor * from.Weights[n];
                }
            }
            if ((entries += columns.Count) > MaxEntries || result.Count == MaxRows) throw new NotKnownException("a linear layer of this size");
            columns.Sort();
            result.Add(new MapRow([.. columns], [.. columns.Select(column => totals[column])], bias));
            foreach (int column in columns)
            {
                totals[column] = 0;
                isUsed[column] = false;
            }
        }
        return new LinearMap(inputCount, result, done);
    }

    /// <summary>Returns the map with its columns elsewhere among more of them.</summary>
    /// <param name="places">The new place of each column.</param>
    /// <param name="count">Columns of the result.</param>
    public LinearMap Placed(int[] places, int count) => new(count, [.. rows.Select(row =>
    {
        int[] columns = Array.ConvertAll(row.Columns, column => places[column]);
        double[] weights = [.. row.Weights];
        Array.Sort(columns, weights);
        return row with { Columns = columns, Weights = weights };
    })]);

    /// <summary>Returns the rows of this map and of others, one after the other.</summary>
    public static LinearMap Stacked(IReadOnlyList<LinearMap> maps) => maps.Sum(map => (long)map.Rows.Count) <= MaxRows
        ? new LinearMap(maps[0].InputCount, [.. maps.SelectMany(map => map.Rows)])
        : throw new NotKnownException("a vector of this size");
}
