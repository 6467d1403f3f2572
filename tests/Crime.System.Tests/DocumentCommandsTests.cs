using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Crime.Cli;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A command of a document.</summary>
/// <param name="Document">Path of the document in the tree.</param>
/// <param name="Line">Number of its line.</param>
/// <param name="Text">The command as it is printed, from the verb on.</param>
public sealed record PrintedCommand(string Document, int Line, string Text)
{
    /// <summary>Its words, as a shell gives them to the program.</summary>
    public string[] Arguments => [.. DocumentCommandsTests.Words().Matches(Text).Select(word => word.Value.Replace("\"", ""))];

    /// <inheritdoc/>
    public override string ToString() => $"{Document}:{Line}: {Text}";
}

/// <summary>The commands that README.md and docs/*.md print: every one parses, and those that need nothing but the tree run, in the order of their document.</summary>
/// <remarks>They run in a copy of the tree with the program that was built for the tests, and not with a build of their own.</remarks>
[Parallelizable(ParallelScope.Self)]
public sealed partial class DocumentCommandsTests
{
    private const string Long = "runs for minutes, or until it is interrupted; another test runs it";
    private const string Hardware = "needs a board on a port";
    private const string Peer = "needs a running gateway and board, which other tests have";
    private const string Elsewhere = "needs files of a build, a program or a path that is not in the tree";

    /// <summary>Beginnings of the commands that are left out, or words in them, and the reason.</summary>
    private static readonly (string Part, string Reason)[] s_leftOut =
    [
        ("my-board.json", Hardware), ("demo", Long), ("board --s", Long), ("board --broker", Peer), ("board set", Peer),
        ("experiment", Long), ("record --mqtt", Peer), ("record --port", Hardware),
        ("flash --port", Hardware), ("monitor", Hardware), ("publish", Peer), ("gateway install", "installs a service"), ("gateway uninstall", "installs a service"),
        (" takes", Peer), ("augmented", Peer), ("data show recorded", Hardware), ("nanoclr", Elsewhere), ("calibrate bench.log", Elsewhere),
        ("--source path/to/your/code", Elsewhere), ("pack-device", Elsewhere), ("net.onnx", Elsewhere), ("net.keras", Elsewhere),
    ];

    private static IReadOnlyList<PrintedCommand> All { get; } =
        [.. Directory.GetFiles(Checkout.PathOf("docs"), "*.md").Order(StringComparer.Ordinal).Prepend(Checkout.PathOf("README.md")).SelectMany(CommandsOf)];

    private static string? ReasonOf(PrintedCommand command) =>
        s_leftOut.Where(entry => command.Text.Contains(entry.Part, StringComparison.Ordinal)).Select(entry => entry.Reason).FirstOrDefault();

    /// <summary>Verbs and options exist, and values are of their kind.</summary>
    [Test]
    public void EveryCommandParses()
    {
        Assert.That(All, Has.Count.GreaterThan(50));
        RootCommand root = Program.Root();
        string[] wrong = [.. All.Select(command => (command, Problem: ProblemOf(root.Parse(command.Arguments)))).Where(pair => pair.Problem != null)
            .Select(pair => $"{pair.command}: {pair.Problem}")];
        Assert.That(wrong, Is.Empty);
    }

    /// <summary>So that the test above can fail.</summary>
    [Test]
    public void AnUnknownOptionIsFound()
    {
        RootCommand root = Program.Root();
        PrintedCommand[] verbs = [.. All.DistinctBy(command => command.Arguments[0])];
        Assert.That(verbs.Where(command => ProblemOf(root.Parse([.. command.Arguments, "--no-such-option"])) == null), Is.Empty);
    }

