// A data set of numbers and the words that they are spoken in: the clips that a talking meter plays, one for each word. The rule is that of English
// cardinal numbers without "and" and hyphens.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Makes numbers and their words.</summary>
public static class NumberWords
{
    /// <summary>Training pairs unless said otherwise: enough that each of the 900 triples of digits occurs about twenty times.</summary>
    public const int DefaultTrainCount = 20_000;

    /// <summary>Test pairs unless said otherwise: a share of 0.9 then has an interval of 1.3 points either way.</summary>
    public const int DefaultTestCount = 2_000;

    /// <summary>Most digits: two triples, so that "thousand" is in the middle of an output.</summary>
    public const int MaxDigits = 6;

    // One number in ten is tested, and never learnt.
    private const int TestEvery = 10;

    private static readonly string[] s_small =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
        "sixteen", "seventeen", "eighteen", "nineteen",
    ];

    private static readonly string[] s_tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    /// <summary>Returns the words of a number.</summary>
    /// <param name="number">0 to 999 999.</param>
    public static string Of(int number)
    {
        if (number == 0) return s_small[0];
        var words = new List<string>();
        if (number >= 1000)
        {
            AddTriple(words, number / 1000);
            words.Add("thousand");
        }
        AddTriple(words, number % 1000);
        return string.Join(' ', words);
    }

    /// <summary>Makes a data set.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="seed">Chooses the numbers.</param>
    /// <param name="trainCount">Training pairs.</param>
    /// <param name="testCount">Test pairs.</param>
    /// <remarks>
    /// The number of digits is uniform from 1 to <see cref="MaxDigits"/>. Of them the first ones are drawn, uniformly from 1 to all, and the others are
    /// zeros: readings are often round. A number may occur more than once in a part, but no number is in both.
    /// </remarks>
    public static Dataset Generate(string name, int seed, int trainCount, int testCount)
    {
        var random = new SplitMix64((ulong)seed);
        var train = new List<LabelledSequence>();
        var test = new List<LabelledSequence>();
        while (train.Count < trainCount || test.Count < testCount)
        {
            int number = Draw(random);
            List<LabelledSequence> part = IsTested(number) ? test : train;
            if (part.Count == (part == test ? testCount : trainCount)) continue;
            int[] digits = [.. number.ToString(CultureInfo.InvariantCulture).Select(digit => (int)digit)];
            part.Add(new LabelledSequence(part.Count, Of(number), digits.Length, [], digits));
        }
        return new Dataset(name, IsText: true, FeatureCount: 0, train, test) { Labels = LabelKind.Outputs };
    }

    private static int Draw(SplitMix64 random)
    {
        int digits = 1 + Below(random, MaxDigits), significant = 1 + Below(random, digits), number = 0;
        for (int k = 0; k < digits; k++)
        {
            int digit = k >= significant ? 0 : k == 0 && digits > 1 ? 1 + Below(random, 9) : Below(random, 10);
            number = 10 * number + digit;
        }
        return number;
    }

    private static int Below(SplitMix64 random, int limit) => (int)(random.NextDouble() * limit);

    private static bool IsTested(int number) => Below(new SplitMix64((ulong)number), TestEvery) == 0;

    private static void AddTriple(List<string> words, int triple)
    {
        if (triple >= 100) words.AddRange([s_small[triple / 100], "hundred"]);
        int rest = triple % 100;
        if (rest >= 20) words.Add(s_tens[rest / 10 - 2]);
        if (rest is > 0 and < 20) words.Add(s_small[rest]);
        else if (rest % 10 > 0) words.Add(s_small[rest % 10]);
    }
}
