// The signal as a person sees it while recording: a line of bars per channel.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Cli.Takes;

/// <summary>Keeps the newest timesteps of the signal, and draws them.</summary>
internal sealed class SignalPlot
{
    /// <summary>Timesteps that are shown.</summary>
    public const int Width = 60;

    private const string Bars = "▁▂▃▄▅▆▇█";

    // A sensor at rest has noise of a few steps, which is not to fill the picture.
    private const int LeastRange = 32;

    private readonly List<short[]> _steps = [];

    /// <summary>Adds a timestep.</summary>
    /// <param name="values">A number per channel.</param>
    public void Add(short[] values)
    {
        if (_steps.Count > 0 && _steps[0].Length != values.Length) _steps.Clear();
        _steps.Add(values);
        if (_steps.Count > Width) _steps.RemoveAt(0);
    }

    /// <summary>Returns a line for each channel: its number, its bars with the newest at the right, and its last value.</summary>
    public IReadOnlyList<string> Lines()
    {
        int channels = _steps.Count == 0 ? 0 : _steps[0].Length;
        return [.. Enumerable.Range(0, channels).Select(LineOf)];
    }

    private string LineOf(int channel)
    {
        int least = _steps.Min(step => step[channel]), range = Math.Max(_steps.Max(step => step[channel]) - least, LeastRange);
        string bars = string.Concat(_steps.Select(step => Bars[(step[channel] - least) * (Bars.Length - 1) / range]));
        return string.Create(CultureInfo.InvariantCulture, $"{channel + 1,3} {bars.PadLeft(Width)} {_steps[^1][channel],6}");
    }
}
