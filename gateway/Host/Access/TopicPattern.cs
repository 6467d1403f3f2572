// Filters of MQTT, and which of them lies within another. MQTT 5.0, section 4.7.

using System;

namespace Crime.Gateway.Access;

/// <summary>A topic filter that rights are written with.</summary>
/// <param name="Filter">The filter: '+' stands for a level, '#' at the end for the rest.</param>
public readonly record struct TopicPattern(string Filter)
{
    /// <summary>Returns true when every topic of a filter is also one of this pattern. A topic is a filter without wildcards.</summary>
    /// <param name="filter">A topic, or a filter as a client subscribes to it.</param>
    public bool Covers(string filter)
    {
        // A wildcard at the beginning does not stand for topics that begin with '$': the broker's own, and shared subscriptions.
        if (filter.StartsWith('$') && !Filter.StartsWith('$')) return false;
        if (!IsWellFormed(filter)) return false;
        ReadOnlySpan<char> pattern = Filter, asked = filter;
        while (true)
        {
            ReadOnlySpan<char> level = Next(ref pattern, out bool isLast), askedLevel = Next(ref asked, out bool isAskedLast);
            if (level is "#") return true;
            // A '#' covers more than any level does.
            if (askedLevel is "#") return false;
            if (level is not "+" && !level.SequenceEqual(askedLevel)) return false;
            // "a/#" stands for "a" as well.
            if (isLast || isAskedLast) return isAskedLast && (isLast || pattern is "#");
        }
    }

    /// <summary>A wildcard stands alone in its level, and '#' in the last one. Brokers differ in what they take others for.</summary>
    private static bool IsWellFormed(string filter)
    {
        for (int i = 0; i < filter.Length; i++)
        {
            if (filter[i] is not ('+' or '#')) continue;
            bool isLast = i + 1 == filter.Length;
            if (i > 0 && filter[i - 1] != '/' || !isLast && (filter[i] == '#' || filter[i + 1] != '/')) return false;
        }
        return true;
    }

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> rest, out bool isLast)
    {
        int end = rest.IndexOf('/');
        isLast = end < 0;
        ReadOnlySpan<char> level = isLast ? rest : rest[..end];
        rest = isLast ? [] : rest[(end + 1)..];
        return level;
    }
}
