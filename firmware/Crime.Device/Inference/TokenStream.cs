// Hands out the tokens of an output while it is written: by the kernel of the board, or by a gateway that sends parts of its answer.

using Crime.Device.Offload;
using Crime.Frames;
using Crime.Kernel;
using Crime.Node;

namespace Crime.Device.Inference;

/// <summary>The tokens of the input in progress. Used by the main thread.</summary>
internal abstract class TokenStream : ITokenListener
{
    private readonly InputResult _result;
    private readonly Inbox _inbox;

    /// <summary>Makes a stream, and lets requests ask for parts of outputs.</summary>
    /// <param name="result">The result of the input in progress.</param>
    /// <param name="inbox">Receives the parts.</param>
    protected TokenStream(InputResult result, Inbox inbox)
    {
        _result = result;
        _inbox = inbox;
        inbox.AskForPartials();
    }

    /// <summary>Sets the model: its kernel reports tokens from now on.</summary>
    /// <param name="tokenCount">Output tokens, the end included; 0 for a model that writes no sequence.</param>
    /// <param name="kernel">The kernel; null when the board cannot compute the model.</param>
    public void SetModel(int tokenCount, IKernel kernel)
    {
        _inbox.Partials.TokenCount = tokenCount;
        if (kernel != null) kernel.ReportTokens(this);
    }

    /// <inheritdoc/>
    public void OnToken(int index, int token) => HandOut(_result, index, token, Target.Local);

    /// <summary>Hands out the tokens that have come from a gateway.</summary>
    public void TakePartials()
    {
        for (int token = _inbox.Partials.Take(out int index); token != 0; token = _inbox.Partials.Take(out index))
            HandOut(_result, index, token, Target.Gateway);
    }

    /// <summary>Hands out a token.</summary>
    /// <param name="result">The input in progress.</param>
    /// <param name="index">Place of the token in the output.</param>
    /// <param name="token">The token.</param>
    /// <param name="place">The place that writes the output.</param>
    protected abstract void HandOut(InputResult result, int index, int token, Target place);
}
