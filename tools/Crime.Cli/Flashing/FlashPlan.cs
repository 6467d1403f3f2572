// What `crime flash` is going to do, checked as far as it can be without a board: nothing is written to one that would not
// fit, not be understood, or not be read there.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Cli.Outputs;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;

namespace Crime.Cli.Flashing;

/// <summary>What a person asked for.</summary>
internal sealed record FlashOptions
{
    /// <summary>Serial port of the board.</summary>
    public required string Port { get; init; }

    /// <summary>Firmware for it.</summary>
    public required FlashTarget Target { get; init; }

    /// <summary>Flash of the module in MiB.</summary>
    public required int FlashMb { get; init; }

    /// <summary>Application to deploy; null to leave the one that is there.</summary>
    public string? ImagePath { get; init; }

    /// <summary>Settings for drive I:; null to leave them.</summary>
    public string? SettingsPath { get; init; }

    /// <summary>Model for drive I:; null to leave it.</summary>
    public string? ModelPath { get; init; }

    /// <summary>Recorded inputs for drive I:; null to leave them.</summary>
    public string? InputsPath { get; init; }

    /// <summary>Wi-Fi for the board's own configuration; null to leave it.</summary>
    public WifiNetwork? Wifi { get; init; }

    /// <summary>Whether to write nanoFramework's firmware as well.</summary>
    public bool Update { get; init; }

    /// <summary>Whether to erase the whole flash before, files included.</summary>
    public bool Erase { get; init; }
}

/// <summary>A Wi-Fi that boards join.</summary>
/// <param name="Ssid">Its name, 1 to 32 letters.</param>
/// <param name="Password">Its password, 8 to 64 letters; empty for an open network.</param>
internal sealed record WifiNetwork(string Ssid, string Password)
{
    /// <summary>Returns the network, or refuses a name or password that no network has.</summary>
    /// <exception cref="UserInputException">One of them has another length.</exception>
    public static WifiNetwork Make(string ssid, string password)
    {
        if (ssid.Length is < 1 or > 32) throw new UserInputException("--wifi: the name of a Wi-Fi has 1 to 32 letters");
        if (password.Length is > 0 and (< 8 or > 64)) throw new UserInputException("--wifi: the password of a Wi-Fi has 8 to 64 letters, or none for an open network");
        return new WifiNetwork(ssid, password);
    }
}

/// <summary>One call of nanoff.</summary>
/// <param name="Purpose">What it is for, in a word or two.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record FlashStep(string Purpose, IReadOnlyList<string> Arguments)
{
    /// <summary>The command as one would type it.</summary>
    public string CommandLine => "nanoff " + string.Join(' ', Arguments.Select(argument => argument.Any(char.IsWhiteSpace) ? $"\"{argument}\"" : argument));
}

/// <summary>The steps, and the files that go onto drive I:.</summary>
internal sealed class FlashPlan
{
    /// <summary>Name of the file with the Wi-Fi, in the work folder. It holds the password.</summary>
    public const string NetworkFile = "network.json";

    private FlashPlan(FlashOptions options, byte[] image, IReadOnlyList<DriveFile> files, string workFolder)
    {
        Options = options;
        ImageSize = image.Length;
        ApplicationName = image.AsSpan().IndexOf("Crime.Bench\0"u8) >= 0 ? "Crime.Bench" : "Crime.Gestures";
        Files = files;
        WorkFolder = workFolder;
        Steps = MakeSteps().ToList();
    }

    /// <summary>What was asked for.</summary>
    public FlashOptions Options { get; }

    /// <summary>Bytes of the application; 0 when none is deployed.</summary>
    public int ImageSize { get; }

    /// <summary>Name of the assembly that the board has to list when the image is on it.</summary>
    public string ApplicationName { get; }

    /// <summary>Path on the board and content.</summary>
    public IReadOnlyList<DriveFile> Files { get; }

    /// <summary>Calls of nanoff in their order. The first lists the ports, the last reads the board back.</summary>
    public IReadOnlyList<FlashStep> Steps { get; }

    private string WorkFolder { get; }

    private string DeploymentPath => Path.Combine(WorkFolder, "files.json");

    private string NetworkPath => Path.Combine(WorkFolder, NetworkFile);

