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

    /// <summary>Makes a profile.</summary>
    public PowerProfile(int computeMw, int waitMw, int transmitMw, int transmitNsPerByte, int transmitOverheadUs)
    {
        ComputeMw = computeMw;
        WaitMw = waitMw;
        TransmitMw = transmitMw;
        TransmitNsPerByte = transmitNsPerByte;
        TransmitOverheadUs = transmitOverheadUs;
    }

    /// <summary>Air time of a message in µs.</summary>
    /// <param name="byteCount">Bytes of the message.</param>
    public int TransmitUs(int byteCount) => TransmitOverheadUs + (int)((long)byteCount * TransmitNsPerByte / 1000);

    /// <summary>Air time of a request as a line over its length.</summary>
    /// <param name="headerSize">Bytes that do not depend on the length.</param>
    /// <param name="bytesPerStep">Bytes per timestep.</param>
    public CostLine TransmitLine(int headerSize, int bytesPerStep) =>
        new CostLine((long)bytesPerStep * TransmitNsPerByte, TransmitUs(headerSize));

    /// <summary>Energy in µJ of a time at a power.</summary>
    /// <param name="powerMw">Power in mW.</param>
    /// <param name="timeUs">Time in µs, at least 0.</param>
    public static int EnergyUj(int powerMw, long timeUs)
    {
        long energy = powerMw * timeUs / 1000;
        return energy > int.MaxValue ? int.MaxValue : (int)energy;
    }
}
