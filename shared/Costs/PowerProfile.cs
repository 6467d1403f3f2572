// The power of a board in each of its states, and the time of its radio and its MQTT client. One set of numbers per board: hardware/<board>/board.json
// holds them with their sources.

namespace Crime.Costs;

/// <summary>
/// Power per state and time per message of a board. Powers count above the idle baseline, the power of the board while it has nothing to do:
/// <see cref="SubtractIdle"/>. Set once, where it is made; never changed afterwards.
/// </summary>
public sealed class PowerProfile
{
    /// <summary>Power in mW while the CPU computes.</summary>
    public int ComputeMw;

    /// <summary>Power in mW while the board waits for an answer, associated; 0 where that is the idle baseline.</summary>
    public int WaitMw;

    /// <summary>Power in mW while the radio transmits.</summary>
    public int TransmitMw;

    /// <summary>Power in mW while the board waits and its radio listens; meaningful when <see cref="MinActiveUs"/> is above 0.</summary>
    public int ListenMw;

    /// <summary>Power in mW while the radio comes up.</summary>
    public int WakeMw;

    /// <summary>Time in µs in which the MQTT client computes to send a message.</summary>
    public int SendUs;

    /// <summary>Time in µs in which the MQTT client computes to receive a message.</summary>
    public int ReceiveUs;

    /// <summary>Air time per byte sent, in ns: 8000 divided by the goodput in Mbit/s.</summary>
    public int TransmitNsPerByte;

    /// <summary>Air time per message apart from its bytes, in µs: preamble, headers, acknowledgements.</summary>
    public int TransmitOverheadUs;

    /// <summary>
    /// Minimum active time in µs: a radio in modem sleep listens for so long after it has sent or received. 0 for a radio that always
    /// listens, or where nothing of this is known.
    /// </summary>
    public int MinActiveUs;

    /// <summary>Power in mW that listening adds to waiting; 0 for a radio without modem sleep.</summary>
    public int ListenExtraMw => MinActiveUs > 0 ? ListenMw - WaitMw : 0;

    /// <summary>Subtracts the idle baseline from the power of every state. A state that draws less counts as 0.</summary>
    /// <param name="idleMw">The idle baseline in mW.</param>
    /// <returns>This profile.</returns>
    public PowerProfile SubtractIdle(int idleMw)
    {
        ComputeMw = Above(ComputeMw, idleMw);
        WaitMw = Above(WaitMw, idleMw);
        TransmitMw = Above(TransmitMw, idleMw);
        ListenMw = Above(ListenMw, idleMw);
        WakeMw = Above(WakeMw, idleMw);
        return this;
    }

    /// <summary>Air time of a message in µs.</summary>
    /// <param name="sizeBytes">Bytes of the message.</param>
    public int TransmitUs(int sizeBytes) => TransmitOverheadUs + (int)((long)sizeBytes * TransmitNsPerByte / 1000);

    /// <summary>Air time of a request as a line over its length.</summary>
    /// <param name="headerSize">Bytes that do not depend on the length.</param>
    /// <param name="bytesPerStep">Bytes per timestep.</param>
    public CostLine TransmitLine(int headerSize, int bytesPerStep) =>
        new CostLine((long)bytesPerStep * TransmitNsPerByte, TransmitUs(headerSize));

    /// <summary>Energy in µJ of a time at a power, at most <see cref="int.MaxValue"/>.</summary>
    /// <param name="powerMw">Power in mW.</param>
    /// <param name="timeUs">Time in µs, at least 0.</param>
    public static int EnergyUj(int powerMw, long timeUs)
    {
        long energy = powerMw * timeUs / 1000;
        return energy > int.MaxValue ? int.MaxValue : (int)energy;
    }

    private static int Above(int powerMw, int idleMw) => powerMw > idleMw ? powerMw - idleMw : 0;
}
