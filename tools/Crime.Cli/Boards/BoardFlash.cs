// The flash of a virtual board at its start: settings, model and inputs.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Crime.Gateway.Inference;
using Crime.VirtualBoard;

namespace Crime.Cli.Boards;

/// <summary>Where an MQTT broker listens.</summary>
/// <param name="Host">Host name or address.</param>
/// <param name="Port">TCP port.</param>
internal sealed record BrokerEndpoint(string Host, int Port);

/// <summary>Settings of a board that differ between runs.</summary>
/// <param name="Id">Name of the board.</param>
/// <param name="Mapping">auto, local or gateway.</param>
/// <param name="Objective">time or energy.</param>
/// <param name="ModelName">Name of the model at the gateway.</param>
/// <param name="Broker">The MQTT broker.</param>
/// <param name="HttpHost">Host of the model download.</param>
/// <param name="HttpPort">TCP port of the model download.</param>
/// <param name="Kernel">auto or table.</param>
/// <param name="InputIntervalMs">From the beginning of an input to that of the next, in ms; 0 for one after the other.</param>
/// <param name="TimestepIntervalMs">From one timestep of an input to the next, in ms; 0 for whole inputs at once.</param>
internal sealed record BoardSetup(
    string Id, string Mapping, string Objective, string ModelName, BrokerEndpoint Broker, string HttpHost, int HttpPort, string Kernel = "auto",
    int InputIntervalMs = 0, int TimestepIntervalMs = 0)
{
    /// <summary>Messages that the board listens to: auto, statuses, answers or regimes.</summary>
    public string Listen { get; init; } = "auto";

    /// <summary>False for a board that sends no telemetry: a simulated board sends none.</summary>
    public bool Telemetry { get; init; } = true;

    /// <summary>A model file to put on the flash; null for a board that fetches its model from the gateway.</summary>
    public byte[]? Model { get; init; }

    /// <summary>The radio between inputs, and results that may wait; null for a radio that stays on.</summary>
    public DutySetup? Duty { get; init; }

    /// <summary>The sensor that the board reads; null for none.</summary>
    public VirtualSensor? Sensor { get; init; }
}

/// <summary>A board in light sleep whose radio is off between inputs.</summary>
/// <param name="ReportEveryMs">Time in ms from one report to the next; 0 for none.</param>
/// <param name="ResultWithinMs">Time in ms for which a result may wait; 0 when it is wanted at once.</param>
/// <param name="KeepBytes">Memory for kept inputs in bytes.</param>
internal sealed record DutySetup(int ReportEveryMs, int ResultWithinMs, int KeepBytes)
{
    /// <summary>Its lines in the settings file.</summary>
    public IEnumerable<string> SettingsLines =>
    [
        "radio=duty",
        "sleep=light",
        .. ReportEveryMs > 0 ? [string.Create(CultureInfo.InvariantCulture, $"report.every-ms={ReportEveryMs}")] : Array.Empty<string>(),
        .. ResultWithinMs > 0
            ? [
                string.Create(CultureInfo.InvariantCulture, $"inputs.result-within-ms={ResultWithinMs}"),
                string.Create(CultureInfo.InvariantCulture, $"inputs.keep-bytes={KeepBytes}"),
            ]
            : Array.Empty<string>(),
    ];
}

/// <summary>Fills the folder of a board's flash.</summary>
internal static class BoardFlash
{
    private const string SettingsFile = "crime.cfg";
    private const string ModelFile = "model.crime";
    private const string InputsFile = "inputs.recording";

    /// <summary>Returns true when a folder is the flash of a board that has been set up.</summary>
    public static bool IsSetUp(string folder) => File.Exists(Path.Combine(folder, SettingsFile));

    /// <summary>Sets a board up.</summary>
    /// <param name="folder">Where its flash lies.</param>
    /// <param name="setup">Its settings.</param>
    /// <param name="profile">Which board it is.</param>
    /// <param name="recording">Its inputs; null for none.</param>
    public static void Write(string folder, BoardSetup setup, BoardProfile profile, byte[]? recording)
    {
        Directory.CreateDirectory(folder);
        if (setup.Model != null) File.WriteAllBytes(Path.Combine(folder, ModelFile), ModelContainer.BoardImage(setup.Model));
        if (recording != null) File.WriteAllBytes(Path.Combine(folder, InputsFile), recording);
        File.WriteAllText(Path.Combine(folder, SettingsFile), Settings(setup, profile), new UTF8Encoding(false));
    }

    private static string Settings(BoardSetup setup, BoardProfile profile) => string.Join('\n',
    [
        $"board.id={setup.Id}",
        "wifi.ssid=virtual",
        "wifi.password=virtual",
        $"broker.host={setup.Broker.Host}",
        string.Create(CultureInfo.InvariantCulture, $"broker.port={setup.Broker.Port}"),
        $"http.host={setup.HttpHost}",
        string.Create(CultureInfo.InvariantCulture, $"http.port={setup.HttpPort}"),
        $"model.name={setup.ModelName}",
        $"mapping={setup.Mapping}",
        $"objective={setup.Objective}",
        $"listen={setup.Listen}",
        $"telemetry={(setup.Telemetry ? "on" : "off")}",
        $"kernel={setup.Kernel}",
        string.Create(CultureInfo.InvariantCulture, $"inputs.interval-ms={setup.InputIntervalMs}"),
        string.Create(CultureInfo.InvariantCulture, $"inputs.timestep-ms={setup.TimestepIntervalMs}"),
        "wait-for-link-ms=15000",
        .. profile.SettingsLines,
        .. setup.Duty?.SettingsLines ?? [],
        .. setup.Sensor?.SettingsLines ?? [],
        "",
    ]);
}
