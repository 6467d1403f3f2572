// How a person writes what is to be minimised, on the console and in the settings file.

using Crime.Costs;

namespace Crime.Device.Settings;

/// <summary>Reads and writes objectives: <c>time</c>, <c>energy</c>, <c>weighted 0.25</c>, <c>deadline 150 95</c>.</summary>
internal static class ObjectiveText
{
    /// <summary>What a person may write, for messages.</summary>
    public const string Forms = "time, energy, weighted <time's share, 0 to 1>, deadline <ms, 1 to 60000> <percent, 50 to 99>";

    private const int Thousand = 1000;

    /// <summary>Reads an objective; allocates.</summary>
    /// <param name="text">Words between single spaces.</param>
    /// <returns>The objective, or null when the text is none.</returns>
    public static Objective Parse(string text)
    {
        string[] words = text.Split(' ');
        switch (words[0])
        {
            case "time": return words.Length == 1 ? Objective.Time : null;
            case "energy": return words.Length == 1 ? Objective.Energy : null;
            case "weighted":
                return words.Length == 2 && Thousandths(words[1], out int lambda) ? Objective.Weighted(lambda) : null;
            case "deadline":
                if (words.Length != 3 || !int.TryParse(words[1], out int timeMs) || !int.TryParse(words[2], out int percent)) return null;
                if (timeMs < Objective.MinDeadlineMs || timeMs > Objective.MaxDeadlineMs) return null;
                return percent < Objective.MinQuantile || percent > Objective.MaxQuantile ? null : Objective.Deadline(timeMs, percent);
            default: return null;
        }
    }

    /// <summary>Name of an objective, as a person writes it.</summary>
    public static string NameOf(ObjectiveKind kind)
    {
        switch (kind)
        {
            case ObjectiveKind.Time: return "time";
            case ObjectiveKind.Energy: return "energy";
            case ObjectiveKind.Weighted: return "weighted";
            default: return "deadline";
        }
    }

    /// <summary>Reads 0, 1, or up to three digits after "0.".</summary>
    private static bool Thousandths(string text, out int value)
    {
        value = 0;
        if (text == "1" || text == "0")
        {
            value = text == "1" ? Thousand : 0;
            return true;
        }
        if (text.Length < 3 || text.Length > 5 || text[0] != '0' || text[1] != '.') return false;
        int weight = Thousand / 10;
        for (int i = 2; i < text.Length; i++, weight /= 10)
        {
            if (text[i] < '0' || text[i] > '9') return false;
            value += (text[i] - '0') * weight;
        }
        return true;
    }
}
