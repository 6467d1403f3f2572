// The one command of the project. Every verb is a file under Verbs/.

using System;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Outputs;
using Crime.Cli.Verbs;
using Crime.Gateway.Inference;
using Crime.Modelling;

namespace Crime.Cli;

/// <summary>Entry point of <c>crime</c>.</summary>
public static class Program
{
    /// <summary>Runs a verb.</summary>
    public static async Task<int> Main(string[] args)
    {
        RootCommand root = Root();
        ParseResult parsed = root.Parse(args);
        if (StrayOption(parsed) is { } stray) return Complain($"'{stray}' is no option of this verb{Suggest(parsed, stray)} (see 'crime {VerbOf(parsed)}--help')");
        if (parsed.Errors.Count > 0) return Complain(MistakeIn(parsed) + $" (see 'crime {VerbOf(parsed)}--help')");

        if (VectorWidth.Problem is { } problem) return Complain(problem);

        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            interrupt.Cancel();
        };
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, interrupt.Token);
        }
        catch (UserInputException e)
        {
            return Complain(e.Message);
        }
        catch (BoardFailedException e)
        {
            return Complain(e.Message, ExitCode.Failed);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("crime: interrupted");
            return ExitCode.Interrupted;
        }
    }

    /// <summary>Returns the command with all its verbs.</summary>
    internal static RootCommand Root()
    {
        (string Title, Command[] Verbs)[] groups =
        [
            ("Try it", [DemoVerb.Create(), BoardVerb.Create(), MonitorVerb.Create()]),
            ("Data of a sensor", [RecordVerb.Create(), DataVerb.Create(), SegmentVerb.Create(), RecordingVerb.Create(), GesturesVerb.Create(), LengthsVerb.Create()]),
            ("Models", [TrainVerb.Create(), ConvertVerb.Create(), EvalVerb.Create(), ReportVerb.Create(), PredictVerb.Create(), CompileVerb.Create()]),
            ("Boards and gateways", [FlashVerb.Create(), GatewayVerb.Create(), PublishVerb.Create(), SettingsVerb.Create(), CalibrateVerb.Create()]),
            ("Research", [SimulateVerb.Create(), ExperimentVerb.Create(), BenchVerb.Create(), ChaosVerb.Create()]),
            ("Development", [CheckDeviceVerb.Create(), PackDeviceVerb.Create(), IlCountVerb.Create(), GoldenVerb.Create(), EmbedVerb.Create(), NanoClrVerb.Create()]),
        ];
        var root = new RootCommand("CRIME for .NET nanoFramework: collaborative RNN inference between ESP32 boards and a gateway.");
        foreach (Command verb in groups.SelectMany(group => group.Verbs)) root.Add(verb);
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        var help = new GroupedHelp(groups, (SynchronousCommandLineAction)option.Action!);
        option.Action = help;
        root.SetAction(_ => help.Print());
        return root;
    }

    /// <summary>Returns an option that the verb does not have, and that was taken as its argument: it would become the name of a file. Null when there is none.</summary>
    internal static string? StrayOption(ParseResult parsed) => parsed.CommandResult.Command.Arguments
        .SelectMany(argument => parsed.GetResult(argument)?.Tokens ?? []).Select(token => token.Value)
        .FirstOrDefault(value => value.Length > 1 && value[0] == '-' && !char.IsAsciiDigit(value[1]));

    private static string Suggest(ParseResult parsed, string typed) => Suggestion.For(typed, parsed.CommandResult.Command.Options.Select(option => option.Name));

    private static string MistakeIn(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count == 0 || parsed.CommandResult.Command.Subcommands.Count == 0) return parsed.Errors[0].Message;
        string typed = parsed.UnmatchedTokens[0];
        return $"'{typed}' is not a verb{Suggestion.For(typed, parsed.CommandResult.Command.Subcommands.Select(verb => verb.Name))}";
    }

    private static string VerbOf(ParseResult parsed)
    {
        string verb = "";
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } result; at = at.Parent) verb = $"{result.Command.Name} {verb}";
        return verb;
    }

    private static int Complain(string message, int exitCode = ExitCode.BadInput)
    {
        // A message may hold a name of a foreign file. Its control characters would move the cursor of a terminal, or clear it.
        string plain = string.Concat(message.Select(letter => letter == '\n' || !char.IsControl(letter) ? letter : ' '));
        Console.Error.WriteLine("crime: " + string.Join(' ', plain.Split('\n').Select(line => line.Trim())));
        return exitCode;
    }
}
