// An enrolled client.

using System;

namespace Crime.Gateway.Access;

/// <summary>A client that a broker admits.</summary>
/// <param name="Id">Name of the client: 1 to 32 letters, digits, '-', '_' or '.'. It is the user name, and for a board the MQTT client id as well.</param>
/// <param name="Role">The role.</param>
/// <param name="Group">A label that boards are ordered by, or the group of a gateway; empty for none.</param>
/// <param name="Secret">The stored form of the password.</param>
/// <param name="SinceUtc">Time at which the password was made.</param>
public sealed record Credential(string Id, ClientRole Role, string Group, SecretHash Secret, DateTimeOffset SinceUtc);
