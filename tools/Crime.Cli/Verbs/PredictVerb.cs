// crime predict: time, energy and break-even lengths of a model on a board before anything is flashed.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Cli.Prediction;
using Crime.Model;
using Crime.Modelling.Counting;
using Crime.Modelling.Datasets;
using Crime.Modelling.Limits;
using Crime.Modelling.ModelFiles;
using Crime.Modelling.Prediction;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class PredictVerb
{
    /// <summary>Service time of a gateway per timestep in µs, unless it is given.</summary>
    internal const int GatewayUsPerStep = 2;

    /// <summary>Service time of a gateway for a request of length zero in µs, unless it is given.</summary>
    internal const int GatewayStartUs = 500;

    private const int OperationsShown = 8;
    private const int MaxUs = 100_000_000;

    public static Command Create()
    {
        var model = new Argument<string>("MODEL.crime") { Description = $"The model file; {ModelLoading.Synthetic}INPUTSxHIDDEN for a model of the bench." };
        var board = Options.Word(
            "--board", $"The board: {string.Join(", ", CostProfile.BundledNames)}, or a .json file that 'crime calibrate' wrote.", Options.DefaultProfile);
        var kernel = Options.OneOf("--kernel", "The kernel; textbook is the baseline, which no product has.", "compiled", "table", "textbook");
        var data = new Option<string?>("--data")
        {
            Description = "Folder of a data set; its test part is run. Without it: the bundled gestures where they fit, otherwise random inputs from a seed.",
        };
        var testLines = new Option<string?>("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
        var limit = Options.Number("--limit", "Sequences to run.", 20, 1, int.MaxValue);
        var gatewayStep = Options.Number("--gateway-step-us", "The gateway's service time per timestep in µs.", GatewayUsPerStep, 0, MaxUs);
        var gatewayStart = Options.Number("--gateway-start-us", "The gateway's service time of a request of length zero in µs.", GatewayStartUs, 0, MaxUs);
        var wait = Options.Number("--wait-us", "Wait in the gateway's queue in µs.", 0, 0, MaxUs);
        var battery = new BatteryOptions();
        var plot = new Option<string?>("--plot") { Description = "Picture of cost against length, and of battery life, a .png." };
        var json = new Option<bool>("--json")
        {
            Description = "Print the prediction as JSON, every number of the profile with its source. " + BatteryOptions.JsonKeys,
        };
        var command = new Command(
            "predict",
            "Predicts what a model takes on a board: executed instructions by class, times what each costs there. Time and energy per timestep\n"
            + "and sequence, and for each link the length from which on the gateway is the better place. With --battery: days per radio mode and\n"
            + "mapping, idle draw included, and the settings that last longest.\n\n"
            + "Examples:\n  crime predict vowels.crime --board esp32-devkitc --data data/japanese-vowels --plot vowels.png\n"
            + "  crime predict vowels.crime --board my-board.json --kernel table\n"
            + "  crime predict vowels.crime --data data/japanese-vowels --battery 2500 --inputs-per-hour 120")
        {
            model, board, kernel, data, testLines, limit, gatewayStep, gatewayStart, wait, plot, json,
        };
        battery.AddTo(command);
        command.SetAction(async parsed =>
        {
            if (parsed.GetValue(plot) is { } picture) Output.CheckPicture("--plot", picture);
            BatteryUse? use = battery.Read(parsed);
            CostProfile profile = CostProfile.Load(parsed.GetRequiredValue(board));
            string path = parsed.GetRequiredValue(model);
            byte[] bytes = ModelLoading.ReadModel(path);
            ModelFile file = ModelLoading.Parse(bytes, path);
            RequestLimits limits = RequestLimits.Of(file);
            limits.CheckUsable(path, file.HasFixedPoint ? null : "it has no weights for boards");
            Dataset? read = parsed.GetValue(data) is { } folder
                ? LoadedData.Read(folder, parsed.GetValue(testLines), hasOutputs: file.Answer == AnswerKind.Sequence)
                : null;
            CountedInputs inputs = read != null
                ? CountedInputs.From(read, file, parsed.GetValue(limit))
                : CountedInputs.Default(file, parsed.GetValue(limit));
            var counted = Enum.Parse<CountedKernel>(parsed.GetRequiredValue(kernel), ignoreCase: true);
            var gateway = new GatewayCost(parsed.GetValue(gatewayStep), parsed.GetValue(gatewayStart), parsed.GetValue(wait));
            Forecast forecast = await Output.WithProgress("counting", 1, _ => Forecast.Make(bytes, file, counted, inputs, profile, gateway, use));
            if (parsed.GetValue(plot) is { } place) ForecastPlot.Save(forecast, place);
            var requests = new Requests(limits.LongestLength, limits.Describe(read == null ? 0 : new DatasetSummary(read).LongestLength, isForBoards: true));
            if (parsed.GetValue(json)) WriteJson(forecast, profile, gateway, requests, read);
            else Print(forecast, profile, gateway, requests);
            return 0;
        });
        return command;
    }

    /// <summary>The requests of a model.</summary>
    /// <param name="Longest">Most timesteps that one carries.</param>
    /// <param name="Text">The inputs that stay on the board; null for none.</param>
    private sealed record Requests(int Longest, string? Text);

    private static void WriteJson(Forecast forecast, CostProfile profile, GatewayCost gateway, Requests requests, Dataset? data) => Output.WriteJson(new
    {
        forecast.Model,
        forecast.Board,
        kernel = Words.Of(forecast.Kernel),
        forecast.Inputs,
        forecast.IlPerStep,
        us_per_step = forecast.TimeUs.PerStep,
        us_per_sequence = forecast.TimeUs.Start,
        uj_per_step = forecast.EnergyUj?.PerStep,
        uj_per_sequence = forecast.EnergyUj?.Start,
        output = forecast.Output is not { } output ? null : new
        {
            output.Gamma,
            output.Delta,
            output.IlPerStep,
            output.UsPerStep,
            output.UjPerStep,
            input_us_per_step = output.InputUs.PerStep,
            input_us_per_sequence = output.InputUs.Start,
        },
        heap_bytes = forecast.HeapSize,
        forecast.Operations,
        forecast.Code,
        gateway,
        longest_request = requests.Longest,
        requests = requests.Text,
        links = forecast.Links.Select(link => new
        {
            link.Cost.Link,
            link.Cost.Meaning,
            us_per_step = link.Cost.TimeUs.PerStep,
            us_per_sequence = link.Cost.TimeUs.Start,
            uj_per_step = link.Cost.EnergyUj.PerStep,
            uj_per_sequence = link.Cost.EnergyUj.Start,
            local_uj_per_step = link.LocalEnergyUj.PerStep,
            local_uj_per_sequence = link.LocalEnergyUj.Start,
            break_even_length_time = link.BreakEvenLengthTime,
            break_even_length_energy = link.BreakEvenLengthEnergy,
            crossing_length_time = link.CrossingLengthTime,
            crossing_length_energy = link.CrossingLengthEnergy,
        }),
        battery = forecast.Battery is { } life ? BatteryText.Json(life) : null,
        profile = new { profile.Name, numbers = profile.Board?.Numbers, operations = profile.Operations.Costs, profile.Code, profile.Lines },
    }, data);

    private static void Print(Forecast forecast, CostProfile profile, GatewayCost gateway, Requests requests)
    {
        AnsiConsole.Write(Local(forecast));
        if (forecast.Links.Count > 0)
        {
            AnsiConsole.Write(Offloads(forecast));
            if (forecast.Links.Any(link => link.IsBeyondRequests))
                AnsiConsole.WriteLine($"{Words.Beyond(requests.Longest)}: not reachable, an offload would pay only from a length that no request can carry");
            if (requests.Text is { } text) AnsiConsole.WriteLine("requests: " + text);
            AnsiConsole.WriteLine("energy counts above the idle baseline: what the board draws with nothing to do, in the state of each link");
            foreach (LinkForecast link in forecast.Links) AnsiConsole.WriteLine($"{link.Cost.Link}: {link.Cost.Meaning}");
            AnsiConsole.WriteLine(
                $"gateway, as given or assumed: {Words.Of(gateway.UsPerStep)} µs a timestep, {Words.Of(gateway.StartUs)} µs a request, "
                + $"{Words.Of(gateway.WaitUs)} µs in its queue"
                + (forecast.Output == null ? "" : "; a step of output takes as long as a timestep"));
            if (forecast.Output is { } output)
                AnsiConsole.WriteLine($"every request and sequence has the expected output in it, {WriterText.Line(output)}: the lines are over the length of the input");
        }
        else AnsiConsole.WriteLine("no energy and no links: this profile has neither power nor a radio");
        if (forecast.Battery is { } life)
        {
            AnsiConsole.Write(BatteryText.Table(life));
            foreach (string line in BatteryText.Lines(life)) AnsiConsole.WriteLine(line);
        }
        foreach (string line in Trust(profile)) AnsiConsole.WriteLine(line);
    }

    private static Table Local(Forecast forecast)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .Title(Markup.Escape($"{forecast.Model} on {forecast.Board}, {Words.Of(forecast.Kernel)} kernel, counted on {forecast.Inputs}"))
            .AddColumn("").AddColumn(new TableColumn("IL").RightAligned()).AddColumn(new TableColumn("ns each").RightAligned())
            .AddColumn(new TableColumn("µs").RightAligned()).AddColumn(new TableColumn("µJ").RightAligned());
        void Row(string label, string il, string each, double us, double? uj) => table.AddRow(
            new Text(label), new Text(il), new Text(each), new Text(Words.Of(us)), new Text(uj is { } energy ? Words.Of(energy) : "-"));
        Row("a timestep", Words.Of(forecast.IlPerStep), "", forecast.InputUs.PerStep, forecast.InputUj?.PerStep);
        foreach (OperationShare share in forecast.Operations.Take(OperationsShown))
            Row("  " + share.Operation, Words.Of(share.PerStep), Words.Of(share.Ns), share.UsPerStep, null);
        if (forecast.Operations.Count > OperationsShown)
            Row("  everything else", "", "", forecast.Operations.Skip(OperationsShown).Sum(share => share.UsPerStep), null);
        if (forecast.Code.Bytes > 0) Row($"  size of the code, {forecast.Code.Bytes} bytes", "", "", forecast.Code.UsPerStep, null);
        Row("a sequence, besides its timesteps", "", "", forecast.InputUs.Start, forecast.InputUj?.Start);
        if (forecast.Output is { } output) Row("a step of output", Words.Of(output.IlPerStep), "", output.UsPerStep, output.UjPerStep);
        table.Caption($"the kernel takes {forecast.HeapSize} bytes of heap");
        return table;
    }

    private static Table Offloads(Forecast forecast)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("offloading instead")
            .AddColumn(new TableColumn("link").NoWrap())
            .AddColumn(new TableColumn("ms a request").RightAligned()).AddColumn(new TableColumn("+ µs a timestep").RightAligned())
            .AddColumn(new TableColumn("faster from length").RightAligned()).AddColumn(new TableColumn("mJ a request").RightAligned())
            .AddColumn(new TableColumn("+ µJ a timestep").RightAligned()).AddColumn(new TableColumn("on the board").RightAligned())
            .AddColumn(new TableColumn("less energy from").RightAligned());
        foreach (LinkForecast link in forecast.Links)
            table.AddRow(
                link.Cost.Link, Words.Of(link.Cost.TimeUs.Start / 1000), Words.Of(link.Cost.TimeUs.PerStep),
                Words.OfLength(link.BreakEvenLengthTime, link.CrossingLengthTime, link.LongestRequest),
                Words.Of(link.Cost.EnergyUj.Start / 1000), Words.Of(link.Cost.EnergyUj.PerStep), Words.Of(link.LocalEnergyUj.PerStep),
                Words.OfLength(link.BreakEvenLengthEnergy, link.CrossingLengthEnergy, link.LongestRequest));
        return table;
    }

    /// <summary>Which numbers of the profile are what: a prediction is worth no more than they are.</summary>
    private static IEnumerable<string> Trust(CostProfile profile)
    {
        string[] costs = profile.Operations.Costs.Values.Select(cost => cost.Confidence).Distinct().Order().ToArray();
        yield return $"costs of instructions: {string.Join(", ", costs)}";
        yield return $"cost of code size: {profile.Code.Confidence}, {(profile.Code.Points.Count == 0 ? "taken as 0, " : "")}{profile.Code.Source}";
        if (profile.Board == null) yield break;
        foreach (var group in profile.Board.Numbers.GroupBy(number => number.Value.Confidence).OrderBy(group => group.Key))
            yield return $"{group.Key}: {string.Join(", ", group.Select(number => number.Key))}";
    }
}
