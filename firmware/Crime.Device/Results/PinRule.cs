// A rule in the settings: a class switches a pin, such as `on.wave=gpio 2 high 500`.

using Crime.Sensing;

namespace Crime.Device.Results;

/// <summary>Effect of a rule on its pin.</summary>
internal enum PinEffect : byte
{
    /// <summary>The pin goes low.</summary>
    Low = 0,

    /// <summary>The pin goes high.</summary>
    High = 1,

    /// <summary>The pin changes its level.</summary>
    Toggle = 2,
}

/// <summary>One rule. It does not change.</summary>
internal sealed class PinRule
{
    /// <summary>Form of a rule's value.</summary>
    public const string Form = "gpio <pin, 0 to 48> high|low [<ms, 1 to 3600000>], or gpio <pin> toggle";

    private const int MostPin = 48;
    private const int MostTimeMs = 3_600_000;

    private PinRule(string className, int pin, PinEffect effect, int timeMs)
    {
        ClassName = className;
        Pin = pin;
        Effect = effect;
        TimeMs = timeMs;
    }

    /// <summary>Name of the class; <see cref="ResultJudge.Unknown"/> for results that are not certain.</summary>
    public string ClassName { get; }

    /// <summary>Number of the GPIO.</summary>
    public int Pin { get; }

    /// <summary>Effect on the pin.</summary>
    public PinEffect Effect { get; }

    /// <summary>Time in ms after which the pin goes back; 0 when it stays.</summary>
    public int TimeMs { get; }

    /// <summary>Reads a rule.</summary>
    /// <param name="className">Name of the class.</param>
    /// <param name="value">The value of the setting.</param>
    /// <returns>The rule; null when the value has another form.</returns>
    public static PinRule Parse(string className, string value)
    {
        string[] words = value.Split(' ');
        if (className.Length == 0 || words.Length < 3 || words.Length > 4 || words[0] != "gpio") return null;
        if (!int.TryParse(words[1], out int pin) || pin < 0 || pin > MostPin) return null;
        if (words[2] == "toggle") return words.Length == 3 ? new PinRule(className, pin, PinEffect.Toggle, 0) : null;
        if (words[2] != "high" && words[2] != "low") return null;
        int timeMs = 0;
        if (words.Length == 4 && (!int.TryParse(words[3], out timeMs) || timeMs < 1 || timeMs > MostTimeMs)) return null;
        return new PinRule(className, pin, words[2] == "high" ? PinEffect.High : PinEffect.Low, timeMs);
    }
}
