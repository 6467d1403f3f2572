// crime nanoclr --bake: settings, model and inputs as source code, because a nanoCLR on a host has no drive I:.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Crime.Cli.Bench;
using Crime.Cli.Flashing;
using Crime.Cli.Outputs;
using Crime.Modelling;

namespace Crime.Cli.Verbs;

/// <summary>Writes the source code.</summary>
internal static class NanoClrBaking
{
    /// <summary>Writes the class with the files, and the folder for it.</summary>
    /// <param name="output">Path of the source file.</param>
    /// <param name="paths">Settings, model and inputs; null for those that are not given.</param>
    /// <param name="request">The other options.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UserInputException">A file is missing, not understood or too large, or PE files are given too.</exception>
    public static int Run(string output, string?[] paths, NanoClrRequest request)
    {
        if (request.Paths.Count > 0) throw new UserInputException("--bake takes no PE files: build the firmware after it, then run crime nanoclr --firmware");
        IReadOnlyList<DriveFile> files = DriveFiles.Read(paths[0], paths[1], paths[2]);
        if (files.Count == 0) throw new UserInputException("nothing to bake: give --settings, --model or --inputs");
        byte[] source = Encoding.UTF8.GetBytes(FileBaker.Bake(files));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{output}: its folder cannot be made: {e.Message}", e);
        }
        Output.WriteFile(output, source);
        if (request.Json) Output.WriteJson(new { output, files = files.Select(file => new { path = file.Path, bytes = file.Content.Length }) });
        else foreach (DriveFile file in files) Console.Out.WriteLine($"{file.Path}: {file.Content.Length} bytes");
        return 0;
    }
}
