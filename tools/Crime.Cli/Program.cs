// The one command of the project. Every verb is a file under Verbs/.

using System;
using System.CommandLine;
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
        var root = new RootCommand("CRIME for .NET nanoFramework: collaborative RNN inference between ESP32 boards and a gateway.")
        {
            ConvertVerb.Create(),
            EvalVerb.Create(),
            DemoVerb.Create(),
            BoardVerb.Create(),
            MonitorVerb.Create(),
            GoldenVerb.Create(),
            GesturesVerb.Create(),
            ReportVerb.Create(),
            TrainVerb.Create(),
            CompileVerb.Create(),
            CheckDeviceVerb.Create(),
            IlCountVerb.Create(),
            EmbedVerb.Create(),
            FlashVerb.Create(),
            GatewayVerb.Create(),
            NanoClrVerb.Create(),
            CalibrateVerb.Create(),
            PredictVerb.Create(),
            BenchVerb.Create(),
            SimulateVerb.Create(),
            ExperimentVerb.Create(),
            ChaosVerb.Create(),
            LengthsVerb.Create(),
            SegmentVerb.Create(),
            DataVerb.Create(),
            RecordingVerb.Create(),
        };
        ParseResult parsed = root.Parse(args);
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

    private static string MistakeIn(ParseResult parsed) =>
        parsed.CommandResult.Command is RootCommand && parsed.UnmatchedTokens.Count > 0
            ? $"'{parsed.UnmatchedTokens[0]}' is not a verb"
            : parsed.Errors[0].Message;

    private static string VerbOf(ParseResult parsed)
    {
        string verb = "";
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: not RootCommand } result; at = at.Parent) verb = $"{result.Command.Name} {verb}";
        return verb;
    }

    private static int Complain(string message, int exitCode = ExitCode.BadInput)
    {
        Console.Error.WriteLine("crime: " + string.Join(' ', message.Split('\n').Select(line => line.Trim())));
        return exitCode;
    }
}
