// Carries out a plan. nanoff's exit code is not enough: it is 0 also when a file did not arrive, and it does not say which
// board sits on the port; so what it prints is read as well.

using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling;

namespace Crime.Cli.Flashing;

/// <summary>Runs the steps of a plan.</summary>
internal static class FlashRun
{
    /// <summary>Runs all steps.</summary>
    /// <param name="plan">The plan, its files written.</param>
    /// <param name="nanoff">The tool.</param>
    /// <param name="onLine">Receives what the tool prints.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="UserInputException">A step failed; the board keeps what the steps before it did.</exception>
    public static async Task RunAsync(FlashPlan plan, Nanoff nanoff, Action<string> onLine, CancellationToken cancellation)
    {
        foreach (FlashStep step in plan.Steps)
        {
            var (exitCode, text) = await nanoff.RunAsync(step.Arguments, onLine, cancellation);
            if (exitCode != 0) throw new UserInputException($"{step.Purpose}: '{step.CommandLine}' failed with code {exitCode}: {LastLine(text)}");
            string? problem = Problem(plan, step, text);
            if (problem != null) throw new UserInputException($"{step.Purpose}: {problem}");
        }
    }

    private static string? Problem(FlashPlan plan, FlashStep step, string text)
    {
        FlashOptions options = plan.Options;
        string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        switch (step.Purpose)
        {
            case "ports" when !words.Contains(options.Port, StringComparer.OrdinalIgnoreCase):
                return $"there is no {options.Port}; nanoff sees: {string.Join(", ", words.SkipWhile(word => word != "ports:").Skip(1).DefaultIfEmpty("none"))}";
            case "files":
                return text.Split('\n').FirstOrDefault(line => line.Contains("Error deploying") || line.Contains("Exception deploying"))?.Trim();
            case "verification" when !text.Contains(options.Target.Name, StringComparison.OrdinalIgnoreCase):
                return $"the board on {options.Port} does not name {options.Target.Name} as its firmware";
            case "verification" when options.ImagePath != null && !text.Contains(plan.ApplicationName, StringComparison.Ordinal):
                return $"the board on {options.Port} does not list {plan.ApplicationName} among its assemblies";
            default:
                return null;
        }
    }

    private static string LastLine(string text) => text.Split('\n').LastOrDefault(line => line.Trim().Length > 0)?.Trim() ?? "it said nothing";
}
