// Topics that people and other programs read. Boards do not know them, so they are not among the topics of the protocol's frames.

using System;
using Crime.Frames;

namespace Crime.Gateway.Broker;

/// <summary>Topics with JSON about a board.</summary>
public static class BoardTopics
{
    /// <summary>Start of the topics.</summary>
    public const string Root = Topics.Root + "board/";

    private const string ResultLevel = "/result";

    /// <summary>The results of every board.</summary>
    public const string ResultFilter = Root + "+" + ResultLevel;

    /// <summary>Topic of a board's results.</summary>
    /// <param name="board">Id of the board.</param>
    public static string Result(string board) => Root + board + ResultLevel;

    /// <summary>Returns true when only the gateway may publish to the topic.</summary>
    /// <param name="topic">A topic as received.</param>
    public static bool IsOfGateway(string topic) => topic.StartsWith(Root, StringComparison.Ordinal);
}
