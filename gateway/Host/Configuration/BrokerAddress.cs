// Where the gateway's link goes, and how it introduces itself there.

namespace Crime.Gateway.Configuration;

/// <summary>How to reach a broker.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">TCP port.</param>
/// <param name="Username">User name, empty for none.</param>
/// <param name="Password">Password, empty for none.</param>
public sealed record BrokerAddress(string Host, int Port, string Username, string Password);
