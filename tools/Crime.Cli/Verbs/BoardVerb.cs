// crime board: one virtual board, to look at and to talk to. Its sub-verbs change the settings of any board, and enrol boards at a gateway.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Boards;
using Crime.Cli.Outputs;
using Crime.Frames;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.VirtualBoard;

namespace Crime.Cli.Verbs;

internal static class BoardVerb
{
    private const int MaxInputs = 100_000;
    private const int MaxPort = 65535;
    private const int MaxTimestepMs = 1000;

    public static Command Create()
    {
        var broker = Options.Word("--broker", "HOST:PORT of the MQTT broker.", "localhost:1883");
        var httpPort = Options.Number("--http-port", "TCP port of the gateway's model download, on the broker's host.", 8080, 1, MaxPort);
        var model = Options.Word("--model", "Name of the model at the gateway.", GatewayModel.BundledName);
        var id = Options.Word("--id", "Name of the board.", "board");
        var objective = Options.OneOf("--objective", "What the board minimises.", "time", "energy");
        var mapping = Options.OneOf("--mapping", "Who decides where an input is computed.", "auto", "local", "gateway");
        var data = new Option<string?>("--data") { Description = "Folder of a data set for the inputs; without it: the bundled gestures." };
        var inputs = Options.Number("--inputs", "Inputs to work through.", 40, 1, MaxInputs);
        var timestep = Options.Number(
            "--timestep-ms", "Milliseconds from one timestep of an input to the next, as a sensor gives them; 0 for whole inputs.", 0, 0, MaxTimestepMs);
        var idle = new Option<bool>("--idle") { Description = "No inputs: the board waits for commands until it is interrupted." };
        var sensor = new Option<string?>("--sensor")
        {
            Description = "A sensor instead of inputs, and its signal: adxl345, mpu6050, adc or uart, '=', and a log (docs/segment.md has its form),"
                + " gestures[:SEED], or hand[:SEED], which makes gestures on demand (type perform CLASS [COUNT])."
                + " The board's settings are made for it, except on a flash that is used as it is.",
        };
        var flash = new Option<string?>("--flash")
        {
            Description = "Folder that is the board's flash and is kept; one with a crime.cfg is used as it is. Without it: a temporary one.",
        };
        var serial = Options.OneOf("--serial", "Where the board's serial port is: standard output and input, or a new pseudo-terminal.", "console", "pty");
        var profile = Options.Profile();
        var json = new Option<bool>("--json") { Description = "Print each INF and END line as JSON; with --serial pty the terminal's path." };
        Option[] setupOptions = [broker, httpPort, model, id, objective, mapping, data, inputs, timestep, idle];
        var command = new Command(
            "board",
            "Runs one virtual board with the firmware's own Main against a gateway, until it has worked through its inputs.\n"
            + "Type help for the commands of its console.\n\n"
            + "Examples:\n  crime board --broker localhost:1883\n  crime board --serial pty --idle    (then: picocom <the terminal it names>)\n"
            + "  crime board --sensor adxl345=hand --id my-board    (then type: perform circle 12)");
        foreach (Option option in (Option[])[.. setupOptions, sensor, flash, profile, serial, json]) command.Add(option);
        foreach (Command sub in (Command[])[BoardSetVerb.Create(), .. EnrolmentVerbs.Create()]) command.Add(sub);
        command.SetAction(async (parsed, cancellation) =>
        {
            bool isPty = parsed.GetRequiredValue(serial) == "pty", isJson = parsed.GetValue(json);
            string? folder = parsed.GetValue(flash);
            VirtualSensor? sensed = parsed.GetValue(sensor) is { } sensorText ? VirtualSensor.Parse(sensorText) : null;
            BoardProfile kind = BoardProfile.Bundled(parsed.GetRequiredValue(profile));
            if (folder != null && BoardFlash.IsSetUp(folder))
            {
                RefuseSetup(folder, setupOptions.Where(option => parsed.GetResult(option) is { Implicit: false }));
                return await Run(SingleBoard.On(folder, kind, sensed), sensed?.Hand, isPty, isJson, cancellation);
            }
            BoardSetup setup = SetupOf(
                parsed.GetRequiredValue(id), parsed.GetRequiredValue(mapping), parsed.GetRequiredValue(objective), parsed.GetRequiredValue(model),
                Options.Broker(parsed.GetRequiredValue(broker)), parsed.GetValue(httpPort)) with { TimestepIntervalMs = parsed.GetValue(timestep), Sensor = sensed };
            InputChoice? choice = new(parsed.GetValue(data), parsed.GetValue(inputs));
            if (parsed.GetValue(idle) || sensed != null)
            {
                if (parsed.GetResult(data) != null || parsed.GetResult(inputs) is { Implicit: false })
                    throw new UserInputException($"{(sensed == null ? "--idle" : "--sensor")} is a board without inputs: --data and --inputs do not go with it");
                choice = null;
            }
            return await Run(await SingleBoard.NewAsync(folder, kind, setup, choice, cancellation), sensed?.Hand, isPty, isJson, cancellation);
        });
        return command;
    }

    private static void RefuseSetup(string folder, IEnumerable<Option> given)
    {
        string names = string.Join(", ", given.Select(option => option.Name));
        if (names.Length > 0) throw new UserInputException($"{folder} has a crime.cfg and is used as it is: it takes no {names}");
    }

    private static BoardSetup SetupOf(string id, string mapping, string objective, string model, BrokerEndpoint broker, int httpPort)
    {
        foreach (var (option, name) in new[] { ("--id", id), ("--model", model) })
            if (!Topics.IsNodeId(name)) throw new UserInputException($"{option} takes 1 to 32 letters, digits, '-', '_' or '.'; '{name}' is not that");
        return new BoardSetup(id, mapping, objective, model, broker, broker.Host, httpPort);
    }

    private static async Task<int> Run(SingleBoard board, GesturePerformer? hand, bool isPty, bool isJson, CancellationToken cancellation)
    {
        using (board)
        using (ISerialEnd serial = isPty ? OpenTerminal(hand, isJson) : new StandardConsole(isJson ? PrintJson : Console.Out.WriteLine, hand))
            await board.RunAsync(serial, cancellation);
        return 0;
    }

    private static TerminalDevice OpenTerminal(GesturePerformer? hand, bool isJson)
    {
        var terminal = new TerminalDevice(hand);
        Console.Error.WriteLine($"the board's serial port is {terminal.Path}");
        if (isJson) Output.WriteJsonLine(new { serial = terminal.Path });
        return terminal;
    }

    private static void PrintJson(string line)
    {
        object? said = (object?)Reading.Parse(line) ?? ReadingTotals.Parse(line);
        if (said != null) Output.WriteJsonLine(said);
        else Console.Error.WriteLine(line);
    }
}
