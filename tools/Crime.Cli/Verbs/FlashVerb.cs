// crime flash: from a built application, a settings file and a model to a board that runs them.

using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Cli.Flashing;
using Crime.Cli.Outputs;
using Spectre.Console;

namespace Crime.Cli.Verbs;

internal static class FlashVerb
{
    public static Command Create()
    {
        var port = new Option<string>("--port", "-p") { Description = "Serial port of the board; 'nanoff --listports' lists them.", Required = true };
        var target = new Option<string>("--target", "-t")
        {
            Description = "Firmware for the board: " + string.Join(", ", FlashTarget.All.Select(item => $"{item.Name} ({item.ClockMhz} MHz)")),
            Required = true,
        };
        var image = new Option<string?>("--image") { Description = "Application to deploy: the .bin file that the build of firmware/ leaves." };
        var settings = new Option<string?>("--settings") { Description = "Settings file, for I:\\crime.cfg." };
        var model = new Option<string?>("--model") { Description = "Model file, for I:\\model.crime." };
        var inputs = new Option<string?>("--inputs") { Description = "Recording to replay, for I:\\inputs.recording." };
        var wifi = new Option<string?>("--wifi")
        {
            Description = "Name of the Wi-Fi, for the board's own configuration: no file of the board has its password then. The password is asked for; with the "
                + "input redirected, it is the first line of it.",
        };
        var flashMb = Options.Number("--flash-mb", "Flash of the module in MiB; 0 for the usual one of the target", 0, 0, 32);
        var noUpdate = new Option<bool>("--no-update") { Description = "Leave nanoFramework's own firmware as it is." };
        var erase = new Option<bool>("--erase") { Description = "Erase the whole flash first, files included." };
        var files = new Option<string?>("--files") { Description = "Folder to leave the files for drive I: and their list in; without it they are removed." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check everything that needs no board and print nanoff's commands." };
        var json = new Option<bool>("--json") { Description = "Print what was done as JSON." };
        var command = new Command(
            "flash",
            "Writes firmware, application, settings and model to a board, by nanoff, and reads back what the board says of itself.\n\n"
            + "Example:\n  crime flash --port /dev/ttyUSB0 --target ESP32_REV0 --image Crime.Gestures.bin --settings crime.cfg --model vowels.crime --wifi MyNetwork")
        {
            port, target, image, settings, model, inputs, wifi, flashMb, noUpdate, erase, files, dryRun, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            FlashTarget chosen = FlashTarget.Named(parsed.GetRequiredValue(target));
            int mib = parsed.GetValue(flashMb);
            var options = new FlashOptions
            {
                Port = parsed.GetRequiredValue(port),
                Target = chosen,
                FlashMb = mib == 0 ? chosen.FlashMb : mib,
                ImagePath = parsed.GetValue(image),
                SettingsPath = parsed.GetValue(settings),
                ModelPath = parsed.GetValue(model),
                InputsPath = parsed.GetValue(inputs),
                Wifi = parsed.GetValue(wifi) is { } ssid ? WifiNetwork.Make(ssid, ReadPassword(ssid)) : null,
                Update = !parsed.GetValue(noUpdate),
                Erase = parsed.GetValue(erase),
            };
            return Run(options, parsed.GetValue(files), parsed.GetValue(dryRun), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static string ReadPassword(string ssid)
    {
        if (Console.IsInputRedirected) return Console.In.ReadLine() ?? "";
        return Output.Remarks.Prompt(new TextPrompt<string>($"Password of {Markup.Escape(ssid)} (empty for an open network):").Secret().AllowEmpty());
    }

    private static async Task<int> Run(FlashOptions options, string? filesFolder, bool isDryRun, bool json, CancellationToken cancellation)
    {
        string folder = filesFolder ?? Path.Combine(Path.GetTempPath(), "crime-flash-" + Path.GetRandomFileName());
        try
        {
            FlashPlan plan = FlashPlan.Make(options, folder);
            if (!isDryRun || filesFolder != null) plan.WriteFiles();
            if (!isDryRun)
            {
                Nanoff nanoff = Nanoff.Find();
                await FlashRun.RunAsync(plan, nanoff, Output.Remarks.WriteLine, cancellation);
            }
            if (json) Output.WriteJson(Summary(plan, isDryRun));
            else Print(plan, isDryRun);
            return 0;
        }
        finally
        {
            // The files hold the network's password.
            if (Directory.Exists(folder))
            {
                if (filesFolder == null) Directory.Delete(folder, recursive: true);
                else if (!isDryRun) File.Delete(Path.Combine(folder, FlashPlan.NetworkFile));
            }
        }
    }

    private static object Summary(FlashPlan plan, bool isDryRun) => new
    {
        port = plan.Options.Port,
        target = plan.Options.Target.Name,
        clock_mhz = plan.Options.Target.ClockMhz,
        image_bytes = plan.ImageSize,
        deployment_bytes = plan.Options.Target.DeploymentSize(plan.Options.FlashMb),
        files = plan.Files.Select(file => new { path = file.Path, bytes = file.Content.Length }),
        commands = plan.Steps.Select(step => step.CommandLine),
        done = !isDryRun,
    };

    private static void Print(FlashPlan plan, bool isDryRun)
    {
        if (isDryRun)
        {
            // Plain lines, whatever the width of the terminal: they are there to be copied.
            foreach (FlashStep step in plan.Steps) Console.Out.WriteLine(step.CommandLine);
            return;
        }
        FlashTarget target = plan.Options.Target;
        string image = plan.ImageSize == 0
            ? "application untouched"
            : $"application of {plan.ImageSize} bytes in {target.DeploymentSize(plan.Options.FlashMb)}";
        AnsiConsole.WriteLine($"{plan.Options.Port}: {target.Name} at {target.ClockMhz} MHz, {image}, {plan.Files.Count} files; the board confirms");
    }
}
