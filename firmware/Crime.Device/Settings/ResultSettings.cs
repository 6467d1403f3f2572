// The keys `result.*` and `on.*`: the certainty that a result needs, and the pins that it switches.

using System.Collections;
using Crime.Device.Results;

namespace Crime.Device.Settings;

/// <summary>Settings of results.</summary>
internal sealed class ResultSettings
{
    /// <summary>Prefix of the keys of rules; the name of a class follows.</summary>
    public const string RulePrefix = "on.";

    /// <summary>Most rules.</summary>
    public const int MostRules = 16;

    /// <summary>Most results that vote.</summary>
    public const int MostVotes = 15;

    /// <summary>Least confidence in per mille below which a result is unknown; 0 for none.</summary>
    public int LeastConfidence;

    /// <summary>Results k of one class, among the last n, that decide for it.</summary>
    public int Votes = 1;

    /// <summary>Results that vote; 1 for no vote.</summary>
    public int VotesOf = 1;

    /// <summary>Rules for results of a class, or of <c>unknown</c>: each switches a pin.</summary>
    public readonly ArrayList Rules = new ArrayList();

    /// <summary>Returns true for keys that <see cref="Apply"/> knows.</summary>
    /// <param name="key">A key of the settings file.</param>
    public static bool IsKey(string key) => key == "result.vote" || key == "result.least-confidence" || key.StartsWith(RulePrefix);

    /// <summary>Sets one setting, or adds a rule.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>What is wrong, or null.</returns>
    public string Apply(string key, string value)
    {
        if (key == "result.vote") return ApplyVote(value);
        if (key == "result.least-confidence") return SettingsFile.Number(key, value, 0, 1000, ref LeastConfidence);
        return ApplyRule(key, value);
    }

    /// <summary>Removes the rules of a class.</summary>
    /// <param name="key">The key of the rule; any other changes nothing.</param>
    public void ForgetRule(string key)
    {
        if (!key.StartsWith(RulePrefix)) return;
        string name = key.Substring(RulePrefix.Length);
        for (int i = Rules.Count - 1; i >= 0; i--)
            if (((PinRule)Rules[i]).ClassName == name) Rules.RemoveAt(i);
    }

    /// <summary>Sets the vote, from "2/3": two of the last three results.</summary>
    private string ApplyVote(string value)
    {
        string[] parts = value.Split('/');
        if (parts.Length != 2 || !int.TryParse(parts[0], out int votes) || !int.TryParse(parts[1], out int of) || votes < 1 || of < votes || of > MostVotes)
            return "result.vote is <k>/<n>: k results of one class among the last n, 1 to 15";
        Votes = votes;
        VotesOf = of;
        return null;
    }

    private string ApplyRule(string key, string value)
    {
        if (Rules.Count == MostRules) return "there are 16 rules already";
        PinRule rule = PinRule.Parse(key.Substring(RulePrefix.Length), value);
        if (rule == null) return key + " is " + PinRule.Form;
        Rules.Add(rule);
        return null;
    }
}
