// Slows down a client that guesses passwords, by its address. Addresses of IPv6 count by their /64: one machine has all of it.

using System;
using System.Collections.Generic;
using System.Net;

namespace Crime.Gateway.Access;

/// <summary>Decides how long a refusal waits, and whether an attempt is looked at. Thread-safe.</summary>
public sealed class GuessLimiter
{
    /// <summary>Refusals that wait per address at a time; a further attempt from it is refused unseen.</summary>
    public const int MaxWaitingPerAddress = 8;

    /// <summary>Time in ms by which the first refusal waits; doubled with each further one.</summary>
    public const int FirstDelayMs = 250;

    /// <summary>Longest wait of a refusal in ms.</summary>
    public const int LongestDelayMs = 8000;

    /// <summary>Time in ms without a failure after which an address counts as new.</summary>
    public const int ForgottenAfterMs = 60_000;

    /// <summary>Most addresses that are remembered; the one with the oldest failure is forgotten for a further one.</summary>
    public const int MaxAddresses = 4096;

    private const int PrefixBytes = 8;

    private readonly Dictionary<IPAddress, Record> _records = [];
    private readonly TimeProvider _time;

    /// <summary>Makes a limiter that has seen nothing.</summary>
    /// <param name="time">Its monotonic clock is used alone: setting the time of day frees no address.</param>
    public GuessLimiter(TimeProvider time) => _time = time;

    /// <summary>Returns true when an attempt from an address may be looked at.</summary>
    /// <param name="address">The address.</param>
    public bool MayTry(IPAddress address)
    {
        lock (_records) return !_records.TryGetValue(KeyOf(address), out Record? record) || record.Waiting < MaxWaitingPerAddress;
    }

    /// <summary>Notes a wrong password.</summary>
    /// <param name="address">The address.</param>
    /// <returns>The wait of its refusal, and true for the first of a series, which is logged. <see cref="End"/> follows the wait.</returns>
    public (TimeSpan Delay, bool IsFirst) Begin(IPAddress address)
    {
        lock (_records)
        {
            IPAddress key = KeyOf(address);
            long now = _time.GetTimestamp();
            bool isFirst = !_records.TryGetValue(key, out Record? record) || _time.GetElapsedTime(record.LastAt, now).TotalMilliseconds > ForgottenAfterMs;
            if (record == null)
            {
                if (_records.Count >= MaxAddresses) ForgetOldest();
                _records[key] = record = new Record();
            }
            if (isFirst) record.Failures = 0;
            record.LastAt = now;
            record.Waiting++;
            int delayMs = Math.Min(LongestDelayMs, FirstDelayMs << Math.Min(record.Failures, 16));
            if (record.Failures < int.MaxValue) record.Failures++;
            return (TimeSpan.FromMilliseconds(delayMs), isFirst);
        }
    }

    /// <summary>A refusal has waited.</summary>
    /// <param name="address">The address.</param>
    public void End(IPAddress address)
    {
        lock (_records)
            if (_records.TryGetValue(KeyOf(address), out Record? record) && record.Waiting > 0) record.Waiting--;
    }

    private void ForgetOldest()
    {
        IPAddress? oldest = null;
        long oldestAt = long.MaxValue;
        foreach (var (address, record) in _records)
        {
            if (record.LastAt >= oldestAt) continue;
            (oldest, oldestAt) = (address, record.LastAt);
        }
        if (oldest != null) _records.Remove(oldest);
    }

    private static IPAddress KeyOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        byte[] bytes = address.GetAddressBytes();
        if (bytes.Length <= PrefixBytes) return address;
        Array.Clear(bytes, PrefixBytes, bytes.Length - PrefixBytes);
        return new IPAddress(bytes);
    }

    private sealed class Record
    {
        public int Failures;
        public int Waiting;
        public long LastAt;
    }
}
