// Reads I:\crime.cfg. A line that cannot be used is reported with its number and skipped: a typing error must not keep
// a board in a wall from starting.

using System;
using System.Collections;
using System.IO;
using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Device.Settings;

/// <summary>Parses the settings file.</summary>
internal static class SettingsFile
{
    /// <summary>Where the settings lie on the board's flash.</summary>
    public const string Path = @"I:\crime.cfg";

    /// <summary>End of a remark about a setting that is passed over.</summary>
    internal const string Ignored = "; ignored";

    /// <summary>Reads the file, and over it the settings that came while the board ran; without either the defaults hold.</summary>
    /// <param name="remarks">Receives a string per line that was not understood.</param>
    public static BoardSettings Load(ArrayList remarks) => Load("", false, remarks);

    /// <summary>Reads the settings of a board over those of its application.</summary>
    /// <param name="application">Settings that hold where the board has none, in the form of the file.</param>
    /// <param name="isLive">True where the application gives the inputs as they come.</param>
    /// <param name="remarks">Receives a string per line that was not understood.</param>
    public static BoardSettings Load(string application, bool isLive, ArrayList remarks)
    {
        string text = ReadText(remarks), sent = SentSettings.Load(out _, out string problem);
        if (problem != null) remarks.Add(problem);
        BoardSettings settings = Combine(application, text, sent, isLive, remarks);
        if (settings.BoardId.Length == 0) settings.BoardId = BoardName.OfNetwork();
        return settings;
    }

    /// <summary>Reads the text of the file; empty when there is none.</summary>
    /// <param name="remarks">Receives why there is none.</param>
    public static string ReadText(ArrayList remarks)
    {
        try
        {
            if (File.Exists(Path)) return File.ReadAllText(Path);
            remarks.Add("no " + Path + ": defaults hold");
        }
        catch (OutOfMemoryException)
        {
            throw;
        }
        catch (Exception e)
        {
            remarks.Add(Path + " cannot be read: " + e.Message);
        }
        return "";
    }

    /// <summary>Reads the text of a settings file.</summary>
    public static BoardSettings Parse(string text, ArrayList remarks) => Combine(text, "", remarks);

    /// <summary>Reads the text of a settings file, and over it the settings that came while the board ran.</summary>
    /// <param name="text">The file.</param>
    /// <param name="sent">The other settings, each key once.</param>
    /// <param name="remarks">Receives a string per setting that cannot be used.</param>
    public static BoardSettings Combine(string text, string sent, ArrayList remarks) => Combine("", text, sent, false, remarks);

    private static BoardSettings Combine(string application, string text, string sent, bool isLive, ArrayList remarks)
    {
        var settings = new BoardSettings();
        Apply(settings, application, "settings of the application, line ", remarks);
        Apply(settings, text, Path + " line ", remarks);
        string[] lines = sent.Split('\n');
        for (int i = 0; i < lines.Length && settings.Results != null; i++) settings.Results.ForgetRule(SettingsText.KeyOf(lines[i]));
        for (int i = 0; i < lines.Length; i++)
        {
            string problem = ApplyLine(settings, lines[i].Trim());
            if (problem != null) remarks.Add(problem + Ignored);
        }
        if (isLive || (settings.Sensor != null && settings.Sensor.Kind != SensorKind.None)) CheckLive(settings, isLive, remarks);
        CheckWaiting(settings, remarks);
        return settings;
    }

