using System;
using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using NUnit.Framework;

namespace Crime.Testing;

/// <summary>
/// Seeds of tests with random inputs. Each run takes a fresh seed. A test prints the command that replays it; NUnit shows the output of
/// the tests that failed. The environment variable CRIME_SEED sets the seed.
/// </summary>
public static partial class TestSeed
{
    /// <summary>Name of the environment variable: a number for <see cref="Random"/>, a seed of CsCheck for <see cref="Check"/>.</summary>
    public const string Variable = "CRIME_SEED";

    private static readonly string? s_given = Environment.GetEnvironmentVariable(Variable);

    /// <summary>Seed of this run of the tests. The inputs of each test follow from it and from the test's name.</summary>
    public static int OfRun { get; } =
        int.TryParse(s_given, NumberStyles.None, CultureInfo.InvariantCulture, out int seed) ? seed : System.Random.Shared.Next();

    /// <summary>Returns random numbers for the running test, the same for the same seed of the run, and prints how to replay it.</summary>
    /// <param name="salt">Tells several sources of numbers in a test apart.</param>
    public static Random Random(string salt = "") => new(Next(salt));

    /// <summary>Returns the seed of the running test, the same for the same seed of the run, and prints how to replay it.</summary>
    /// <param name="salt">Tells several seeds in a test apart.</param>
    /// <returns>A number from 0 to 999 999 999, so that a test may add the numbers of its cases.</returns>
    public static int Next(string salt = "")
    {
        TestContext.Out.WriteLine("random inputs; to replay: " + Command(OfRun.ToString(CultureInfo.InvariantCulture)));
        // FNV-1a: the hash code of a string differs between processes.
        uint hash = 2_166_136_261;
        string text = OfRun.ToString(CultureInfo.InvariantCulture) + TestContext.CurrentContext.Test.FullName + salt;
        foreach (char letter in text) hash = (hash ^ letter) * 16_777_619;
        return (int)(hash % 1_000_000_000);
    }

    /// <summary>Runs a property test of CsCheck and prints how to replay a failure.</summary>
    /// <param name="sample">Calls Sample with the seed that it gets. The seed is null where CsCheck is to take a fresh one.</param>
    public static void Check(Action<string?> sample)
    {
        try
        {
            sample(s_given == null || int.TryParse(s_given, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : s_given);
        }
        catch (CsCheckException e)
        {
            throw new AssertionException($"{e.Message}\nto replay: {Command(SeedOfCsCheck().Match(e.Message).Groups[1].Value)}", e);
        }
    }

    private static string Command(string seed)
    {
        TestContext.TestAdapter test = TestContext.CurrentContext.Test;
        string project = test.Type?.Assembly.GetName().Name ?? "";
        return $"{Variable}={seed} dotnet test tests/{project} -c Release --filter FullyQualifiedName~{test.ClassName}.{test.MethodName}";
    }

    // As in: Set seed: "0000KOIPe036" or -e CsCheck_Seed=0000KOIPe036 to reproduce
    [GeneratedRegex("seed: \"([^\"]+)\"", RegexOptions.IgnoreCase)]
    private static partial Regex SeedOfCsCheck();
}
