// What a board draws in each of its states, and how long its radio is on the air. One set of numbers per board:
// hardware/<board>/board.json holds them with their sources.

namespace Crime.Costs;

/// <summary>Power per state and air time of a board.</summary>
public sealed class PowerProfile
{
    /// <summary>Power in mW while the CPU computes and the radio is associated.</summary>
    public readonly int ComputeMw;

    /// <summary>Power in mW while the board waits for an answer, associated.</summary>
    public readonly int WaitMw;

    /// <summary>Power in mW while the radio transmits.</summary>
    public readonly int TransmitMw;

    /// <summary>Air time per byte sent, in ns: 8000 divided by the goodput in Mbit/s.</summary>
    public readonly int TransmitNsPerByte;

    /// <summary>Air time per message apart from its bytes, in µs: preamble, headers, acknowledgements.</summary>
    public readonly int TransmitOverheadUs;

    /// <summary>Power in mW while the board waits and its radio listens.</summary>
    public readonly int ListenMw;

    /// <summary>
    /// How long a dozing radio listens on after it has sent or received, in µs: what comes meanwhile comes at once, what comes later
    /// waits for a beacon. 0 for a radio that listens always, or that none of this is known of.
    /// </summary>
    public readonly int ListenOnUs;

    /// <summary>Makes a profile.</summary>
    public PowerProfile(
        int computeMw, int waitMw, int transmitMw, int transmitNsPerByte, int transmitOverheadUs, int listenMw = 0, int listenOnUs = 0)
    {
        ComputeMw = computeMw;
        WaitMw = waitMw;
        TransmitMw = transmitMw;
        TransmitNsPerByte = transmitNsPerByte;
        TransmitOverheadUs = transmitOverheadUs;
        ListenMw = listenMw;
        ListenOnUs = listenOnUs;
    }

    /// <summary>Air time of a message in µs.</summary>
    /// <param name="byteCount">Bytes of the message.</param>
    public int TransmitUs(int byteCount) => TransmitOverheadUs + (int)((long)byteCount * TransmitNsPerByte / 1000);

    /// <summary>Air time of a request as a line over its length.</summary>
    /// <param name="headerSize">Bytes that do not depend on the length.</param>
    /// <param name="bytesPerStep">Bytes per timestep.</param>
    public CostLine TransmitLine(int headerSize, int bytesPerStep) =>
        new CostLine((long)bytesPerStep * TransmitNsPerByte, TransmitUs(headerSize));

    /// <summary>Time in µs that a dozing radio listens because of a request: until the answer, for a while at most, and on after it.</summary>
    /// <param name="waitUs">From the request's leaving to the answer's coming, in µs.</param>
    public int ListeningUs(int waitUs) => (waitUs < ListenOnUs ? waitUs : ListenOnUs) + ListenOnUs;

    /// <summary>Energy in µJ of a time at a power.</summary>
    /// <param name="powerMw">Power in mW.</param>
    /// <param name="timeUs">Time in µs, at least 0.</param>
    public static int EnergyUj(int powerMw, long timeUs)
    {
        long energy = powerMw * timeUs / 1000;
        return energy > int.MaxValue ? int.MaxValue : (int)energy;
    }
}
