// The picture of a measurement: time and energy of each inference against the length of its input, by where it ran.

using System;
using System.Collections.Generic;
using System.Linq;
using Crime.Cli.Boards;
using Crime.Cli.Outputs;
using Crime.Modelling;
using ScottPlot;

namespace Crime.Cli.Monitor;

/// <summary>Collects readings for a picture.</summary>
internal sealed class ReadingPlot
{
    /// <summary>Most readings that are kept; from there on every second one goes.</summary>
    public const int MaxPoints = 20_000;

    private const int WidthPx = 900;
    private const int HeightPx = 900;

    private readonly string _path;
    private readonly List<Reading> _points = [];
    private long _seen;
    private int _stride = 1;

    /// <summary>Names the picture, which <see cref="Save"/> draws.</summary>
    /// <exception cref="UserInputException">The path is no place for a picture.</exception>
    public ReadingPlot(string path)
    {
        Output.CheckPicture("--plot", path);
        _path = path;
    }

    /// <summary>Readings that will be drawn.</summary>
    public int Points => _points.Count;

    /// <summary>Adds a reading.</summary>
    public void Add(Reading reading)
    {
        if (_seen++ % _stride != 0) return;
        _points.Add(reading);
        if (_points.Count < MaxPoints) return;
        List<Reading> kept = [.. _points.Where((_, index) => index % 2 == 0)];
        _points.Clear();
        _points.AddRange(kept);
        _stride *= 2;
    }

    /// <summary>Draws the picture.</summary>
    /// <exception cref="UserInputException">It cannot be written.</exception>
    public void Save()
    {
        var both = new Multiplot();
        both.AddPlots(2);
        Draw(both.GetPlot(0), "energy, mJ", reading => reading.EnergyMj);
        Draw(both.GetPlot(1), "time, ms", reading => reading.TimeMs);
        Output.WriteFile(_path, both.Render(WidthPx, HeightPx).GetImageBytes(ImageFormat.Png));
    }

    private void Draw(Plot plot, string label, Func<Reading, double> value)
    {
        foreach (IGrouping<string, Reading> target in _points.GroupBy(reading => reading.Target).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var markers = plot.Add.Markers(target.Select(reading => (double)reading.Length).ToArray(), target.Select(value).ToArray());
            markers.LegendText = target.Key;
            markers.Color = ColorOf(target.Key);
        }
        plot.XLabel("length, timesteps");
        plot.YLabel(label);
        plot.ShowLegend(Alignment.UpperLeft);
    }

    private static Color ColorOf(string target) => target switch
    {
        "local" => Color.FromHex("#0b6e99"),
        "gateway" => Color.FromHex("#d9730d"),
        _ => Color.FromHex("#ad1a72"),
    };
}