    private static void Apply(BoardSettings settings, string text, string place, ArrayList remarks)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string problem = ApplyLine(settings, lines[i].Trim());
            if (problem != null) remarks.Add(place + (i + 1).ToString() + ": " + problem + Ignored);
        }
    }

    /// <summary>Returns what is wrong with the first wrong line of a text, each taken by itself; null when all are right.</summary>
    /// <param name="text">The lines.</param>
    public static string ProblemOf(string text)
    {
        var settings = new BoardSettings();
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string problem = ApplyLine(settings, lines[i].Trim());
            if (problem != null) return problem;
        }
        return null;
    }

    private static string ApplyLine(BoardSettings settings, string line)
    {
        if (line.Length == 0 || line[0] == '#') return null;
        int equals = line.IndexOf('=');
        return equals < 1 ? "no '='" : Apply(settings, line.Substring(0, equals).Trim(), line.Substring(equals + 1).Trim());
    }

    /// <summary>Switches off what does not go with a sensor, which is read all the time.</summary>
    private static void CheckLive(BoardSettings settings, bool isOfApplication, ArrayList remarks)
    {
        if (settings.Sleep != SleepMode.None) remarks.Add("sleep does not go with a sensor, which is read all the time; ignored");
        if (settings.TimestepIntervalMs > 0) remarks.Add("inputs.timestep-ms is for recordings, and a sensor has its own rate; ignored");
        settings.Sleep = SleepMode.None;
        settings.TimestepIntervalMs = 0;
        // An application gives its trigger with each timestep.
        string problem = settings.Segment == null ? null : isOfApplication ? settings.Segment.Rules.Problem() : settings.Segment.Problem();
        if (problem != null) remarks.Add(problem);
    }

    /// <summary>Switches off what other settings contradict.</summary>
    private static void CheckWaiting(BoardSettings settings, ArrayList remarks)
    {
        if (settings.ReportEveryMs > 0 && settings.Radio != RadioMode.Duty)
        {
            remarks.Add("report.every-ms needs radio=duty; ignored");
            settings.ReportEveryMs = 0;
        }
        if (settings.ResultsAtGateway && settings.BrokerHost.Length == 0)
        {
            remarks.Add("result.to=gateway needs broker.host; ignored");
            settings.ResultsAtGateway = false;
        }
        if (settings.ResultWithinMs == 0) return;
        string problem = settings.Radio != RadioMode.Duty ? "needs radio=duty"
            : settings.Objective.Kind != ObjectiveKind.Energy ? "needs objective=energy"
            : settings.ResultWithinMs == BoardSettings.AtReport && settings.ReportEveryMs == 0 ? "at-report needs report.every-ms"
            : settings.TimestepIntervalMs > 0 ? "takes no stream (inputs.timestep-ms)" : null;
        if (problem == null)
        {
            if (settings.Sleep == SleepMode.Deep) settings.KeepOnFlash = true;
            return;
        }
        remarks.Add("inputs.result-within-ms " + problem + Ignored);
        settings.ResultWithinMs = 0;
    }

    /// <summary>Sets one setting.</summary>
    /// <returns>What is wrong, or null.</returns>
    private static string Apply(BoardSettings settings, string key, string value)
    {
        switch (key)
        {
            case "board.id":
                if (!Topics.IsNodeId(value)) return "board.id takes 1 to 32 letters, digits, '-', '_' or '.'";
                settings.BoardId = value;
                return null;
            case "role":
                if (value != "node" && value != "meter") return "role is node or meter";
                settings.Role = value == "meter" ? BoardRole.Meter : BoardRole.Node;
                return null;
            case "wifi.ssid": settings.WifiSsid = value; return null;
            case "wifi.password": settings.WifiPassword = value; return null;
            case "broker.host": settings.BrokerHost = value; return null;
            case "broker.port": return Number(key, value, 1, 65535, ref settings.BrokerPort);
            case "broker.user": settings.BrokerUser = value; return null;
            case "broker.password": settings.BrokerPassword = value; return null;
            case "http.host": settings.HttpHost = value; return null;
            case "http.port": return Number(key, value, 0, 65535, ref settings.HttpPort);
            case "model.name":
                if (!Topics.IsNodeId(value)) return "model.name takes 1 to 32 letters, digits, '-', '_' or '.'";
                settings.ModelName = value;
                return null;
            case "objective":
                Objective objective = ObjectiveText.Parse(value);
                if (objective == null) return "objective is " + ObjectiveText.Forms;
                settings.Objective = objective;
                return null;
            case "mapping":
                if (value != "auto" && value != "local" && value != "gateway") return "mapping is auto, local or gateway";
                settings.Mapping = value == "auto" ? MappingMode.Auto : value == "local" ? MappingMode.Local : MappingMode.Gateway;
                return null;
            case "listen":
                if (value != "auto" && value != "statuses" && value != "answers" && value != "regimes") return "listen is auto, statuses, answers or regimes";
                settings.Listening = value == "auto" ? ListeningMode.Auto : value == "statuses" ? ListeningMode.Statuses
                    : value == "answers" ? ListeningMode.Answers : ListeningMode.Regimes;
                return null;
            case "kernel":
                if (value != "auto" && value != "table") return "kernel is auto or table";
                settings.UseCompiledKernel = value == "auto";
                return null;
            case "radio":
                if (value != "modem" && value != "duty") return "radio is modem or duty";
                settings.Radio = value == "duty" ? RadioMode.Duty : RadioMode.Modem;
                return null;
            case "sleep":
                if (value != "none" && value != "light" && value != "deep") return "sleep is none, light or deep";
                settings.Sleep = value == "none" ? SleepMode.None : value == "light" ? SleepMode.Light : SleepMode.Deep;
                return null;
            case "telemetry": return Switch(key, value, ref settings.Telemetry);
            case "inputs.file": settings.InputsFile = value; return null;
            case "console.port": settings.ConsolePort = value; return null;
            case "meter":
                if (value != "model" && value != "ina219") return "meter is model or ina219";
                settings.Ina219 = value == "ina219";
                return null;
            default: return ApplyOfGroup(settings, key, value);
        }
    }

    /// <summary>Sets a setting of a group that has its own class, or any other. A group exists from its first key on.</summary>
    private static string ApplyOfGroup(BoardSettings settings, string key, string value)
    {
        if (key.StartsWith(SegmentSettings.Prefix))
        {
            if (settings.Segment == null) settings.Segment = new SegmentSettings();
            return settings.Segment.Apply(key, value);
        }
        if (ResultSettings.IsKey(key))
        {
            if (settings.Results == null) settings.Results = new ResultSettings();
            return settings.Results.Apply(key, value);
        }
        if (SensorSettings.IsKey(key))
        {
            if (settings.Sensor == null) settings.Sensor = new SensorSettings();
            return settings.Sensor.Apply(key, value);
        }
        return ApplyWaiting(settings, key, value);
    }

    /// <summary>Sets how long results may wait, the hedging of late answers, or any number.</summary>
    private static string ApplyWaiting(BoardSettings settings, string key, string value)
    {
        switch (key)
        {
            case "inputs.result-within-ms":
                if (value != "at-report") return Number(key, value, 0, 3_600_000, ref settings.ResultWithinMs);
                settings.ResultWithinMs = BoardSettings.AtReport;
                return null;
            case "inputs.stream": return Switch(key, value, ref settings.StreamsInputs);
            case "output.stream": return Switch(key, value, ref settings.StreamsOutput);
            case "hedge": return Switch(key, value, ref settings.Hedges);
            case "race": return Switch(key, value, ref settings.Races);
            case "result.to":
                if (value != "board" && value != "gateway") return "result.to is board or gateway";
                settings.ResultsAtGateway = value == "gateway";
                return null;
            case "inputs.keep":
                if (value != "memory" && value != "flash") return "inputs.keep is memory or flash";
                settings.KeepOnFlash = value == "flash";
                return null;
            case "inputs.keep-most": return Number(key, value, 1, KeptInputs.MostCapacity, ref settings.KeepMost);
            case "inputs.keep-bytes": return Number(key, value, 64, 4_000_000, ref settings.KeepSizeBytes);
            case "report.every-ms": return Number(key, value, 0, 86_400_000, ref settings.ReportEveryMs);
            default: return ApplyNumber(settings, key, value);
        }
    }

    private static string ApplyNumber(BoardSettings settings, string key, string value)
    {
        switch (key)
        {
            case "timeout.margin-ms": return Number(key, value, 1, 60_000, ref settings.TimeoutMarginMs);
            case "timeout.max-ms": return Number(key, value, 1, 60_000, ref settings.TimeoutMaxMs);
            case "hedge.quantile": return Number(key, value, Objective.MinQuantile, Objective.MaxQuantile, ref settings.HedgeQuantile);
            case "wait-for-link-ms": return Number(key, value, 0, 600_000, ref settings.WaitForLinkMs);
            case "inputs.interval-ms": return Number(key, value, 0, 3_600_000, ref settings.InputIntervalMs);
            // The longest input then lasts 68 minutes; a telemetry frame tells up to 71.
            case "inputs.timestep-ms": return Number(key, value, 0, 1000, ref settings.TimestepIntervalMs);
            case "console.baud": return Number(key, value, 300, 2_000_000, ref settings.ConsoleBaud);
            case "console.tx-pin": return Number(key, value, -1, 48, ref settings.ConsoleTxPin);
            case "console.rx-pin": return Number(key, value, -1, 48, ref settings.ConsoleRxPin);
            case "ina219.address": return Number(key, value, 0x40, 0x4F, ref settings.Ina219Address);
            case "ina219.shunt-milliohm": return Number(key, value, 1, 10_000, ref settings.Ina219ShuntMilliohm);
            case "ina219.max-ma": return Number(key, value, 1, 100_000, ref settings.Ina219MaxMilliampere);
            case "meter.pin": return Number(key, value, -1, 48, ref settings.MeterPin);
            case "i2c.data-pin": return Number(key, value, 0, 48, ref settings.I2cDataPin);
            case "i2c.clock-pin": return Number(key, value, 0, 48, ref settings.I2cClockPin);
            case "power.compute-mw": return Number(key, value, 1, 10_000, ref settings.ComputeMw);
            case "power.wait-mw": return Number(key, value, 1, 10_000, ref settings.WaitMw);
            case "power.listen-mw": return Number(key, value, 1, 10_000, ref settings.ListenMw);
            case "power.transmit-mw": return Number(key, value, 1, 10_000, ref settings.TransmitMw);
            case "power.radio-off-mw": return Number(key, value, 0, 10_000, ref settings.RadioOffMw);
            case "power.light-sleep-mw": return Number(key, value, 0, 10_000, ref settings.LightSleepMw);
            case "mqtt.send-us": return Number(key, value, 0, 1_000_000, ref settings.MqttSendUs);
            case "mqtt.receive-us": return Number(key, value, 0, 1_000_000, ref settings.MqttReceiveUs);
            case "radio.up-ms": return Number(key, value, 0, 60_000, ref settings.RadioUpMs);
            case "radio.up-mw": return Number(key, value, 1, 10_000, ref settings.RadioUpMw);
            case "radio.listen-on-ms": return Number(key, value, 0, 1000, ref settings.ListenOnMs);
            case "transmit.ns-per-byte": return Number(key, value, 0, 1_000_000, ref settings.TransmitNsPerByte);
            case "transmit.overhead-us": return Number(key, value, 0, 1_000_000, ref settings.TransmitOverheadUs);
            default: return "unknown key '" + key + "'";
        }
    }

    /// <summary>Sets a number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="min">Least number.</param>
    /// <param name="max">Greatest number.</param>
    /// <param name="setting">Receives the number.</param>
    /// <returns>What is wrong, or null.</returns>
    internal static string Number(string key, string value, int min, int max, ref int setting)
    {
        if (!int.TryParse(value, out int number) || number < min || number > max)
            return key + " takes a number from " + min.ToString() + " to " + max.ToString();
        setting = number;
        return null;
    }

    private static string Switch(string key, string value, ref bool setting)
    {
        if (value != "on" && value != "off") return key + " is on or off";
        setting = value == "on";
        return null;
    }
}
