// crime check-device: device code is checked for what the device's CLR does otherwise than .NET.

using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.DeviceCode;
using Crime.DeviceCode.Projects;
using Crime.DeviceCode.Rules;
using Crime.Modelling;

namespace Crime.Cli.Verbs;

internal static class CheckDeviceVerb
{
    public static Command Create()
    {
        var source = new Option<string?>("--source")
        {
            Description = "Folder with device code; all C# files below it are checked. Without it: the device projects of the checkout around the current folder.",
        };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON." };
        var command = new Command(
            "check-device",
            "Checks device code for what the nanoFramework CLR does otherwise than .NET, or cannot run: elements of string arrays that are read\n"
            + "before they were set, checked arithmetic, the text of enums, types and members that a device lacks, and sizes that the CLR does not\n"
            + "bear. Prints one line per finding, file:line: reason, and exits with 2 where there is one.\n\n"
            + "Examples:\n  crime check-device\n  crime check-device --source firmware/apps/Gestures")
        {
            source, json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(source), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string? source, bool json)
    {
        GateReport report = Check(source);
        if (json)
        {
            Output.WriteJson(new
            {
                files = report.FileCount,
                findings = report.Findings.Select(found => new { file = found.File, line = found.Line, reason = found.Reason }),
            });
        }
        else
        {
            foreach (Finding found in report.Findings) Console.Out.WriteLine(found);
            if (report.Findings.Count == 0) Console.Out.WriteLine($"{report.FileCount} files of device code, no finding");
        }
        return report.Findings.Count == 0 ? 0 : ExitCode.BadInput;
    }

    private static GateReport Check(string? source)
    {
        try
        {
            if (source != null) return DeviceGate.CheckFolder(source);
            DeviceTree tree = DeviceTree.Find(Directory.GetCurrentDirectory())
                ?? throw new UserInputException(
                    "the current folder is in no checkout (no Crime.Embedded.sln here or above): give the folder of device code with --source");
            return DeviceGate.CheckTree(tree);
        }
        catch (DeviceSourceException e)
        {
            throw new UserInputException(e.Message, e);
        }
    }
}
