// What installing or removing a gateway consists of: steps that can be printed before they are taken. Each leaves things as they
// should be whatever they were, so that a second run changes nothing and a run that broke off is mended by the next.

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.Versioning;
using System.Text;

namespace Crime.Cli.Service;

/// <summary>One step.</summary>
/// <param name="Text">What it does.</param>
/// <param name="Run">Does it.</param>
internal sealed record ServiceStep(string Text, Action Run);

/// <summary>Steps in their order.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ServicePlan
{
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode EverybodysFile = OwnersFile | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    // A line of the settings that comes with the program; there the models lie beside it.
    private const string BundledModels = "\"Folder\": \"models\"";
    private const string NoData = "\"Folder\": \"\"";
    private const string UnitsDotnet = "ExecStart=/usr/bin/dotnet ";

    private const string SecretsText = """
        # Read by systemd as root, so that a password here is seen by nobody else. One setting a line, in this form:
        # CRIME_Broker__Password=...

        """;

    private readonly List<ServiceStep> _steps = [];
    private readonly List<string> _kept = [];
    private readonly ServicePaths _paths;

    private ServicePlan(ServicePaths paths) => _paths = paths;

    /// <summary>The steps.</summary>
    public IReadOnlyList<ServiceStep> Steps => _steps;

    /// <summary>What is left as it is.</summary>
    public IReadOnlyList<string> Kept => _kept;

    /// <summary>How to install, or to upgrade.</summary>
    /// <param name="gateway">What.</param>
    /// <param name="paths">Where.</param>
    /// <param name="dotnet">The dotnet that runs it.</param>
    /// <param name="isStarted">Whether to start it as well.</param>
    public static ServicePlan Install(PublishedGateway gateway, ServicePaths paths, string dotnet, bool isStarted)
    {
        var plan = new ServicePlan(paths);
        plan.AddProgram(gateway);
        plan.AddKept(paths.SettingsFile, SettingsFor(gateway, paths), EverybodysFile);
        plan.AddKept(paths.SecretsFile, SecretsText, OwnersFile);
        foreach (string model in gateway.Models) plan.AddModel(model);
        string unit = gateway.UnitText.Replace(UnitsDotnet, $"ExecStart={dotnet} ", StringComparison.Ordinal);
        plan.Add($"write {paths.Unit}", () => Write(paths.Unit, unit, EverybodysFile));
        if (!paths.IsMachine)
        {
            plan.Add($"enable it: link {paths.Enablement}", plan.Enable);
            return plan;
        }
        plan.AddSystemctl("daemon-reload");
        plan.AddSystemctl("enable", ServicePaths.UnitName);
        if (isStarted) plan.AddSystemctl("restart", ServicePaths.UnitName);
        return plan;
    }

    /// <summary>How to remove it.</summary>
    /// <param name="paths">Where it is.</param>
    /// <param name="isConfigurationRemoved">Whether the settings go as well.</param>
    /// <param name="areModelsRemoved">Whether the models go as well.</param>
    public static ServicePlan Uninstall(ServicePaths paths, bool isConfigurationRemoved, bool areModelsRemoved)
    {
        var plan = new ServicePlan(paths);
        bool hasUnit = File.Exists(paths.Unit);
        if (hasUnit && paths.IsMachine) plan.AddSystemctl("disable", "--now", ServicePaths.UnitName);
        if (hasUnit) plan.Add($"remove {paths.Unit}", () => File.Delete(paths.Unit));
        if (Directory.Exists(Path.GetDirectoryName(paths.Enablement)) && new FileInfo(paths.Enablement).LinkTarget != null)
            plan.Add($"remove {paths.Enablement}", () => File.Delete(paths.Enablement));
        if (hasUnit && paths.IsMachine) plan.AddSystemctl("daemon-reload");
        plan.AddRemoval(paths.Program, isRemoved: true);
        plan.AddRemoval(paths.Configuration, isConfigurationRemoved);
        plan.AddRemoval(paths.State, areModelsRemoved);
        return plan;
    }

    private static string SettingsFor(PublishedGateway gateway, ServicePaths paths) =>
        gateway.SettingsText
            .Replace(BundledModels, $"\"Folder\": \"{paths.OnMachine(paths.Models)}\"", StringComparison.Ordinal)
            .Replace(NoData, $"\"Folder\": \"{paths.OnMachine(paths.State)}\"", StringComparison.Ordinal);

    private void Add(string text, Action run) => _steps.Add(new ServiceStep(text, run));

    private void AddSystemctl(params string[] arguments) =>
        Add("systemctl " + string.Join(' ', arguments), () => Systemd.Control(arguments));

    /// <summary>A file that is the owner's once it is there.</summary>
    private void AddKept(string path, string text, UnixFileMode mode)
    {
        if (File.Exists(path)) _kept.Add(path);
        else Add($"write {path}", () => Write(path, text, mode));
    }

    private void AddModel(string source)
    {
        string path = Path.Combine(_paths.Models, Path.GetFileName(source));
        if (File.Exists(path)) _kept.Add(path);
        else Add($"copy {path}", () => Copy(source, path));
    }

    private void AddRemoval(string folder, bool isRemoved)
    {
        if (!Directory.Exists(folder)) return;
        if (!isRemoved) _kept.Add(folder);
        else Add($"remove {folder}", () => Remove(folder));
    }

    /// <summary>The whole program beside the old one first, then in its place: there is no moment with half of each.</summary>
    private void AddProgram(PublishedGateway gateway)
    {
        string fresh = _paths.Program + ".new", old = _paths.Program + ".old";
        string? installed = PublishedGateway.VersionIn(_paths.Program);
        string text = installed == null ? $"copy {gateway.Files.Count} files of {gateway.Version} to {_paths.Program}"
            : $"replace {installed} by {gateway.Files.Count} files of {gateway.Version} in {_paths.Program}";
        Add(text, () =>
        {
            foreach (string left in new[] { fresh, old })
                if (Directory.Exists(left)) Directory.Delete(left, recursive: true);
            foreach (string file in gateway.Files) Copy(Path.Combine(gateway.Folder, file), Path.Combine(fresh, file));
            if (Directory.Exists(_paths.Program)) Directory.Move(_paths.Program, old);
            Directory.Move(fresh, _paths.Program);
            if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        });
    }

    private void Enable()
    {
        MakeFolder(Path.GetDirectoryName(_paths.Enablement)!);
        if (new FileInfo(_paths.Enablement).LinkTarget != null) File.Delete(_paths.Enablement);
        File.CreateSymbolicLink(_paths.Enablement, _paths.OnMachine(_paths.Unit));
    }

    private static void Remove(string folder)
    {
        // Where systemd has put it, and then the link to there.
        string? target = new DirectoryInfo(folder).LinkTarget;
        if (target == null)
        {
            Directory.Delete(folder, recursive: true);
            return;
        }
        string real = Path.GetFullPath(target, Path.GetDirectoryName(folder)!);
        if (Directory.Exists(real)) Directory.Delete(real, recursive: true);
        File.Delete(folder);
    }

    private static void Copy(string source, string path)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        File.Copy(source, path, overwrite: true);
        SetMode(path, EverybodysFile | (File.GetUnixFileMode(source) & UnixFileMode.UserExecute));
    }

    private static void Write(string path, string text, UnixFileMode mode)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        string partial = path + ".partial";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnersFile };
        using (var writer = new StreamWriter(partial, new UTF8Encoding(false), options)) writer.Write(text);
        SetMode(partial, mode);
        File.Move(partial, path, overwrite: true);
    }

    private static void MakeFolder(string path) => Directory.CreateDirectory(path, FolderMode);

    private static void SetMode(string path, UnixFileMode mode)
    {
        bool isExecutable = (mode & UnixFileMode.UserExecute) != 0;
        File.SetUnixFileMode(path, isExecutable ? mode | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : mode);
    }
}
