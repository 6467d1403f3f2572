// Suggestions for mistyped words.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Cli.Outputs;

/// <summary>Finds the nearest of the words that are allowed.</summary>
internal static class Suggestion
{
    // A third of the letters may be wrong; otherwise short words are near to everything.
    private const int LettersPerMistake = 3;

    /// <summary>Returns "; did you mean 'x'?" for the nearest word, or nothing where none is near.</summary>
    /// <param name="typed">The mistyped word.</param>
    /// <param name="allowed">The words that are allowed.</param>
    public static string For(string typed, IEnumerable<string> allowed)
    {
        (string? word, int distance) = allowed.Select(word => (word, Distance(typed.ToLowerInvariant(), word)))
            .OrderBy(pair => pair.Item2).ThenBy(pair => pair.word, StringComparer.Ordinal).FirstOrDefault((null!, int.MaxValue));
        return word != null && distance <= Math.Max(1, word.Length / LettersPerMistake) ? $"; did you mean '{word}'?" : "";
    }

    /// <summary>Returns the least number of letters to insert, leave out, replace, or exchange with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var costs = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    costs[i, j] = i + j;
                    continue;
                }
                int change = a[i - 1] == b[j - 1] ? 0 : 1;
                costs[i, j] = Math.Min(Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1, costs[i - 1, j - 1] + change);
                bool isExchange = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if (isExchange) costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
            }
        }
        return costs[a.Length, b.Length];
    }
}
