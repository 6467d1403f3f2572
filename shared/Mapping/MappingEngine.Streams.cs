// Decisions about a stream: an input of which a part has been computed here, and a part may still be on its way.

namespace Crime.Mapping;

public sealed partial class MappingEngine
{
    // What the state of a stream adds to the air time of a request.
    private readonly int _stateUs;

    /// <summary>Picks the place for the rest of a stream, the state of which goes with it when it goes.</summary>
    /// <remarks>
    /// The rest goes in one piece, once all of it is here. Until then the board waits in any case, and what it computes
    /// meanwhile costs no time: only what that draws on top of waiting can speak for a gateway. A deadline counts from the last timestep.
    /// </remarks>
    /// <param name="length">Timesteps that remain, whether they are here yet or not.</param>
    /// <param name="isComplete">Whether all of them are here.</param>
    /// <param name="nowUs">The time.</param>
    /// <returns>A candidate's index, or <see cref="DecisionTable.Local"/>.</returns>
    public int ChooseRest(int length, bool isComplete, long nowUs)
    {
        lock (_lock)
        {
            Begin(nowUs);
            int bucket = _table.Bucket(length);
            bool hasDeadline = _goal.Objective == Objective.Deadline;
            Route route = hasDeadline ? DecisionTable.FastestWithin(_routes, bucket, _tick, out int timeUs)
                : DecisionTable.Fastest(_routes, bucket, _tick, out timeUs);
            bool isTooLate = false;
            if (route != null)
            {
                timeUs += _stateUs;
                // Another route may just have had the time for the state as well; it would be the slower one.
                isTooLate = timeUs > route.SlackUs;
                timeUs = HeardUs(bucket, timeUs, _stateUs);
                if (_isOnGrid) isTooLate = timeUs > _goal.DeadlineMs * 1000;
            }
            if (hasDeadline)
            {
                if (isTooLate) route = null;
                // What can still change is not given up for lost.
                if (isComplete && !_table.IsLocalInTime(bucket)) return route == null ? DecideTooLate(bucket, _stateUs) : route.Candidate;
            }
            if (route == null) return DecisionTable.Local;
            int localCost = isComplete ? _table.LocalCost(bucket) : _table.SpareCost(bucket);
            return CostAway(bucket, timeUs, _stateUs) + _table.StateCost < localCost ? route.Candidate : DecisionTable.Local;
        }
    }
}
