// The pins of a virtual board: what the firmware drives, and what something outside drives.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;

namespace Crime.VirtualBoard;

/// <summary>Levels of a board's GPIO pins.</summary>
public sealed class PinBank
{
    private readonly ConcurrentDictionary<int, bool> _outputs = new();
    private readonly ConcurrentDictionary<int, Func<long, bool>> _drivers = new();
    private readonly ConcurrentDictionary<int, bool> _reserved = new();

    /// <summary>Connects a pin to something outside, such as another board's output.</summary>
    /// <param name="pin">Number of the GPIO.</param>
    /// <param name="level">Its level at a time in µs on this board's clock.</param>
    public void Drive(int pin, Func<long, bool> level) => _drivers[pin] = level;

    /// <summary>Raised when the firmware sets a level: pin, level, and the time in µs on the board's clock.</summary>
    public event Action<int, bool, long>? Written;

    /// <summary>Level that the firmware gives a pin; low until it does.</summary>
    public bool Output(int pin) => _outputs.GetValueOrDefault(pin);

    /// <summary>Reserves a pin for the firmware.</summary>
    /// <returns>False when it is reserved already.</returns>
    internal bool TryReserve(int pin) => _reserved.TryAdd(pin, true);

    internal void Release(int pin) => _reserved.TryRemove(pin, out _);

    /// <summary>Releases all pins, as a start of the CLR does.</summary>
    internal void Restart() => _reserved.Clear();

    internal void Write(int pin, bool level, long nowUs)
    {
        _outputs[pin] = level;
        Written?.Invoke(pin, level, nowUs);
    }

    internal bool Read(int pin, long nowUs) => _drivers.TryGetValue(pin, out Func<long, bool>? level) ? level(nowUs) : Output(pin);
}
