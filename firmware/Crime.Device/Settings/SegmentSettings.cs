// The keys `segment.*`: how an endless signal becomes sequences. `crime segment` proposes their values.

using Crime.Sensing;

namespace Crime.Device.Settings;

/// <summary>Settings of the segmenter of a live signal.</summary>
internal sealed class SegmentSettings
{
    /// <summary>Prefix of the keys.</summary>
    public const string Prefix = "segment.";

    /// <summary>The parameters. Their defaults suit gestures at 100 Hz.</summary>
    public readonly SegmenterSettings Rules = new SegmenterSettings();

    /// <summary>GPIO of the trigger; -1 for none.</summary>
    public int TriggerPin = -1;

    /// <summary>True where the trigger is held at the low level, as a button against ground.</summary>
    public bool IsTriggerLow = true;

    /// <summary>Timesteps that wait while the board computes or waits for an answer.</summary>
    public int BufferSteps = 400;

    /// <summary>Sets one setting.</summary>
    /// <param name="key">The key, with its prefix.</param>
    /// <param name="value">The value.</param>
    /// <returns>What is wrong, or null.</returns>
    public string Apply(string key, string value)
    {
        SegmenterSettings rules = Rules;
        switch (key)
        {
            case "segment.kind":
                if (value != "activity" && value != "trigger" && value != "window") return "segment.kind is activity, trigger or window";
                rules.Kind = value == "activity" ? SegmentKind.Activity : value == "trigger" ? SegmentKind.Trigger : SegmentKind.Window;
                return null;
            case "segment.trigger-level":
                if (value != "low" && value != "high") return "segment.trigger-level is low or high";
                IsTriggerLow = value == "low";
                return null;
            case "segment.trigger-pin": return SettingsFile.Number(key, value, -1, 48, ref TriggerPin);
            case "segment.buffer": return SettingsFile.Number(key, value, 8, 4096, ref BufferSteps);
            case "segment.start-level": return SettingsFile.Number(key, value, 2, 10_000_000, ref rules.StartLevel);
            case "segment.end-level": return SettingsFile.Number(key, value, 1, 10_000_000, ref rules.EndLevel);
            case "segment.span": return SettingsFile.Number(key, value, 2, SegmenterSettings.MostContext, ref rules.Span);
            case "segment.pre-roll": return SettingsFile.Number(key, value, 0, SegmenterSettings.MostContext, ref rules.PreRoll);
            case "segment.hang-over": return SettingsFile.Number(key, value, 1, SegmenterSettings.MostContext, ref rules.HangOver);
            case "segment.least": return SettingsFile.Number(key, value, 1, SegmenterSettings.MostLength, ref rules.LeastLength);
            case "segment.greatest": return SettingsFile.Number(key, value, 1, SegmenterSettings.MostLength, ref rules.GreatestLength);
            case "segment.hop": return SettingsFile.Number(key, value, 1, SegmenterSettings.MostLength, ref rules.Hop);
            default: return "unknown key '" + key + "'";
        }
    }

    /// <summary>Returns what is wrong with the settings together, or null.</summary>
    public string Problem()
    {
        string problem = Rules.Problem();
        if (problem != null) return problem;
        return Rules.Kind == SegmentKind.Trigger && TriggerPin < 0 ? "segment.kind=trigger needs segment.trigger-pin" : null;
    }
}
