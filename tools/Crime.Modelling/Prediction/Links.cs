// The cost of an offload over each kind of link of a board. The energy is that of the meter's radio timeline. DESIGN.md has the argument,
// SPEC.md, section 8, the terms.

using System;
using System.Collections.Generic;
using Crime.Costs;
using Crime.VirtualBoard;

namespace Crime.Modelling.Prediction;

/// <summary>What a gateway adds.</summary>
/// <param name="UsPerStep">Its service time per timestep, in µs.</param>
/// <param name="StartUs">Its service time of a request of length zero, in µs.</param>
/// <param name="WaitUs">Wait in its queue, in µs.</param>
public sealed record GatewayCost(double UsPerStep, double StartUs, double WaitUs);

/// <summary>An offload over a link.</summary>
/// <param name="Link">Short name.</param>
/// <param name="Meaning">What state the radio is in.</param>
/// <param name="TimeUs">Time until the answer is there, in µs over the length.</param>
/// <param name="EnergyUj">
/// Energy above the idle baseline of this link until then, and of the radio while it listens after the answer, in µJ over the length.
/// </param>
/// <param name="ComputeMw">Power that computing on the board adds to the same baseline, in mW.</param>
public sealed record OffloadCost(string Link, string Meaning, LineOver TimeUs, LineOver EnergyUj, int ComputeMw);

/// <summary>Makes offload costs.</summary>
public static class Links
{
    // RadioTimeline counts whole µs. Its energy is linear, so times in ns give an energy in pJ.
    private const double PjPerUj = 1e6;

    /// <summary>Returns the offloads over all links of a board, the fastest first.</summary>
    /// <param name="board">Its radio and power.</param>
    /// <param name="encoding">CPU time of writing a request, in µs.</param>
    /// <param name="request">Its bytes.</param>
    /// <param name="gateway">The gateway.</param>
    public static IReadOnlyList<OffloadCost> Of(BoardProfile board, LineOver encoding, RequestCost request, GatewayCost gateway) =>
    [
        Over("wifi", IdleMode.AlwaysListening(board), board, encoding, request, gateway),
        Over("modem-sleep", IdleMode.ModemSleep(board), board, encoding, request, gateway),
        Over("radio-wake", IdleMode.LightSleep(board), board, encoding, request, gateway),
    ];

    /// <summary>Returns an offload of a board in a radio mode.</summary>
    /// <remarks>
    /// A radio in modem sleep listens for its minimum active time after it has sent or received. The request of length zero decides for all
    /// lengths whether the answer arrives while the radio still listens: a timestep adds little to a gateway's time. Closing the connection after
    /// the answer takes longer than the minimum active time, so a radio that is off between inputs listens for that time too.
    /// </remarks>
    /// <param name="link">Short name of the link.</param>
    /// <param name="mode">State of the board between inputs.</param>
    /// <param name="board">Its radio and power.</param>
    /// <param name="encoding">CPU time of writing a request, in µs.</param>
    /// <param name="request">Its bytes.</param>
    /// <param name="gateway">The gateway.</param>
    public static OffloadCost Over(string link, IdleMode mode, BoardProfile board, LineOver encoding, RequestCost request, GatewayCost gateway)
    {
        PowerProfile power = mode.Power;
        double clientUs = (board.MqttPublishIl + board.MqttReceiveIl) * board.UsPerIl;
        LineOver compute = encoding + new LineOver(0, clientUs);
        var air = new LineOver(
            request.BytesPerStep * board.TransmitNsPerByte / 1000, board.TransmitOverheadUs + request.HeaderSize * board.TransmitNsPerByte / 1000);
        var away = new LineOver(gateway.UsPerStep, 2 * board.LinkDelayUs + gateway.StartUs + gateway.WaitUs);
        LineOver wait = away, listen = new(0, 0);
        var wake = new LineOver(0, mode.WakeUs);
        if (power.MinActiveUs > 0)
        {
            bool isImmediate = RadioTimeline.IsImmediate((long)away.Start, power.MinActiveUs);
            // A late answer comes at any time between two beacons, so that it waits for half an interval on average.
            if (!isImmediate) wait += new LineOver(0, board.BeaconIntervalUs / 2);
            listen = new LineOver(isImmediate ? away.PerStep : 0, RadioTimeline.ListenTimeUs((long)away.Start, power.MinActiveUs, true));
        }
        double Uj(Func<LineOver, double> part) => new RadioTimeline
        {
            ComputeUs = Ns(part(compute)), TransmitUs = Ns(part(air)), WaitUs = Ns(part(wait)), ListenUs = Ns(part(listen)), WakeUs = Ns(part(wake)),
        }.EnergyNj(power) / PjPerUj;
        return new OffloadCost(
            link, mode.Meaning, wake + compute + air + wait, new LineOver(Uj(line => line.PerStep), Uj(line => line.Start)), power.ComputeMw);
    }

    /// <summary>The smallest length from which on an offload costs less.</summary>
    /// <param name="local">Cost of computing on the board.</param>
    /// <param name="offload">Cost of offloading, in the same unit.</param>
    /// <returns>1 or more; null when computing on the board always costs less.</returns>
    public static long? BreakEvenLength(LineOver local, LineOver offload)
    {
        double ahead = offload.Start - local.Start, slope = local.PerStep - offload.PerStep;
        if (ahead + offload.PerStep < local.PerStep) return 1;
        if (slope <= 0) return null;
        // Cheaper means strictly cheaper, as for the board's own decision.
        double length = Math.Floor(ahead / slope) + 1;
        return length > int.MaxValue ? null : (long)length;
    }

    private static long Ns(double us) => (long)Math.Round(us * 1000);
}
