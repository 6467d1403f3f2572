using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Shared.Tests.Mapping;

/// <summary>A board that hears a busy gateway's statuses, for the counter of instructions.</summary>
internal static class StatusProbe
{
    private const uint ModelId = 1;

    /// <summary>Receives statuses whose load changes every time and whose costs stay as they are.</summary>
    /// <param name="models">Models of the gateway; the board's is the last.</param>
    /// <param name="isAtBeacons">True when answers come at beacons.</param>
    /// <param name="statuses">Number of statuses.</param>
    public static void Receive(int models, bool isAtBeacons, int statuses)
    {
        var engine = new MappingEngine(
            new EngineSetup
            {
                ModelId = ModelId,
                LongestLength = 80,
                LocalTime = new CostLine(100_000_000, 500),
                BytesPerStep = 24,
                Power = new PowerProfile { ComputeMw = 165, WaitMw = 103, TransmitMw = 627, TransmitNsPerByte = 1600, TransmitOverheadUs = 300 },
                BeaconIntervalUs = isAtBeacons ? EngineSetup.StandardBeaconUs : 0,
            }, 7);
        var status = new StatusFrame { Online = true, Workers = 3, Session = 1, Utilisation = StatusFrame.FullUtilisation };
        for (int i = models; i > 0; i--) status.Add((uint)i, 0).SetOwn(1000, 300);
        byte[] bytes = status.Encode();
        var received = new StatusFrame(ModelId);
        long now = EngineSetup.StandardBeaconUs;
        for (int i = 0; i < statuses; i++, now += EngineSetup.StandardBeaconUs)
        {
            bytes[8] = (byte)i;
            bytes[13] = (byte)(i & 3);
            if (received.Decode(bytes) == FrameError.None) engine.OnStatus("gateway", received, now);
        }
    }
}