    /// <summary>Reads and checks everything.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="workFolder">Folder for the files that nanoff is pointed at; may not exist yet.</param>
    /// <exception cref="UserInputException">Something is missing, too large, or would not be understood on the board.</exception>
    public static FlashPlan Make(FlashOptions options, string workFolder)
    {
        int partitionSize = options.Target.DeploymentSize(options.FlashMb);
        byte[] image = options.ImagePath == null ? [] : Image(options.ImagePath, options.Target, partitionSize);
        IReadOnlyList<DriveFile> files = DriveFiles.Read(options.SettingsPath, options.ModelPath, options.InputsPath);
        int storage = options.Target.StorageSize(options.FlashMb), filesSize = files.Sum(file => file.Content.Length);
        if (filesSize > storage)
            throw new UserInputException($"the files take {filesSize} bytes; drive I: of {options.Target.Name} has {storage}");
        if (!options.Update && image.Length == 0 && files.Count == 0 && options.Wifi == null)
            throw new UserInputException("nothing to do: give --image, --settings, --model, --inputs or --wifi, or leave out --no-update");
        return new FlashPlan(options, image, files, workFolder);
    }

    /// <summary>Writes the files that nanoff is pointed at.</summary>
    public void WriteFiles()
    {
        if (Files.Count == 0 && Options.Wifi == null) return;
        try
        {
            // The files hold the network's password.
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(WorkFolder);
            else Directory.CreateDirectory(WorkFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{WorkFolder}: cannot be made: {e.Message}", e);
        }
        if (Options.Wifi is { } wifi) Output.WriteFile(NetworkPath, JsonSerializer.SerializeToUtf8Bytes(Network(wifi)));
        if (Files.Count == 0) return;
        for (int i = 0; i < Files.Count; i++) Output.WriteFile(SourcePath(i), Files[i].Content);
        var deployment = new
        {
            serialport = Options.Port,
            files = Files.Select((file, i) => new { DestinationFilePath = file.Path, SourceFilePath = SourcePath(i) }),
        };
        Output.WriteFile(DeploymentPath, JsonSerializer.SerializeToUtf8Bytes(deployment));
    }

    private object Network(WifiNetwork wifi)
    {
        bool isOpen = wifi.Password.Length == 0;
        return new
        {
            SerialPort = Options.Port,
            WirelessClient = new
            {
                wifi.Ssid, wifi.Password, Authentication = isOpen ? "Open" : "WPA2", Encryption = isOpen ? "None" : "WPA2", ConfigurationOption = "AutoConnect",
            },
        };
    }

    private IEnumerable<FlashStep> MakeSteps()
    {
        string target = Options.Target.Name, port = Options.Port;
        yield return new FlashStep("ports", ["--listports"]);
        if (Options.Update)
        {
            string[] erase = Options.Erase ? ["--masserase"] : [];
            yield return new FlashStep("firmware", ["--update", "--target", target, "--serialport", port, .. erase]);
        }
        if (Options.ImagePath != null)
            yield return new FlashStep("application", ["--target", target, "--serialport", port, "--deploy", "--image", Options.ImagePath]);
        if (Files.Count > 0) yield return new FlashStep("files", ["--filedeployment", DeploymentPath]);
        if (Options.Wifi != null) yield return new FlashStep("network", ["--networkdeployment", NetworkPath]);
        yield return new FlashStep("verification", ["--nanodevice", "--devicedetails", "--serialport", port]);
    }

    private string SourcePath(int index) => Path.Combine(WorkFolder, Files[index].Path[(Files[index].Path.LastIndexOf('\\') + 1)..]);

    private static byte[] Image(string path, FlashTarget target, int partitionSize)
    {
        byte[] bytes = ModelLoading.Read(path);
        if (bytes.Length > partitionSize)
            throw new UserInputException($"{path}: {bytes.Length} bytes do not fit the {partitionSize} bytes that {target.Name} has for an application");
        // An image is one PE file after the other. Stable firmware loads those of the first format only.
        if (!bytes.AsSpan().StartsWith("NFMRK1"u8))
            throw new UserInputException($"{path}: not an application for stable nanoFramework firmware: it does not start with NFMRK1; give the .bin file of the build");
        return bytes;
    }
}
