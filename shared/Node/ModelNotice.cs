// The version of its model that gateways serve, as a board learns it from their retained lists. It makes the board ask for a newer model at once,
// instead of at the next poll.

using Crime.Frames;

namespace Crime.Node;

/// <summary>The last published checksum of a board's model. Written by the thread that takes messages, read by the one that downloads.</summary>
public sealed class ModelNotice
{
    private readonly uint _key;
    private uint _asked;

    /// <summary>Makes a notice of nothing.</summary>
    /// <param name="modelName">Name of the board's model at the gateway.</param>
    public ModelNotice(string modelName) => _key = NodeKey.Of(modelName);

    /// <summary>Checksum of the image that was published last; 0 while no gateway has listed the model.</summary>
    public uint Published { get; private set; }

    /// <summary>Checksum of the board's image; 0 when it has none.</summary>
    public uint Current { get; set; }

    /// <summary>Checksum of the image that the board rejected last; 0 for none.</summary>
    public uint Rejected { get; set; }

    /// <summary>True when a gateway serves an image that the board does not have, and has neither rejected nor asked for.</summary>
    public bool IsDue
    {
        get
        {
            uint published = Published;
            return published != 0 && published != Current && published != Rejected && published != _asked;
        }
    }

    /// <summary>Takes a list of models.</summary>
    /// <param name="payload">Foreign bytes.</param>
    public FrameError OnFrame(byte[] payload)
    {
        FrameError error = ModelsFrame.Find(payload, _key, out uint checksum);
        // The list of a gateway without the model changes nothing.
        if (checksum != 0) Published = checksum;
        return error;
    }

    /// <summary>Notes that the board has asked its gateway. The list may be that of another gateway, so the board asks once for each version.</summary>
    /// <param name="published">The value of <see cref="Published"/> before it asked.</param>
    public void OnAsked(uint published) => _asked = published;
}
