using System.Collections.Generic;
using Crime.Device.Terminal;
using Crime.Recordings;

namespace Crime.Cli.Tests.Takes;

/// <summary>The lines of a board that records, made with the writer of the firmware.</summary>
internal static class BoardLines
{
    public const int RateMilliHz = 100_000;

    public static List<string> Of(uint id, int channels, short[] values)
    {
        int length = values.Length / channels, most = SequenceLines.StepsPerLine(channels);
        var line = new LineWriter();
        var lines = new List<string>
        {
            line.Text("REC id=").Number(id).Text(" len=").Number(length).Text(" channels=").Number(channels).Text(" rate-mhz=").Number(RateMilliHz)
                .Text(" crc=").Hex(new SequenceChecksum(channels).Of(id, length, RateMilliHz, values)).ToString(),
        };
        for (int at = 0; at < length; at += most)
        {
            int steps = int.Min(most, length - at);
            lines.Add(line.Clear().Text("REC id=").Number(id).Text(" at=").Number(at).Text(" data=").Base64(values, at * channels, steps * channels).ToString());
        }
        lines.Add(line.Clear().Text("REC id=").Number(id).Text(" end").ToString());
        return lines;
    }

    public static string On(int channels = 3, uint next = 1, int rateMilliHz = RateMilliHz) =>
        System.FormattableString.Invariant($"record: on channels={channels} rate-mhz={rateMilliHz} next={next}");

    public static short[] Values(int channels, int length, int seed)
    {
        var values = new short[channels * length];
        for (int i = 0; i < values.Length; i++) values[i] = (short)(seed * 7919 + i * 31);
        return values;
    }
}
