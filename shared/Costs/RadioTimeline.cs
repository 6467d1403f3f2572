// How long a board spends in each of its states for one input, and the energy of that. The meter, the mapping engine, the predictor and
// the simulator take both from here, so that a decision and its bill use the same formula.

namespace Crime.Costs;

/// <summary>Time per state of a board and its radio for one input, in µs.</summary>
/// <remarks>
/// A request wakes the radio if it is off, is computed and transmitted, and then waits. A radio in modem sleep listens for
/// <see cref="PowerProfile.MinActiveUs"/> after it has sent or received. An answer that is ready by then arrives at once; a later one waits
/// for a beacon. Listening comes on top of the other states, because the board waits or computes meanwhile. The MQTT client computes in a part
/// of the wait. Not thread-safe.
/// </remarks>
public sealed class RadioTimeline
{
    /// <summary>Time in µs in which the CPU computed.</summary>
    public long ComputeUs;

    /// <summary>Time in µs in which the radio transmitted.</summary>
    public long TransmitUs;

    /// <summary>Time in µs in which the board waited.</summary>
    public long WaitUs;

    /// <summary>Time in µs in which a radio in modem sleep listened because of the request, before the answer and after it.</summary>
    public long ListenUs;

    /// <summary>Time in µs in which the radio, which had been off, came up.</summary>
    public long WakeUs;

    /// <summary>The part of <see cref="ListenUs"/> that comes after the result, in µs: the radio still listens then.</summary>
    public long TailUs;

    // Time until which the states are counted.
    private long _countedUs;

    /// <summary>Sets all times to zero.</summary>
    /// <param name="nowUs">The time in µs: the states count from now on.</param>
    public void Start(long nowUs)
    {
        Reset();
        _countedUs = nowUs;
    }

    /// <summary>Notes that the states are counted until now.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void Skip(long nowUs) => _countedUs = nowUs;

    /// <summary>Counts the time since the last count as computing.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void AddCompute(long nowUs)
    {
        ComputeUs += nowUs - _countedUs;
        _countedUs = nowUs;
    }

    /// <summary>Counts the time since the last count as waiting.</summary>
    /// <param name="nowUs">The time in µs.</param>
    public void AddWait(long nowUs)
    {
        WaitUs += nowUs - _countedUs;
        _countedUs = nowUs;
    }

    /// <summary>Sets all times to zero.</summary>
    public void Reset()
    {
        ComputeUs = 0;
        TransmitUs = 0;
        WaitUs = 0;
        ListenUs = 0;
        WakeUs = 0;
        TailUs = 0;
    }

    /// <summary>Adds a request from its transmission to its answer or its time-out.</summary>
    /// <param name="power">The board's power profile.</param>
    /// <param name="transmitUs">Air time of the request in µs.</param>
    /// <param name="waitUs">Time in µs from the end of the transmission to the answer or the time-out.</param>
    /// <param name="isAnswered">False after a time-out: the radio does not listen for an answer's minimum active time then.</param>
    public void AddRequest(PowerProfile power, long transmitUs, long waitUs, bool isAnswered)
    {
        long clientUs = ClientUs(power, waitUs, isAnswered);
        ComputeUs += clientUs;
        TransmitUs += transmitUs;
        WaitUs += waitUs - clientUs;
        ListenUs += ListenTimeUs(waitUs, power.MinActiveUs, isAnswered);
    }

    /// <summary>Energy of all times in nJ: mW times µs.</summary>
    /// <param name="power">The board's power profile.</param>
    public long EnergyNj(PowerProfile power) => RequestNj(power, ComputeUs, TransmitUs, WaitUs, ListenUs) + power.WakeMw * WakeUs;

    /// <summary>Energy in nJ of times in µs, for a caller that keeps no timeline; without waking the radio.</summary>
    /// <param name="power">The board's power profile.</param>
    /// <param name="computeUs">Time in which the CPU computes.</param>
    /// <param name="transmitUs">Time in which the radio transmits.</param>
    /// <param name="waitUs">Time in which the board waits.</param>
    /// <param name="listenUs">Time in which the radio listens, see <see cref="ListenTimeUs"/>.</param>
    public static long RequestNj(PowerProfile power, long computeUs, long transmitUs, long waitUs, long listenUs) =>
        power.ComputeMw * computeUs + power.TransmitMw * transmitUs + power.WaitMw * waitUs + power.ListenExtraMw * listenUs;

    /// <summary>Energy of all times in µJ, at most <see cref="int.MaxValue"/>.</summary>
    /// <param name="power">The board's power profile.</param>
    public int EnergyUj(PowerProfile power)
    {
        long energyUj = EnergyNj(power) / 1000;
        return energyUj > int.MaxValue ? int.MaxValue : (int)energyUj;
    }

    /// <summary>Time in µs in which the MQTT client computes while the board waits for an answer.</summary>
    /// <param name="power">The board's power profile.</param>
    /// <param name="waitUs">Time in µs from the end of the transmission to the answer or the time-out; the result is at most this.</param>
    /// <param name="isAnswered">False after a time-out: nothing is received then.</param>
    public static long ClientUs(PowerProfile power, long waitUs, bool isAnswered)
    {
        long clientUs = power.SendUs + (isAnswered ? power.ReceiveUs : 0);
        return clientUs < waitUs ? clientUs : waitUs;
    }

    /// <summary>Time in µs for which a radio in modem sleep listens because of a request.</summary>
    /// <param name="waitUs">Time in µs from the end of the transmission to the answer or the time-out.</param>
    /// <param name="minActiveUs">The minimum active time; 0 for a radio that always listens.</param>
    /// <param name="isAnswered">False after a time-out.</param>
    public static long ListenTimeUs(long waitUs, int minActiveUs, bool isAnswered) =>
        (waitUs < minActiveUs ? waitUs : minActiveUs) + (isAnswered ? minActiveUs : 0);

    /// <summary>Returns true when an answer arrives at once, because the radio still listens after its request.</summary>
    /// <param name="waitUs">Time in µs from the end of the transmission until the access point has the answer.</param>
    /// <param name="minActiveUs">The minimum active time of a radio in modem sleep.</param>
    public static bool IsImmediate(long waitUs, int minActiveUs) => waitUs < minActiveUs;
}
