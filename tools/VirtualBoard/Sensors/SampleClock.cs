// The clock of a sensor that samples by itself: the times of its samples, on the clock of the board.

using System;

namespace Crime.VirtualBoard.Sensors;

/// <summary>Counts the samples that are due.</summary>
/// <param name="nowUs">Returns the time of the board in µs.</param>
/// <param name="rateFactor">Rate of the sensor's oscillator by its nominal one.</param>
internal sealed class SampleClock(Func<long> nowUs, double rateFactor)
{
    private double _startUs;
    private double? _firstStartUs;
    private double _intervalUs;
    private long _taken;

    /// <summary>True while the sensor samples.</summary>
    public bool IsRunning => _intervalUs > 0;

    /// <summary>Starts sampling: the first sample is due after one interval.</summary>
    /// <param name="rateHz">Nominal samples per second; 0 to stop.</param>
    public void Start(double rateHz)
    {
        _intervalUs = rateHz > 0 ? 1e6 / (rateHz * rateFactor) : 0;
        _startUs = nowUs();
        _taken = 0;
        if (IsRunning) _firstStartUs ??= _startUs;
    }

    /// <summary>Returns the number of samples that are due.</summary>
    public long Due() => IsRunning ? (long)((nowUs() - _startUs) / _intervalUs) - _taken : 0;

    /// <summary>Passes samples by.</summary>
    public void Skip(long count) => _taken += count;

    /// <summary>Takes the next sample.</summary>
    /// <returns>Its time in s: 0 for the first one after the first start.</returns>
    public double Take() => (_startUs + _taken++ * _intervalUs - _firstStartUs!.Value) / 1e6;
}
