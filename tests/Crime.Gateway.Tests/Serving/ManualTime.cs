using System;

namespace Crime.Gateway.Tests.Serving;

/// <summary>A clock that stands still until it is told otherwise.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _nowUs = 1_000_000;

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => _nowUs;

    public void AdvanceUs(long timeUs) => _nowUs += timeUs;
}
