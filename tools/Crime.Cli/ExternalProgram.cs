// Other people's programs that the command runs: nanoff, nanoCLR.

using System;
using System.ComponentModel;
using System.Diagnostics;
using Crime.Modelling;

namespace Crime.Cli;

/// <summary>Starts programs, with a message for a person when one does not start.</summary>
internal static class ExternalProgram
{
    /// <summary>Starts a program.</summary>
    /// <exception cref="UserInputException">It does not start: no such program, no right to run it, not a program.</exception>
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

    /// <summary>Asks a program to end, by SIGTERM.</summary>
    /// <returns>False where there is no such signal: on Windows.</returns>
    public static bool RequestEnd(Process process)
    {
        if (OperatingSystem.IsWindows()) return false;
        // Every shell has kill, while not every system has a program of that name.
        using Process kill = Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -TERM {process.Id} 2>/dev/null"]));
        kill.WaitForExit();
        return true;
    }
}
