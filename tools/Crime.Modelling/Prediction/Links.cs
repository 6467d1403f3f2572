// What an offload costs over the links that a board can have. DESIGN.md has the argument, SPEC.md, section 8, the terms; the
// figures are the board's own.

using System;
using System.Collections.Generic;
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
/// <param name="EnergyUj">Energy of the board until then, and of its radio's listening on after that, in µJ over the length.</param>
public sealed record OffloadCost(string Link, string Meaning, LineOver TimeUs, LineOver EnergyUj);

/// <summary>Makes offload costs.</summary>
public static class Links
{
    /// <summary>All links of a board, the fastest first.</summary>
    /// <remarks>
    /// A dozing radio listens on for a while after it has sent, and after it has received. The answer to a request of length zero decides for
    /// all lengths whether answers come while it listens, at once, or wait for a beacon: a timestep adds little to a gateway's time.
    /// </remarks>
    /// <param name="board">Its radio and power.</param>
    /// <param name="encoding">CPU time of writing a request, in µs.</param>
    /// <param name="request">Its bytes.</param>
    /// <param name="gateway">The other end.</param>
    public static IReadOnlyList<OffloadCost> Of(BoardProfile board, LineOver encoding, RequestCost request, GatewayCost gateway)
    {
        double clientUs = (board.MqttPublishIl + board.MqttReceiveIl) * board.UsPerIl;
        LineOver compute = encoding + new LineOver(0, clientUs);
        var air = new LineOver(
            request.BytesPerStep * board.TransmitNsPerByte / 1000, board.TransmitOverheadUs + request.HeaderSize * board.TransmitNsPerByte / 1000);
        var away = new LineOver(gateway.UsPerStep, 2 * board.LinkDelayUs + gateway.StartUs + gateway.WaitUs);
        OffloadCost Cost(string link, string meaning, LineOver wait, LineOver waitUj, double upUs)
        {
            var up = new LineOver(0, upUs);
            return new OffloadCost(
                link, meaning, up + compute + air + wait,
                up.Energy(board.AssociateMw) + compute.Energy(board.ComputeMw) + air.Energy(board.TransmitMw) + waitUj);
        }
        var listenOn = new LineOver(0, board.ListenOnUs);
        bool isAtOnce = away.Start <= board.ListenOnUs;
        // A late answer comes at any time between two beacons, so that it waits for half an interval on average.
        LineOver dozing = isAtOnce ? away : away + new LineOver(0, board.BeaconIntervalUs / 2);
        LineOver listening = (isAtOnce ? away : listenOn) + listenOn;
        LineOver dozingUj = dozing.Energy(board.WaitMw) + listening.Energy(board.ReceiveMw - board.WaitMw);
        return
        [
            Cost("wifi", "associated, receiver always on: not what the stock firmware does", away, away.Energy(board.ReceiveMw), 0),
            Cost("modem-sleep", "associated, listening for a while, then dozing between beacons: the stock firmware", dozing, dozingUj, 0),
            // Closing the connection after the answer takes longer than the radio listens on: it does that here too.
            Cost("radio-wake", "radio off between inputs, brought up for each request, then as modem-sleep", dozing, dozingUj, board.AssociateMs * 1000),
        ];
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
}
