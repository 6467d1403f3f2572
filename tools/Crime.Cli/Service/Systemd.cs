// The part of systemd that installing a service speaks to.

using System;
using System.Diagnostics;
using System.IO;
using Crime.Cli.Processes;
using Crime.Modelling;

namespace Crime.Cli.Service;

/// <summary>Asks whether systemd is there, and gives it orders.</summary>
internal static class Systemd
{
    private const string Program = "systemctl";

    // As sd_booted(3) finds out.
    private const string RunningMark = "/run/systemd/system";

    /// <summary>Checks that a service can be installed on this machine by this user.</summary>
    /// <exception cref="UserInputException">Not root, or systemd does not run here.</exception>
    public static void Require()
    {
        const string staging = "or lay the files out under another folder with --root DIR";
        if (!Environment.IsPrivilegedProcess)
            throw new UserInputException($"a service of this machine is root's: run it with sudo, {staging}");
        if (!Directory.Exists(RunningMark))
            throw new UserInputException($"systemd does not run on this machine (there is no {RunningMark}): start the published gateway with what does, {staging}");
    }

    /// <summary>Runs systemctl.</summary>
    /// <exception cref="UserInputException">It fails, or is not there.</exception>
    public static void Control(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardError = true };
        using Process process = ExternalProgram.Start(start);
        string errors = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new UserInputException($"'{Program} {string.Join(' ', arguments)}' failed with code {process.ExitCode}: {errors}");
    }
}
