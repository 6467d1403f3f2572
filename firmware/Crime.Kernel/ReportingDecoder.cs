// A decoder that reports its tokens. It is a class of its own, so that a decoder without a listener executes nothing for it.

namespace Crime.Kernel;

/// <summary>Receives the tokens of an output while it is written.</summary>
public interface ITokenListener
{
    /// <summary>Takes a token. The kernel writes nothing until it returns. The last token of the longest output comes with the output only.</summary>
    /// <param name="index">Its place in the output, from 0; 0 begins a new output.</param>
    /// <param name="token">The token, not the end.</param>
    void OnToken(int index, int token);
}

/// <summary>Reports each token when it is read again: one step after it was written at the latest.</summary>
internal sealed class ReportingDecoder : DecoderKernel
{
    private readonly ITokenListener _listener;
    private int _count;

    /// <summary>Takes the place of a decoder.</summary>
    /// <param name="decoder">The decoder; not used afterwards.</param>
    /// <param name="listener">Receives the tokens.</param>
    public ReportingDecoder(DecoderKernel decoder, ITokenListener listener) : base(decoder) => _listener = listener;

    /// <inheritdoc/>
    public override void Begin(LayerState end)
    {
        _count = 0;
        base.Begin(end);
    }

    /// <inheritdoc/>
    public override void Step(int token)
    {
        // 0 is the start.
        if (token != 0) _listener.OnToken(_count++, token);
        base.Step(token);
    }
}
