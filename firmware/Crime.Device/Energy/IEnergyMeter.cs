// Energy per inference, from a sensor or from the board's profile: the console says which one speaks.

namespace Crime.Device.Energy;

/// <summary>How an inference spent its time.</summary>
public sealed class Activity
{
    /// <summary>Time in µs in which the CPU computed.</summary>
    public long ComputeUs;

    /// <summary>Time in µs in which the radio transmitted.</summary>
    public long TransmitUs;

    /// <summary>Time in µs in which the board waited for an answer.</summary>
    public long WaitUs;

    /// <summary>Time in µs in which a radio that else dozes listened because of the request, before its answer and after.</summary>
    public long ListenUs;

    /// <summary>Time in µs in which the radio, which had been off, came up.</summary>
    public long RadioUpUs;

    /// <summary>Starts counting anew.</summary>
    public void Reset()
    {
        ComputeUs = 0;
        TransmitUs = 0;
        WaitUs = 0;
        ListenUs = 0;
        RadioUpUs = 0;
    }
}

/// <summary>Tells the energy of one inference.</summary>
public interface IEnergyMeter
{
    /// <summary>Name for the console: "ina219" or "model".</summary>
    string Name { get; }

    /// <summary>Whether a sensor measures; false when the energy is computed.</summary>
    bool IsMeasured { get; }

    /// <summary>An inference begins.</summary>
    void Start();

    /// <summary>An inference has ended.</summary>
    /// <param name="activity">How it spent its time.</param>
    /// <returns>Its energy in µJ.</returns>
    int Stop(Activity activity);
}
