// The outcome of a connection's check.

using Crime.Gateway.Access;

namespace Crime.Gateway.Broker;

/// <summary>The terms on which a connection was admitted.</summary>
/// <param name="Client">The enrolled client; null for one without a credential of its own.</param>
/// <param name="Rights">The topics that it may use; null for all that the broker allows to anybody.</param>
public sealed record Admission(EnrolledClient? Client, ClientRights? Rights)
{
    /// <summary>Admission without a credential of its own.</summary>
    public static readonly Admission WithAllRights = new(null, null);
}
