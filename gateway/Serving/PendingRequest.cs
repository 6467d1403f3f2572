// A request from its arrival to its answer.

using Crime.Frames;
using Crime.Gateway.Models;

namespace Crime.Gateway.Serving;

/// <summary>A request with what the gateway noted about it. Used again and again; see <see cref="RequestQueue"/>.</summary>
public sealed class PendingRequest
{
    /// <summary>The request itself.</summary>
    public RequestFrame Frame { get; } = new();

    /// <summary>Who waits for the answer.</summary>
    public string Board { get; set; } = "";

    /// <summary>The model to run; meaningful once the request has been accepted.</summary>
    public GatewayModel Model { get; set; } = null!;

    /// <summary>Predicted time to compute it, in µs.</summary>
    public int CostUs { get; set; }

    /// <summary>Time stamp of its arrival.</summary>
    public long ArrivedAt { get; set; }
}
