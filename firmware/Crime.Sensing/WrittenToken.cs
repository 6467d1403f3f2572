// A token of an output as an application receives it, before the whole output.

using Crime.Frames;

namespace Crime.Sensing;

/// <summary>
/// A token of an output that is being written. A classifier has one object of this class and fills it anew: copy the fields that are needed later.
/// </summary>
public sealed class WrittenToken
{
    /// <summary>Number of the sequence whose output it is in, counted from 0.</summary>
    public uint Number { get; set; }

    /// <summary>Place in the output, from 0. An output may begin again at 0, at another place, before its result is there.</summary>
    public int Index { get; set; }

    /// <summary>The token: its index among the output tokens of the model, from 1.</summary>
    public int Token { get; set; }

    /// <summary>Name of the token.</summary>
    public string Name { get; set; }

    /// <summary>The place that writes the output: the board, or a gateway.</summary>
    public Target Place { get; set; }
}

/// <summary>Receives a token.</summary>
/// <param name="sender">The classifier.</param>
/// <param name="token">The token. Its fields change with the next one.</param>
public delegate void TokenWrittenHandler(object sender, WrittenToken token);
