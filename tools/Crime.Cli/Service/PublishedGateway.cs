// The folder that "dotnet publish gateway" leaves.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using Crime.Modelling;

namespace Crime.Cli.Service;

/// <summary>A gateway to be installed, found to be whole.</summary>
internal sealed class PublishedGateway
{
    private const string Assembly = "Crime.Gateway.dll";
    private const string Settings = "appsettings.json";

    private static readonly string s_unit = Path.Combine("systemd", ServicePaths.UnitName);
    private static readonly string[] s_needed = [Assembly, "Crime.Gateway.runtimeconfig.json", "Crime.Gateway.deps.json", Settings, s_unit];

    private PublishedGateway(string folder)
    {
        Folder = folder;
        Version = VersionIn(folder)!;
        Files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal).ToArray();
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The program's version.</summary>
    public string Version { get; }

    /// <summary>Its files, relative to the folder.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The text of the settings file that comes with it.</summary>
    public string SettingsText => File.ReadAllText(Path.Combine(Folder, Settings));

    /// <summary>The text of its unit.</summary>
    public string UnitText => File.ReadAllText(Path.Combine(Folder, s_unit));

    /// <summary>The models that come with it.</summary>
    public IReadOnlyList<string> Models =>
        Directory.Exists(ModelsFolder) ? Directory.GetFiles(ModelsFolder, "*.crime").Order(StringComparer.Ordinal).ToArray() : [];

    private string ModelsFolder => Path.Combine(Folder, "models");

    /// <summary>Opens a folder.</summary>
    /// <exception cref="UserInputException">It is not there, or not a published gateway.</exception>
    public static PublishedGateway Open(string folder)
    {
        string path = Path.GetFullPath(folder);
        string? missing = s_needed.FirstOrDefault(file => !File.Exists(Path.Combine(path, file)));
        if (missing != null)
            throw new UserInputException($"{folder}: is no published gateway, it has no {missing}; make one with 'dotnet publish gateway -c Release -o {folder}'");
        return new PublishedGateway(path);
    }

    /// <summary>Version of the gateway in a folder; null where there is none.</summary>
    public static string? VersionIn(string folder)
    {
        string path = Path.Combine(folder, Assembly);
        return File.Exists(path) ? FileVersionInfo.GetVersionInfo(path).FileVersion ?? "?" : null;
    }
}
