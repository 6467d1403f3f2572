// The keys `result.*` and `on.*`: the certainty that a result needs, and the pins that it switches.

using System.Collections;
using Crime.Device.Results;

namespace Crime.Device.Settings;

/// <summary>Settings of results.</summary>
public sealed class ResultSettings
{
    /// <summary>Prefix of the keys of rules; the name of a class follows.</summary>
    public const string RulePrefix = "on.";

    /// <summary>Most rules.</summary>
    public const int MostRules = 16;

    /// <summary>Most results that vote.</summary>
    public const int MostVotes = 15;

    /// <summary>Least confidence in per mille below which a result is unknown; 0 for none.</summary>
    public int LeastConfidence;

    /// <summary>Results of one class, among the last <see cref="VotesOf"/>, that decide for it.</summary>
    public int Votes = 1;

    /// <summary>Results that vote; 1 for no vote.</summary>
    public int VotesOf = 1;

    /// <summary>The rules, each a <see cref="PinRule"/>.</summary>
    public readonly ArrayList Rules = new ArrayList();

    /// <summary>Sets the vote, from "2/3": two of the last three results.</summary>
    /// <param name="value">The value.</param>
    /// <returns>What is wrong, or null.</returns>
    public string ApplyVote(string value)
    {
        string[] parts = value.Split('/');
        if (parts.Length != 2 || !int.TryParse(parts[0], out int votes) || !int.TryParse(parts[1], out int of) || votes < 1 || of < votes || of > MostVotes)
            return "result.vote is <k>/<n>: k results of one class among the last n, 1 to 15";
        Votes = votes;
        VotesOf = of;
        return null;
    }

    /// <summary>Adds a rule.</summary>
    /// <param name="key">The key, with its prefix.</param>
    /// <param name="value">The value.</param>
    /// <returns>What is wrong, or null.</returns>
    public string ApplyRule(string key, string value)
    {
        if (Rules.Count == MostRules) return "there are 16 rules already";
        PinRule rule = PinRule.Parse(key.Substring(RulePrefix.Length), value);
        if (rule == null) return key + " is " + PinRule.Form;
        Rules.Add(rule);
        return null;
    }
}
