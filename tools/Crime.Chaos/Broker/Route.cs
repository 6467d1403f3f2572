// The receivers of a topic.

using System;
using System.Collections.Generic;
using System.Linq;

namespace Crime.Chaos.Broker;

/// <summary>The receivers of a topic at the present subscriptions.</summary>
internal sealed class Route
{
    /// <summary>Finds the receivers.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="sessions">All sessions.</param>
    public Route(string topic, IEnumerable<Session> sessions)
    {
        string[] levels = topic.Split('/');
        var shares = new SortedDictionary<string, List<Session>>(StringComparer.Ordinal);
        foreach (Session session in sessions)
        {
            foreach (TopicFilter filter in session.Filters)
            {
                if (!filter.Matches(levels)) continue;
                if (filter.Share == null) All.Add((session, filter.Quality));
                else if (shares.TryGetValue(filter.Share, out List<Session>? members)) members.Add(session);
                else shares.Add(filter.Share, [session]);
            }
        }
        Shares = [.. shares.Values.Select(members => members.ToArray())];
    }

    /// <summary>Sessions that each get a message, with the quality of service of their subscription.</summary>
    public List<(Session Session, int Quality)> All { get; } = [];

    /// <summary>Members of shared subscriptions, of which one gets a message.</summary>
    public Session[][] Shares { get; }
}
