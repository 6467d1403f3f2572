// The line by which a person asks the hand with the sensor of a virtual board for gestures. It never reaches the board.

using System;
using System.Globalization;
using System.Linq;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Boards;

/// <summary>Understands <c>perform CLASS [COUNT]</c>.</summary>
internal static class HandCommand
{
    /// <summary>Most gestures of a line.</summary>
    public const int MostGestures = 1000;

    private const string Word = "perform";

    /// <summary>Form of the line, for help and messages.</summary>
    public static string Form => $"{Word} CLASS [COUNT], with a class of {string.Join(", ", GestureStream.ClassNames)}";

    /// <summary>Performs what a line asks for.</summary>
    /// <param name="line">A typed line.</param>
    /// <param name="hand">The hand; null for a board without one.</param>
    /// <param name="say">Receives one line about it.</param>
    /// <returns>False when the line is for the board.</returns>
    public static bool TryRun(string line, GesturePerformer? hand, Action<string> say)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0] != Word) return false;
        if (hand == null) say($"{Word}: no hand holds the sensor of this board; start it with --sensor adxl345=hand");
        else if (ProblemOf(words, out int count)) say($"{Word}: type {Form}, and a count from 1 to {MostGestures}");
        else
        {
            for (int i = 0; i < count; i++) hand.Perform(words[1]);
            say(string.Create(CultureInfo.InvariantCulture, $"{Word}: {count} x {words[1]}"));
        }
        return true;
    }

    private static bool ProblemOf(string[] words, out int count)
    {
        count = 1;
        if (words.Length is < 2 or > 3 || !GestureStream.ClassNames.Contains(words[1])) return true;
        return words.Length == 3 && (!int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out count) || count is < 1 or > MostGestures);
    }
}
