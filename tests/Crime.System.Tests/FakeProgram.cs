using System;
using System.IO;
using NUnit.Framework;

namespace Crime.System.Tests;

/// <summary>A shell script in the place of a program that this machine does not have.</summary>
internal static class FakeProgram
{
    /// <summary>Writes a script.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">What it plays.</param>
    /// <param name="script">Its lines after the first.</param>
    /// <returns>Its path.</returns>
    public static string Create(string folder, string name, string script)
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("the stand-in is a shell script");
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