    /// <summary>Verbs and options that the text names between back ticks exist too.</summary>
    [Test]
    public void EveryVerbInTheTextExists()
    {
        RootCommand root = Program.Root();
        var wrong = new List<string>();
        int count = 0;
        foreach (string path in Directory.GetFiles(Checkout.PathOf("docs"), "*.md").Prepend(Checkout.PathOf("README.md")))
            foreach (Match span in Span().Matches(File.ReadAllText(path)))
            {
                count++;
                string[] words = [.. Words().Matches(span.Groups[1].Value).Select(word => word.Value)];
                Command verb = root;
                foreach (string word in words.TakeWhile(word => verb.Subcommands.Any(sub => sub.Name == word))) verb = verb.Subcommands.Single(sub => sub.Name == word);
                IEnumerable<string> known = verb.Options.SelectMany(option => option.Aliases.Prepend(option.Name)).Append("--help").Append("--version");
                if (verb == root && words[0] is not ("VERB" or "<verb>") && !words[0].StartsWith('-')
                    || words.Any(word => word.StartsWith("--", StringComparison.Ordinal) && !known.Contains(word)))
                    wrong.Add($"{Path.GetFileName(path)}: crime {span.Groups[1].Value}");
            }
        Assert.That(count, Is.GreaterThan(30));
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void EveryReasonToLeaveACommandOutIsOfOne() =>
        Assert.That(s_leftOut.Where(entry => !All.Any(command => command.Text.Contains(entry.Part, StringComparison.Ordinal))), Is.Empty);

    /// <summary>In one fresh copy of the tree, README first: the other documents use what it made.</summary>
    [Test]
    public async Task TheOthersRunAsPrinted()
    {
        int count = 0;
        string folder = Checkout.NewFolder();
        Copy(Checkout.PathOf(), folder);
        foreach (PrintedCommand command in All.Where(command => ReasonOf(command) == null))
        {
            long start = Environment.TickCount64;
            CrimeCommand.Outcome outcome = await CrimeCommand.RunInAsync(folder, command.Arguments);
            TestContext.Out.WriteLine($"{(Environment.TickCount64 - start) / 1000.0:0.0} s  {command}");
            Assert.That(outcome.ExitCode, Is.Zero, $"{command}\n{outcome.Error}");
            count++;
        }
        Directory.Delete(folder, recursive: true);
        Assert.That(count, Is.GreaterThan(25));
    }

    /// <summary>Returns what is wrong with a command line, or null. An unknown option must not pass as the value of an argument.</summary>
    private static string? ProblemOf(ParseResult parsed) =>
        parsed.Errors.Select(error => error.Message).FirstOrDefault()
        ?? (Program.StrayOption(parsed) is { } stray ? $"'{stray}' is no option" : null);

    /// <summary>Lines of the indented blocks that begin with the command; a backslash continues a line.</summary>
    private static IEnumerable<PrintedCommand> CommandsOf(string path)
    {
        string[] lines = File.ReadAllLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            if (Start().Match(lines[i]) is not { Success: true } start) continue;
            int first = i;
            var text = new StringBuilder(lines[i][start.Length..].TrimEnd());
            while (text[^1] == '\\') text.Remove(text.Length - 1, 1).Append(lines[++i].Trim());
            yield return new PrintedCommand(Path.GetRelativePath(Checkout.PathOf(), path), first + 1, text.ToString());
        }
    }

    private static void Copy(string from, string to)
    {
        string[] notInTree = ["bin", "obj", ".git", ".vs", "TestResults"];
        foreach (string folder in Directory.GetDirectories(from))
            if (!notInTree.Contains(Path.GetFileName(folder))) Copy(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
        foreach (string file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    /// <summary>Words of a command line, of which a part may be quoted.</summary>
    [GeneratedRegex("(?:\"[^\"]*\"|\\S)+")]
    internal static partial Regex Words();

    [GeneratedRegex(@"^ {4,}(sudo )?(crime |dotnet run -c Release --project tools/Crime\.Cli -- )(?=[a-z])")]
    private static partial Regex Start();

    [GeneratedRegex(@"`crime ([^`|]+)`")]
    private static partial Regex Span();
}
