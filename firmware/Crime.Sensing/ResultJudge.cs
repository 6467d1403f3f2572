// From a label to what an application acts on: the name of the class, "unknown" where the network is not certain, and a vote of the last results.

namespace Crime.Sensing;

/// <summary>Names results. Nothing is allocated after <see cref="SetModel"/>. Used by the main thread.</summary>
public sealed class ResultJudge
{
    /// <summary>Name of a result that is not certain.</summary>
    public const string Unknown = "unknown";

    private const int NoClass = -1;

    private readonly int _leastPerMille;
    private readonly int _votes;
    private readonly int[] _last;
    private string[] _names = new string[0];
    private int _next;

    /// <summary>Makes a judge without a model.</summary>
    /// <param name="leastPerMille">Least confidence of a class in per mille; 0 accepts every result.</param>
    /// <param name="votes">Results of one class among the last ones that decide for it, at least 1.</param>
    /// <param name="of">The number of last results that vote, at least <paramref name="votes"/>; 1 for no vote.</param>
    public ResultJudge(int leastPerMille, int votes, int of)
    {
        _leastPerMille = leastPerMille;
        _votes = votes;
        _last = new int[of];
        Forget();
    }

    /// <summary>
    /// Name of the last result: its class, or <see cref="Unknown"/> where the confidence is too low. Null where the gateway publishes the result, so
    /// that the board does not know it.
    /// </summary>
    public string Name { get; private set; }

    /// <summary>The class that the vote decides for, or <see cref="Unknown"/>; null where <see cref="Name"/> is null.</summary>
    public string Decision { get; private set; }

    /// <summary>Sets the names of the classes. Results of another model do not vote.</summary>
    /// <param name="classNames">The names by label.</param>
    public void SetModel(string[] classNames)
    {
        _names = classNames;
        Forget();
    }

    /// <summary>Judges a result.</summary>
    /// <param name="label">The class; negative where it is not known.</param>
    /// <param name="confidencePerMille">Its softmax in per mille; 0 where it is not known, which does not speak against the class.</param>
    public void Judge(int label, int confidencePerMille)
    {
        Name = null;
        Decision = null;
        if (label < 0 || label >= _names.Length) return;
        bool isCertain = confidencePerMille == 0 || confidencePerMille >= _leastPerMille;
        Name = isCertain ? _names[label] : Unknown;
        _last[_next] = isCertain ? label : NoClass;
        if (++_next == _last.Length) _next = 0;
        Decision = isCertain && VotesFor(label) >= _votes ? Name : Unknown;
    }

    private int VotesFor(int label)
    {
        int votes = 0;
        for (int i = 0; i < _last.Length; i++)
            if (_last[i] == label) votes++;
        return votes;
    }

    private void Forget()
    {
        for (int i = 0; i < _last.Length; i++) _last[i] = NoClass;
        _next = 0;
    }
}
