// A line on the console, and an event of the application, for each token of an output.

using Crime.Device.Inference;
using Crime.Device.Offload;
using Crime.Frames;
using Crime.Node;

namespace Crime.Device.App;

/// <summary>Shows tokens as they are written. Used by the main thread.</summary>
internal sealed class TokenReport : TokenStream
{
    private readonly Report _report;

    /// <summary>Makes a report, and lets requests ask for parts of outputs.</summary>
    /// <param name="result">The result of the input in progress.</param>
    /// <param name="inbox">Receives the parts.</param>
    /// <param name="report">Receives a line for each token.</param>
    public TokenReport(InputResult result, Inbox inbox, Report report) : base(result, inbox) => _report = report;

    /// <summary>Calls the application for each token; null for none.</summary>
    public ResultNotifier Notifier { get; set; }

    /// <inheritdoc/>
    protected override void HandOut(InputResult result, int index, int token, Target place)
    {
        string name = result.Answer.TokenNames[token];
        _report.Token(result.Input, index, token, name, place);
        if (Notifier != null) Notifier.Notify(result.Input, index, token, name, place, _report);
    }
}
