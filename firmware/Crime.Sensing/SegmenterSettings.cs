// The parameters of a segmenter. `crime segment` proposes them from recorded data.

namespace Crime.Sensing;

/// <summary>Parameters of a <see cref="Segmenter"/>. Lengths are timesteps, levels have the unit of <see cref="Segmenter.Level"/>.</summary>
public sealed class SegmenterSettings
{
    /// <summary>Longest sequence that a request can carry, in timesteps.</summary>
    public const int MostLength = 4096;

    /// <summary>Longest pre-roll, hang-over and span, in timesteps.</summary>
    public const int MostContext = 255;

    /// <summary>Most numbers per timestep.</summary>
    public const int MostChannels = 255;

    /// <summary>Rule by which the signal is divided into sequences.</summary>
    public SegmentKind Kind = SegmentKind.Activity;

    /// <summary>Level from which a sequence begins; above <see cref="EndLevel"/>. A larger value ignores weaker movements.</summary>
    public int StartLevel = 200;

    /// <summary>Level below which the signal rests; at least 1. It has to be above the noise.</summary>
    public int EndLevel = 100;

    /// <summary>Timesteps over which the range of the signal is taken, 2 to <see cref="MostContext"/>. A longer span sees slower movements.</summary>
    public int Span = 8;

    /// <summary>Timesteps before the first movement, or before the trigger, that belong to the sequence; 0 to <see cref="MostContext"/>.</summary>
    public int PreRoll = 2;

    /// <summary>Timesteps of rest after which a sequence ends, 1 to <see cref="MostContext"/>. Longer pauses divide a movement. They do not belong to it.</summary>
    public int HangOver = 15;

    /// <summary>Shortest sequence, 1 to <see cref="GreatestLength"/>. A shorter one is dropped.</summary>
    public int LeastLength = 8;

    /// <summary>Longest sequence, up to <see cref="MostLength"/>. A longer one is cut there. The length of the windows with <see cref="SegmentKind.Window"/>.</summary>
    public int GreatestLength = 256;

    /// <summary>Timesteps from the beginning of a window to that of the next one, at least 1. Only with <see cref="SegmentKind.Window"/>.</summary>
    public int Hop = 128;

    /// <summary>Returns the first problem of the parameters, as the end of a sentence that begins with a key of the settings; null when there is none.</summary>
    public string Problem()
    {
        if (GreatestLength < 1 || GreatestLength > MostLength) return "segment.greatest must be 1 to 4096 timesteps";
        if (LeastLength < 1 || LeastLength > GreatestLength) return "segment.least must be 1 to segment.greatest";
        if (PreRoll < 0 || PreRoll > MostContext) return "segment.pre-roll must be 0 to 255 timesteps";
        if (Kind == SegmentKind.Window) return Hop < 1 ? "segment.hop must be at least 1 timestep" : null;
        if (Kind == SegmentKind.Trigger) return null;
        if (Span < 2 || Span > MostContext) return "segment.span must be 2 to 255 timesteps";
        if (HangOver < 1 || HangOver > MostContext) return "segment.hang-over must be 1 to 255 timesteps";
        if (EndLevel < 1) return "segment.end-level must be at least 1";
        return StartLevel <= EndLevel ? "segment.start-level must be above segment.end-level" : null;
    }
}
