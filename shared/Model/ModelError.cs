// Why a model file was refused. The reader returns a reason; it never throws.

namespace Crime.Model;

/// <summary>Outcome of reading a model file.</summary>
public enum ModelError
{
    /// <summary>The file is good.</summary>
    None = 0,

    /// <summary>Shorter than the smallest possible file, or longer than its header says, or cut off.</summary>
    Length = 1,

    /// <summary>Does not start with the letters CRIM.</summary>
    Magic = 2,

    /// <summary>Written by a version of the format that this reader does not know.</summary>
    Version = 3,

    /// <summary>The CRC-32 at the end does not match: the file was damaged in storage or transfer.</summary>
    Checksum = 4,

    /// <summary>A section lies outside the file, is misaligned, or appears twice.</summary>
    SectionTable = 5,

    /// <summary>A section that every model needs is absent.</summary>
    MissingSection = 6,

    /// <summary>Cell kind, sizes or flags outside the limits of SPEC.md.</summary>
    Architecture = 7,

    /// <summary>Model or class names do not fill their section exactly, or their count is wrong.</summary>
    Names = 8,

    /// <summary>Normalisation of the wrong size, or with a deviation that is not a positive finite number.</summary>
    Normalisation = 9,

    /// <summary>Vocabulary of the wrong size.</summary>
    Vocabulary = 10,

    /// <summary>Fixed-point section of the wrong size or with Q-formats outside their limits.</summary>
    FixedPoint = 11,

    /// <summary>A weight row whose sum could leave 32 bits.</summary>
    RowBound = 12,

    /// <summary>Float section of the wrong size.</summary>
    FloatWeights = 13,

    /// <summary>Activations or clipping of the wrong size, unknown, or not finite.</summary>
    Options = 14,

    /// <summary>Golden sequences of the wrong size, outside their limits, or without fixed-point weights.</summary>
    Golden = 15,
}

/// <summary>Texts for <see cref="ModelError"/> (the board's CLR prints an enum as a number).</summary>
public static class ModelErrors
{
    /// <summary>One clause that says what is wrong, for a log line or the console.</summary>
    public static string Describe(ModelError error)
    {
        switch (error)
        {
            case ModelError.None: return "no error";
            case ModelError.Length: return "the length does not match the header (truncated or not a model file)";
            case ModelError.Magic: return "it does not start with CRIM (not a model file)";
            case ModelError.Version: return "its format version is not supported";
            case ModelError.Checksum: return "the CRC-32 does not match (damaged)";
            case ModelError.SectionTable: return "the section table is inconsistent";
            case ModelError.MissingSection: return "a required section is missing";
            case ModelError.Architecture: return "the architecture is outside the supported limits";
            case ModelError.Names: return "the names section is inconsistent";
            case ModelError.Normalisation: return "the normalisation section is inconsistent";
            case ModelError.Vocabulary: return "the vocabulary section is inconsistent";
            case ModelError.FixedPoint: return "the fixed-point section is inconsistent";
            case ModelError.RowBound: return "a weight row could overflow 32 bits";
            case ModelError.FloatWeights: return "the float section is inconsistent";
            case ModelError.Options: return "the activations or the clipping of a layer are not usable";
            case ModelError.Golden: return "the golden vectors are inconsistent";
            default: return "unknown reason";
        }
    }
}
