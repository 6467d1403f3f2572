// An input that comes timestep by timestep: the board computes what is here while the rest is still coming, unless a gateway is
// the better place. Where it cannot keep up, the state and what is left go to a gateway once the last timestep is here.

using Crime.Device.Inputs;

namespace Crime.Device.Inference;

/// <summary>Runs streams, in turns between which the caller may sleep.</summary>
public sealed class StreamRunner
{
    /// <summary>Most timesteps from one decision to the next: a gateway that comes up is noticed before the rest is computed.</summary>
    public const int MaxSteps = 8;

    private readonly InferenceRunner _runner;
    private readonly TimestepArrivals _arrivals;
    private int _length;
    private int _done;

    /// <summary>Makes a runner.</summary>
    /// <param name="runner">Decides, computes and sends.</param>
    /// <param name="arrivals">Says what is here.</param>
    public StreamRunner(InferenceRunner runner, TimestepArrivals arrivals)
    {
        _runner = runner;
        _arrivals = arrivals;
    }

    /// <summary>True when the stream has its result. A stream that is over without one is a whole input of which nothing is computed yet.</summary>
    public bool HasResult { get; private set; }

    /// <summary>Time in µs until there is work again.</summary>
    public int RestUs { get; private set; }

    /// <summary>Starts a stream, after <see cref="InferenceRunner.Begin"/>.</summary>
    /// <param name="length">Its timesteps.</param>
    public void Begin(int length)
    {
        _length = length;
        _done = 0;
        HasResult = false;
        _arrivals.Begin(length, Clock.NowUs());
    }

    /// <summary>Does what can be done at this moment.</summary>
    /// <param name="values">The stream, timestep by timestep; what has not come yet is not read.</param>
    /// <param name="result">Receives everything but the number of the input.</param>
    /// <returns>False when the stream is over.</returns>
    public bool Turn(short[] values, InferenceResult result)
    {
        long nowUs = Clock.NowUs();
        _arrivals.Update(nowUs);
        return _arrivals.IsComplete ? End(values, result) : GoOn(values, nowUs);
    }

    /// <summary>Computes what is here; holds it where the rest is for a gateway, which is looked at again with every timestep.</summary>
    private bool GoOn(short[] values, long nowUs)
    {
        int count = _arrivals.Count - _done;
        RestUs = _arrivals.RestUs(nowUs);
        if (count == 0 || _runner.IsRestOffloaded(_length - _done, false)) return true;
        Advance(values, count);
        return true;
    }

    /// <summary>All is here: works it off, or hands it off.</summary>
    private bool End(short[] values, InferenceResult result)
    {
        int rest = _length - _done;
        if (_done == 0) return false;
        if (rest > MaxSteps && !_runner.IsRestOffloaded(rest, true))
        {
            Advance(values, rest);
            return true;
        }
        _runner.HandOff(values, _done, _length, result);
        HasResult = true;
        return false;
    }

    private void Advance(short[] values, int count)
    {
        if (count > MaxSteps) count = MaxSteps;
        _runner.Advance(values, _done, count);
        _done += count;
        RestUs = 0;
    }
}
