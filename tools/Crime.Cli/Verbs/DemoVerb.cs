// crime demo: the main job, on this machine.

using System;
using System.CommandLine;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Demo;
using Crime.Cli.Demo.Sensor;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class DemoVerb
{
    private const int MaxBoards = 64;
    private const int MaxInputs = 100_000;
    private const int MaxRttMs = 2000;

    // Wi-Fi: the median of a good network (Sui et al., MobiSys 2016), the median and the worst tenth of a crowded one (Pei et al., INFOCOM 2016).
    private static readonly int[] s_rttMs = [3, 20, 20, 100];

    public static Command Create()
    {
        var boards = Options.Number("--boards", "Virtual boards.", 4, 1, MaxBoards);
        var inputs = Options.Number("--inputs", "Inputs over all boards.", 160, 3, MaxInputs);
        var seed = Options.Number("--seed", "Chooses the inputs.", 1, 0, int.MaxValue);
        var objective = Options.OneOf("--objective", "What the boards minimise.", "time", "energy");
        var data = new Option<string?>("--data") { Description = "Folder of a data set; needs --model. Without it: the bundled gestures." };
        var model = new Option<string?>("--model") { Description = "Model file for --data." };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var fault = Options.OneOf("--fault", "What goes wrong after a third of the inputs.", "none", "gateway-down", "slow-link", "busy-gateway");
        var broker = new Option<string?>("--broker") { Description = "HOST:PORT of an MQTT broker to use; without it the gateway brings its own." };
        var kernel = Options.OneOf(
            "--kernel", "What the boards compute with: tables, as for any model that they fetch, or code compiled from it where the firmware has it.",
            "table", "auto");
        var profile = Options.Profile();
        var rtt = Options.Numbers(
            "--rtt-ms", "Round trip to the gateway of each board; the last one also for all further boards.", s_rttMs, 0, MaxRttMs);
        var sensor = new Option<bool>("--live-sensor")
        {
            Description = "Play the way from a sensor to a lamp on one virtual board: record takes, train, convert, publish, and classify live gestures.",
        };
        var swap = new Option<bool>("--swap") { Description = "With --live-sensor: publish a second model while gestures are performed." };
        var json = new Option<bool>("--json") { Description = "Print the summary as JSON." };
        var command = new Command(
            "demo",
            "Starts a real gateway and virtual boards that run the firmware over real TCP, and compares the mapping engine with\n"
            + "sending everything one way.\n\n"
            + "Examples:\n  crime demo\n  crime demo --data data/japanese-vowels --model vowels.crime --objective energy\n"
            + "  crime demo --fault gateway-down\n  crime demo --boards 2 --rtt-ms 5 200\n  crime demo --live-sensor --swap")
        {
            boards, inputs, seed, objective, data, model, testLines, fault, broker, kernel, profile, rtt, sensor, swap, json,
        };
        Option[] ofBoards = [boards, inputs, objective, data, model, testLines, fault, broker, kernel, profile, rtt];
        command.Validators.Add(result =>
        {
            if (!result.GetValue(sensor))
            {
                if (result.GetValue(swap)) result.AddError("--swap needs --live-sensor");
                return;
            }
            foreach (Option option in ofBoards)
                if (result.GetResult(option) is { Implicit: false }) result.AddError($"{option.Name} does not go with --live-sensor");
        });
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(sensor)) return RunSensor(parsed.GetValue(seed), parsed.GetValue(swap), parsed.GetValue(json), cancellation);
            var options = new DemoOptions(
                parsed.GetValue(boards), parsed.GetValue(inputs), parsed.GetRequiredValue(objective), parsed.GetValue(data),
                parsed.GetValue(model), parsed.GetValue(testLines), FaultOf(parsed.GetRequiredValue(fault)), parsed.GetValue(seed),
                Options.Broker(parsed.GetValue(broker)), parsed.GetRequiredValue(kernel), parsed.GetRequiredValue(profile),
                parsed.GetRequiredValue(rtt));
            return Run(options, parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static Fault FaultOf(string name) => name switch
    {
        "gateway-down" => Fault.GatewayDown,
        "slow-link" => Fault.SlowLink,
        "busy-gateway" => Fault.BusyGateway,
        _ => Fault.None,
    };

    private static async Task<int> Run(DemoOptions options, bool json, CancellationToken cancellation)
    {
        if (options.DataPath == null != (options.ModelPath == null))
            throw new UserInputException("--data and --model belong together: a data set and the model that was trained on it");
        var view = new DemoView(Output.Remarks);
        var runner = new DemoRunner(options, view);
        DemoSummary summary = await view.RunAsync(() => runner.RunAsync(cancellation));
        if (json) Output.WriteJson(summary, runner.GivenData);
        else Print(summary);
        return 0;
    }

    private static async Task<int> RunSensor(int seed, bool isSwapped, bool json, CancellationToken cancellation)
    {
        SensorSummary summary = await new SensorDemo(seed, isSwapped, Console.Error.WriteLine).RunAsync(cancellation);
        if (json) Output.WriteJson(summary);
        else
            AnsiConsole.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{summary.Takes} takes, {100 * summary.TestAccuracy:0} % of the test takes right; {summary.Right} of {summary.Gestures} live gestures right, "
                + $"{summary.Lost} lost, {summary.Duplicates} twice; the lamp was switched on {summary.RulesFired} times; {summary.JsonResults} results as JSON."));
        if (!json && summary.ModelSwapped is { } hasSecond)
            AnsiConsole.WriteLine($"The board {(hasSecond ? "runs" : "does not run")} the second model; {summary.GesturesAfterSwap} gestures followed.");
        return 0;
    }

    private static void Print(DemoSummary summary)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .Title(Markup.Escape($"{summary.Inputs} inputs of {summary.Data} on {summary.Boards} boards, minimising {summary.Objective}"))
            .AddColumn("mapping").AddColumn(new TableColumn("time, ms").RightAligned()).AddColumn(new TableColumn("energy, mJ").RightAligned())
            .AddColumn("of CRIME's");
        bool isTime = summary.Objective == "time";
        double best = isTime ? summary.CrimeTimeMs : summary.CrimeEnergyMj;
        void Row(string name, double timeMs, double energyMj) => table.AddRow(
            name, timeMs.ToString("0.0", CultureInfo.InvariantCulture), energyMj.ToString("0.00", CultureInfo.InvariantCulture),
            ((isTime ? timeMs : energyMj) / best).ToString("0.00", CultureInfo.InvariantCulture) + " x");
        Row("all on the boards", summary.AllLocalTimeMs, summary.AllLocalEnergyMj);
        Row("all at the gateway", summary.AllGatewayTimeMs, summary.AllGatewayEnergyMj);
        Row("CRIME", summary.CrimeTimeMs, summary.CrimeEnergyMj);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(
            $"CRIME (kernel {summary.Kernel}): {summary.Local} on the boards, {summary.Offloaded} at the gateway, {summary.Fallback} back on the board after no answer; "
            + $"{summary.Lost} lost, {summary.Duplicates} twice; {100 * summary.Accuracy:0.0} % right; "
            + $"median break-even length {summary.MedianBreakEvenLength?.ToString(CultureInfo.InvariantCulture) ?? "never"}.");
        if (summary.LocalShareBeforeFault is { } before && summary.LocalShareAfterFault is { } after)
            AnsiConsole.WriteLine($"Fault {summary.Fault}: {100 * before:0} % decided for the board before it, {100 * after:0} % after.");
        AnsiConsole.WriteLine($"The two baselines are {summary.Baselines}.");
    }
}
