// A log of a sensor as a table of text: a header, and one line per timestep. Cells are separated by commas, semicolons or tabs.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using nietras.SeparatedValues;

namespace Crime.Modelling.Datasets;

/// <summary>A log from a file.</summary>
/// <param name="Log">The log.</param>
/// <param name="ChannelNames">Names of its channels.</param>
/// <param name="Ignored">Names of the columns that were not read.</param>
/// <param name="Factor">Power of ten by which the samples were multiplied.</param>
/// <param name="IsRounded">True when samples were rounded.</param>
/// <param name="FirstGap">File, line and length of the first gap; null without one.</param>
public sealed record SensorLogContent(
    SensorLog Log, IReadOnlyList<string> ChannelNames, IReadOnlyList<string> Ignored, int Factor, bool IsRounded, string? FirstGap);

/// <summary>Reads and writes logs.</summary>
public static class SensorLogFile
{
    /// <summary>A step of the time that is longer than the median by this factor is a gap.</summary>
    public const double GapFactor = 1.5;

    private static readonly string[] s_restLabels = ["", "rest", "none", "null"];

    /// <summary>Reads a log.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The columns that the user names.</param>
    /// <exception cref="UserInputException">The file is no log; the message names the line.</exception>
    public static SensorLogContent Read(string path, SensorLogColumns columns)
    {
        try
        {
            using var stream = new StreamReader(path);
            using SepReader reader = Sep.Reader(options => options with
            {
                HasHeader = false, DisableColCountCheck = true, Unescape = true, Trim = SepTrim.All,
            }).From(stream);
            return Read(reader, path, columns);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Returns the text of a log with a time in seconds, its channels and its labels.</summary>
    /// <param name="log">The log; its rate is known.</param>
    /// <param name="channelNames">Names of its channels.</param>
    public static string ToText(SensorLog log, IReadOnlyList<string> channelNames)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"time,{string.Join(',', channelNames)},label\n");
        int mark = 0;
        for (int step = 0; step < log.Length; step++)
        {
            while (mark < log.Marks.Count && log.Marks[mark].End <= step) mark++;
            text.Append((step / log.RateHz).ToString("0.0###", CultureInfo.InvariantCulture));
            for (int i = 0; i < log.Channels; i++) text.Append(CultureInfo.InvariantCulture, $",{log.Values[step * log.Channels + i]}");
            bool isMarked = mark < log.Marks.Count && log.Marks[mark].Start <= step;
            text.Append(',').Append(isMarked ? log.Marks[mark].Label : "").Append('\n');
        }
        return text.ToString();
    }

    private static SensorLogContent Read(SepReader reader, string path, SensorLogColumns columns)
    {
        string[]? header = null;
        string headerAt = "";
        Rows? rows = null;
        bool isFirst = true;
        foreach (SepReader.Row row in reader)
        {
            // Sep 0.17.1 counts the first row as line 2, and the others as they are.
            int line = isFirst ? 1 : row.LineNumberFrom;
            isFirst = false;
            if (row.ColCount <= 1 && row.Span.IsWhiteSpace()) continue;
            string[] cells = new string[row.ColCount];
            for (int i = 0; i < cells.Length; i++) cells[i] = row[i].ToString();
            string where = $"{path}:{line}";
            if (header == null)
            {
                (header, headerAt) = (cells, where);
                continue;
            }
            rows ??= new Rows(new ColumnPlaces(header, cells, columns, headerAt));
            if (cells.Length != header.Length)
                throw new UserInputException($"{where}: {cells.Length} cells where the header has {header.Length}; correct or remove the line");
            rows.Add(cells, line, where);
        }
        if (header == null) throw new UserInputException($"{path}: empty: a log has a header and one line per sample");
        // The header alone is checked too: a file of numbers has none.
        if (rows == null)
        {
            _ = new ColumnPlaces(header, header.Select(_ => "0").ToArray(), columns, headerAt);
            throw new UserInputException($"{headerAt}: a header and no sample");
        }
        return rows.ToContent(path);
    }

