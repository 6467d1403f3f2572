// The statuses that a gateway has published. Nodes read them when they next look: a simulation needs no event per delivery.

using System;
using Crime.Frames;

namespace Crime.Simulation.World;

/// <summary>The last statuses of a gateway, numbered from 1.</summary>
internal sealed class StatusLog
{
    /// <summary>
    /// Statuses that a node reads when it looks after a while. It has received all of them; the influence of earlier ones on the engine
    /// (the mean error of its forecasts, with gains of 1/8 and 1/4) has faded.
    /// </summary>
    public const int ReadStatuses = 12;

    private const int KeptStatuses = 32;

    private readonly StatusFrame[] _statuses = new StatusFrame[KeptStatuses];
    private readonly long[] _atUs = new long[KeptStatuses];
    private uint _count;

    /// <summary>Makes an empty log.</summary>
    /// <param name="modelId">The model whose costs are kept.</param>
    public StatusLog(uint modelId)
    {
        for (int i = 0; i < KeptStatuses; i++) _statuses[i] = new StatusFrame(modelId);
    }

    /// <summary>Number of statuses published.</summary>
    public uint Count => _count;

    /// <summary>Appends a copy of a status.</summary>
    /// <param name="published">The status.</param>
    /// <param name="atUs">Time of publication.</param>
    public void Add(StatusFrame published, long atUs)
    {
        uint at = _count++ % KeptStatuses;
        _atUs[at] = atUs;
        StatusFrame kept = _statuses[at];
        kept.Online = published.Online;
        kept.Session = published.Session;
        kept.Sequence = published.Sequence;
        kept.Workers = published.Workers;
        kept.BacklogUs = published.BacklogUs;
        kept.Depth = published.Depth;
        kept.Capacity = published.Capacity;
        kept.Utilisation = published.Utilisation;
        kept.ModelCount = 0;
        // The kept frame has room for one model.
        if (published.ModelCount == 0) return;
        CostAdvert advert = kept.Add(published.ModelId[0], 0);
        advert.CopyFrom(published.Advert(0));
    }

    /// <summary>Number of the first of the newest statuses that a node which has seen some still has to read.</summary>
    /// <param name="seen">Number of the last status that it has read.</param>
    public uint FirstToRead(uint seen) => Math.Max(seen + 1, _count > ReadStatuses ? _count - ReadStatuses + 1 : 1);

    /// <summary>Number of the last statuses that were published after one time and not after another.</summary>
    public int CountBetween(double afterUs, double untilUs)
    {
        int count = 0;
        for (int i = 0; i < Math.Min(_count, KeptStatuses); i++)
            if (_atUs[i] > afterUs && _atUs[i] <= untilUs) count++;
        return count;
    }

    /// <summary>A status by its number.</summary>
    /// <param name="number">From <see cref="FirstToRead"/> on.</param>
    /// <param name="byUs">Latest time of publication.</param>
    /// <param name="atUs">Time of publication.</param>
    /// <returns>Null when there is none yet.</returns>
    public StatusFrame? Read(uint number, long byUs, out long atUs)
    {
        uint at = (number - 1) % KeptStatuses;
        atUs = number <= _count ? _atUs[at] : long.MaxValue;
        return atUs <= byUs ? _statuses[at] : null;
    }
}
