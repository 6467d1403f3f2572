// crime pack-device: the library of boards as NuGet packages, from the output of its build.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.DeviceCode.Projects;
using Crime.Modelling;
using NuGet.Packaging;

namespace Crime.Cli.Verbs;

internal static class PackDeviceVerb
{
    private const string DefaultOutput = "firmware/Sdk/Device/bin/Release";

    // Metadata processor 3 begins its files so. Released firmware loads no others.
    private static readonly byte[] s_magic = [.. "NFMRK1"u8];

    private static readonly string[] s_nuspecs = ["firmware/Crime.Sensing/Crime.Sensing.nuspec", "firmware/Crime.Device/Crime.Device.nuspec"];
    private static readonly string[] s_assemblies = ["Crime.Shared", "Crime.Kernel", "Crime.Sensing", "Crime.Device"];

    public static Command Create()
    {
        var from = new Option<string?>("--from")
        {
            Description = $"Folder with the output of the build, or one above it. Without it: {DefaultOutput} of the checkout around the current folder.",
        };
        var output = new Option<string>("--output", "-o") { Description = "Folder that receives the packages.", Required = true };
        var json = new Option<bool>("--json") { Description = "Print the packages as JSON." };
        var command = new Command(
            "pack-device",
            "Makes NuGet packages of the device library: Crime.Sensing (a classifier without a network) and Crime.Device (one with a gateway).\n"
            + "Build the library first: dotnet build firmware/Sdk/Device -c Release. The packages pin the versions that it was built with.\n\n"
            + "Example:\n  crime pack-device -o packages")
        {
            from, output, json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(from), parsed.GetRequiredValue(output), parsed.GetValue(json)));
        return command;
    }

    private static int Run(string? from, string output, bool json)
    {
        DeviceTree tree = DeviceTree.Find(Directory.GetCurrentDirectory())
            ?? throw new UserInputException("the current folder is in no checkout (no Crime.Embedded.sln here or above): go to the checkout");
        string built = FolderOf(from ?? Path.Combine(tree.Root, DefaultOutput));
        foreach (string assembly in s_assemblies) Check(built, assembly);
        (string Path, byte[] Content)[] packages = [.. s_nuspecs.Select(nuspec => Pack(Path.Combine(tree.Root, nuspec), built, output))];
        Directory.CreateDirectory(output);
        Output.WriteFiles(packages);
        if (json) Output.WriteJson(new { packages = packages.Select(package => new { path = package.Path, bytes = package.Content.Length }) });
        else foreach ((string path, byte[] content) in packages) Console.Out.WriteLine($"{path}: {content.Length} bytes");
        return 0;
    }

    /// <summary>Returns the one folder at or below a path that has the library.</summary>
    private static string FolderOf(string path)
    {
        string wanted = s_assemblies[^1] + ".pe";
        IEnumerable<string> found = Directory.Exists(path) ? Directory.EnumerateFiles(path, wanted, SearchOption.AllDirectories) : [];
        string[] folders = [.. found.Select(file => Path.GetDirectoryName(file)!).Order()];
        if (folders.Length == 0) throw new UserInputException($"{path}: no {wanted} there; build the library first: dotnet build firmware/Sdk/Device -c Release");
        if (folders.Length > 1) throw new UserInputException($"{path}: {wanted} lies in {folders[0]} and in {folders[1]}; give one of them with --from");
        return folders[0];
    }

    private static void Check(string folder, string assembly)
    {
        foreach (string ending in new[] { ".pe", ".dll" })
        {
            string path = Path.Combine(folder, assembly + ending);
            if (!File.Exists(path)) throw new UserInputException($"{folder}: no {assembly}{ending} there; build the library anew");
        }
        string image = Path.Combine(folder, assembly + ".pe");
        if (!File.ReadAllBytes(image).AsEnumerable().Take(s_magic.Length).SequenceEqual(s_magic))
            throw new UserInputException($"{image}: not a PE file of nanoFramework that released firmware loads (NFMRK1)");
    }

    private static (string Path, byte[] Content) Pack(string nuspec, string built, string output)
    {
        string version = typeof(PackDeviceVerb).Assembly.GetName().Version!.ToString(3);
        using FileStream file = File.OpenRead(nuspec);
        string full = Path.GetFullPath(built);
        var builder = new PackageBuilder(file, Path.GetDirectoryName(nuspec), name => name == "version" ? version : name == "output" ? full : "");
        using var content = new MemoryStream();
        builder.Save(content);
        return (Path.Combine(output, $"{builder.Id}.{version}.nupkg"), content.ToArray());
    }
}
