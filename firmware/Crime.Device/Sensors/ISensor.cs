// The interface of a driver of a sensor. Only the sampling thread calls it.

namespace Crime.Device.Sensors;

/// <summary>A sensor that gives timesteps of whole numbers in its own unit. A driver allocates nothing after <see cref="Start"/>.</summary>
public interface ISensor
{
    /// <summary>Numbers per timestep.</summary>
    int Channels { get; }

    /// <summary>Time in µs from one timestep to the next; 0 where the sender decides, as on a serial line.</summary>
    int IntervalUs { get; }

    /// <summary>
    /// Time in µs from one call of <see cref="Read"/> to the next. A sensor with a buffer of its own collects timesteps meanwhile: its own clock gives
    /// their times, and they have no jitter. For other sensors it is <see cref="IntervalUs"/>.
    /// </summary>
    int PollUs { get; }

    /// <summary>Finds and configures the sensor.</summary>
    /// <returns>What is wrong in one line; null when it works.</returns>
    string Start();

    /// <summary>Reads the timesteps that have come since the last call.</summary>
    /// <param name="values">Receives them, timestep by timestep, from index 0.</param>
    /// <param name="mostSteps">Most timesteps; more stay for the next call.</param>
    /// <returns>Timesteps that were read; negative when the sensor does not answer.</returns>
    int Read(short[] values, int mostSteps);

    /// <summary>Returns the timesteps that the sensor has lost since the last call, because its own buffer was full or a line was damaged.</summary>
    int TakeLost();
}
