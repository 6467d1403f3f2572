// The topics that enrolled clients may use, in one table: the embedded broker asks it for each message and each subscription.

using System.Collections.Generic;
using System.Linq;
using Crime.Frames;

namespace Crime.Gateway.Access;

/// <summary>The rights of one client at a broker. Immutable.</summary>
public sealed class ClientRights
{
    private const string AnyOne = "+";
    private const string Everything = "#";
    private const string JsonRoot = Topics.Root + "board/";
    private const string SharedRoot = "$share/";

    private readonly TopicPattern[] _publish;
    private readonly TopicPattern[] _subscribe;

    private ClientRights(IEnumerable<string> publish, IEnumerable<string> subscribe)
    {
        _publish = [.. publish.Select(filter => new TopicPattern(filter))];
        _subscribe = [.. subscribe.Select(filter => new TopicPattern(filter))];
    }

    /// <summary>Filters of the topics that the client may publish to.</summary>
    public IReadOnlyList<TopicPattern> Publish => _publish;

    /// <summary>Filters within which the client may subscribe.</summary>
    public IReadOnlyList<TopicPattern> Subscribe => _subscribe;

    /// <summary>Returns the rights of an enrolled client.</summary>
    /// <param name="client">The client.</param>
    public static ClientRights Of(Credential client) => client.Role switch
    {
        ClientRole.Gateway => OfGateway(client.Id, client.Group),
        ClientRole.Tool => OfTool(client.Id),
        _ => OfBoard(client.Id),
    };

    /// <summary>Returns true when the client may publish to a topic.</summary>
    /// <param name="topic">The topic.</param>
    public bool MayPublish(string topic) => Covers(_publish, topic);

    /// <summary>Returns true when the client may subscribe to a filter.</summary>
    /// <param name="filter">The filter.</param>
    public bool MaySubscribe(string filter) => Covers(_subscribe, filter);

    private static bool Covers(TopicPattern[] patterns, string filter)
    {
        foreach (TopicPattern pattern in patterns)
            if (pattern.Covers(filter)) return true;
        return false;
    }

    private static ClientRights OfBoard(string id) => new(
        [Topics.Request(AnyOne, id), Topics.Telemetry(id), Topics.Presence(id), Topics.Answer(id), Topics.Record(id)],
        [
            Topics.Response(id), Topics.Settings(id), Topics.Command(id), Topics.Status(AnyOne), Topics.Status(AnyOne) + "/" + AnyOne, Topics.Regime(AnyOne),
            Topics.Models(AnyOne),
        ]);

    // A gateway that uses this broker as its own, and one that passes requests on to the gateway of this broker.
    private static ClientRights OfGateway(string id, string group)
    {
        string[] publish =
        [
            Topics.Request(AnyOne, id), Topics.Response(AnyOne), Topics.Status(id), Topics.Regime(id), Topics.Models(id), Topics.Settings(AnyOne),
            Topics.Result(AnyOne), JsonRoot + AnyOne + "/result",
        ];
        string[] subscribe =
        [
            Topics.Response(id), Topics.RequestFilter(id), Topics.Status(AnyOne), Topics.Status(AnyOne) + "/" + AnyOne, Topics.Regime(AnyOne), Topics.Models(AnyOne),
            Topics.TelemetryFilter, Topics.PresenceFilter, Topics.AnswerFilter,
        ];
        if (group.Length == 0) return new ClientRights(publish, subscribe);
        string shared = SharedRoot + group + "/" + Topics.RequestFilter(group);
        return new ClientRights([.. publish, Topics.Status(group), Topics.Status(group) + "/" + id, Topics.Regime(group)], [.. subscribe, shared]);
    }

    private static ClientRights OfTool(string id) => new([Topics.Command(AnyOne), Topics.Request(AnyOne, id)], [Everything]);
}
