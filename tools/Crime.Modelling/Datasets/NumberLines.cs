// Lines of numbers: the layouts of the UCR archive and of UCI HAR. They are no text, although every digit is a character.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Reads lines of numbers that are separated by blanks, tabs, commas or semicolons.</summary>
internal static class NumberLines
{
    private static readonly char[] s_separators = [' ', '\t', ',', ';'];

    /// <summary>Returns the cells of a line.</summary>
    public static string[] Cells(string line) => line.Split(s_separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Returns whether a line holds numbers only.</summary>
    public static bool IsNumbers(string line)
    {
        string[] cells = Cells(line);
        return cells.Length > 0 && cells.All(IsNumber);
    }

    /// <summary>Returns whether a file holds lines of numbers only; a first line of words may be a header, a first cell of each line a class.</summary>
    /// <param name="path">The file.</param>
    public static bool AreNumbers(string path)
    {
        int lines = 0;
        foreach (TextLine line in TextLines.Read(path))
        {
            string[] cells = Cells(line.Text);
            bool isSeries = cells.Length > 2 && cells.Skip(1).All(IsNumber);
            if (!isSeries && !cells.All(IsNumber) && lines > 0) return false;
            if (isSeries || cells.All(IsNumber)) lines++;
            else if (line.Number > 1) return false;
        }
        return lines > 0;
    }

    /// <summary>Returns the numbers of a line from a cell on.</summary>
    /// <param name="line">The line.</param>
    /// <param name="first">Zero-based number of the first cell.</param>
    /// <exception cref="UserInputException">There is none, or one is missing or no number.</exception>
    public static float[] Numbers(TextLine line, int first)
    {
        string[] cells = Cells(line.Text);
        // The UCR archive fills short sequences up with NaN.
        int end = cells.Length;
        while (end > first && IsMissing(cells[end - 1])) end--;
        if (end <= first) throw new UserInputException($"{line.Where}: no numbers; a line is one sequence");
        var values = new float[end - first];
        for (int i = first; i < end; i++)
        {
            if (IsMissing(cells[i])) throw new UserInputException($"{line.Where}: missing values are not supported ('{cells[i]}'); fill them in, or remove the sequence");
            if (!float.TryParse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i - first]) || !float.IsFinite(values[i - first]))
                throw new UserInputException($"{line.Where}: '{cells[i]}' is not a number");
        }
        return values;
    }

    /// <summary>Returns a class: a name, or a whole number in its shortest form ("1.0000000e+00" is "1").</summary>
    /// <exception cref="UserInputException">It is a number with a fraction, so a target of a regression.</exception>
    public static string Class(string cell, string where)
    {
        if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) return cell;
        if (double.IsInteger(number) && Math.Abs(number) < int.MaxValue) return number.ToString("0", CultureInfo.InvariantCulture);
        throw new UserInputException($"{where}: '{cell}' is no class but a number with a fraction; a class is a name or a whole number");
    }

    /// <summary>Reads a file of the UCR archive: a sequence a line, the class first.</summary>
    public static List<LabelledSequence> ReadUcr(string path)
    {
        var sequences = new List<LabelledSequence>();
        foreach (TextLine line in TextLines.Read(path))
        {
            float[] values = Numbers(line, 1);
            sequences.Add(new LabelledSequence(sequences.Count, Class(Cells(line.Text)[0], line.Where), values.Length, values, []));
        }
        return sequences;
    }

    private static bool IsNumber(string cell) =>
        IsMissing(cell) || double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static bool IsMissing(string cell) => cell == "?" || cell.Equals("nan", StringComparison.OrdinalIgnoreCase);
}