    private sealed class Rows(ColumnPlaces places)
    {
        private readonly List<decimal> _samples = [];
        private readonly List<double> _times = [];
        private readonly List<string> _labels = [];
        private readonly List<int> _lines = [];

        public void Add(string[] cells, int line, string where)
        {
            foreach (int channel in places.Channels) _samples.Add(Sample(cells[channel], places.NameOf(channel), where));
            if (places.Time >= 0)
            {
                double time = Time(cells[places.Time], where);
                if (_times.Count > 0 && time < _times[^1])
                    throw new UserInputException(
                        $"{where}: the time goes back from {Text(_times[^1])} to {Text(time)}; sort the lines, or choose another column with --time");
                _times.Add(time);
            }
            if (places.Label >= 0) _labels.Add(cells[places.Label]);
            _lines.Add(line);
        }

        public SensorLogContent ToContent(string path)
        {
            SampleScale scale = SampleScale.Of(_samples);
            double median = MedianStep(path);
            int[] gaps = median > 0 ? [.. Enumerable.Range(1, _times.Count - 1).Where(i => Step(i) > GapFactor * median)] : [];
            // The mean step is exact where the times are rounded.
            double[] steady = median > 0 ? [.. Enumerable.Range(1, _times.Count - 1).Except(gaps).Select(Step)] : [];
            double rateHz = steady.Length > 0 ? 1 / (steady.Average() * places.SecondsPerUnit) : 0;
            var log = new SensorLog(places.Channels.Length, rateHz, [.. _samples.Select(scale.Apply)], Marks(gaps)) { Gaps = gaps };
            string? firstGap = gaps.Length == 0 ? null : $"{path}:{_lines[gaps[0]]}: {Text(Step(gaps[0]))} after the sample before, {Text(median)} is usual";
            return new SensorLogContent(log, [.. places.Channels.Select(places.NameOf)], places.Ignored, scale.Factor, scale.IsRounded, firstGap);
        }

        private double Step(int sample) => _times[sample] - _times[sample - 1];

        /// <summary>Median of the steps of the time; 0 without a time.</summary>
        private double MedianStep(string path)
        {
            if (_times.Count < 2) return 0;
            double median = Enumerable.Range(1, _times.Count - 1).Select(Step).Order().ElementAt((_times.Count - 1) / 2);
            if (median > 0) return median;
            throw new UserInputException(
                $"{path}:{_lines[1]}: the time of most samples is that of the sample before; choose another column with --time, or --time none for no time");
        }

        /// <summary>Runs of equal labels. A gap ends a run.</summary>
        private List<LogMark> Marks(int[] gaps)
        {
            var marks = new List<LogMark>();
            int start = 0;
            for (int i = 1; i <= _labels.Count; i++)
            {
                if (i < _labels.Count && _labels[i] == _labels[start] && Array.BinarySearch(gaps, i) < 0) continue;
                if (!s_restLabels.Contains(_labels[start], StringComparer.OrdinalIgnoreCase)) marks.Add(new LogMark(_labels[start], start, i - start));
                start = i;
            }
            return marks;
        }

        private static decimal Sample(string cell, string column, string where)
        {
            // A number that is too large for decimal is too large for 16 bits as well.
            if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
                throw new UserInputException($"{where}: '{cell}' in column '{column}' is not a number; correct it, or choose the columns with --channels");
            if (double.IsNaN(number))
                throw new UserInputException($"{where}: no number in column '{column}' (NaN); remove the lines without samples, which leaves a gap");
            if (number is < short.MinValue or > short.MaxValue)
                throw new UserInputException(
                    $"{where}: {cell} in column '{column}' is beyond 16 bits (-32768 to 32767); divide the column, or leave it out with --channels");
            return decimal.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        private double Time(string cell, string where)
        {
            if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double time) && double.IsFinite(time)) return time;
            throw new UserInputException(
                $"{where}: '{cell}' in column '{places.NameOf(places.Time)}' is not a number; the time is a number of s, ms or us, and --time none ignores it");
        }

        private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
    }
}
