// The kinds of clients that a broker knows apart.

namespace Crime.Gateway.Access;

/// <summary>The role of an enrolled client. It decides which topics the client may use.</summary>
public enum ClientRole
{
    /// <summary>A board: its own topics, and the statuses and models of gateways.</summary>
    Board = 0,

    /// <summary>Another gateway: it answers boards in its own name.</summary>
    Gateway = 1,

    /// <summary>A program that reads everything and sends commands to boards that record.</summary>
    Tool = 2,
}
