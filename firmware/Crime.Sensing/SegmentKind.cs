// The rules by which a segmenter divides an endless stream of samples into sequences.

namespace Crime.Sensing;

/// <summary>Rule that begins and ends a sequence.</summary>
public enum SegmentKind : byte
{
    /// <summary>A sequence begins when the signal moves and ends when it rests.</summary>
    Activity = 0,

    /// <summary>A sequence lasts as long as a trigger is held.</summary>
    Trigger = 1,

    /// <summary>A sequence of a fixed length begins at fixed intervals.</summary>
    Window = 2,
}
