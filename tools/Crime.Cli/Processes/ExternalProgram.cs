// Starts and ends the external programs that the command runs, such as nanoff, nanoCLR and systemctl.

using System;
using System.ComponentModel;
using System.Diagnostics;
using Crime.Modelling;

namespace Crime.Cli.Processes;

/// <summary>Starts external programs and reports a program that does not start as an input error.</summary>
internal static class ExternalProgram
{
    /// <summary>Starts a program.</summary>
    /// <exception cref="UserInputException">The program does not start: the file is missing, not executable or not permitted.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new UserInputException($"{start.FileName} does not start: {e.Message}", e);
        }
    }

    /// <summary>Requests that a program ends, by SIGTERM.</summary>
    /// <returns>False on Windows, which has no such signal.</returns>
    public static bool RequestEnd(Process process)
    {
        if (OperatingSystem.IsWindows()) return false;
        // Every shell has kill as a built-in; not every system has a program of that name.
        using Process kill = Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -TERM {process.Id} 2>/dev/null"]));
        kill.WaitForExit();
        return true;
    }
}
