using Crime.Frames;
using NUnit.Framework;

namespace Crime.Shared.Tests.Frames;

/// <summary>Labels per timestep and values in frames.</summary>
public sealed class AnswerFrameTests
{
    private static ResponseFrame Plain() => new()
    {
        Session = 7, Sequence = 8, Label = 2, RelayCount = 2, FractionBits = 9, ClassCount = 3, Logits = [-32768, 0, 32767],
    };

    internal static ResponseFrame Tagging()
    {
        ResponseFrame response = Plain();
        response.LabelCount = 5;
        response.Labels = [0, 0, 2, 2, 1];
        return response;
    }

    internal static ResultFrame TaggingResult() => new()
    {
        Session = 1, Sequence = 2, Origin = 3, Input = 4, AgeMs = 5, ModelId = 6, ServiceUs = 7, Label = 1, Length = 8, Target = Target.Gateway,
        FractionBits = 9, ClassCount = 2, Logits = [-3, 4], LabelCount = 8, Labels = [0, 1, 1, 1, 0, 0, 0, 1],
    };

    private static TelemetryFrame Telemetry()
    {
        var frame = new TelemetryFrame { Session = 1, Count = 2 };
        frame.Records[0] = new TelemetryRecord { Input = 2, Length = 3, Target = Target.Fallback };
        frame.Records[1] = new TelemetryRecord { Input = 3, Length = 3, ConfidencePerMille = 900 };
        return frame;
    }

    [Test]
    public void AResponseAndAResultKeepTheirLabels()
    {
        var response = new ResponseFrame();
        Assert.That(response.Decode(Tagging().Encode()), Is.EqualTo(FrameError.None));
        Assert.That((response.RelayCount, response.LabelCount), Is.EqualTo((2, 5)));
        Assert.That(response.Labels, Is.EqualTo(Tagging().Labels));
        Assert.That(response.Decode(Plain().Encode()), Is.EqualTo(FrameError.None));
        Assert.That(response.LabelCount, Is.Zero, "an answer without labels after one with them");
        var result = new ResultFrame();
        Assert.That(result.Decode(TaggingResult().Encode()), Is.EqualTo(FrameError.None));
        Assert.That(result.Labels, Is.EqualTo(TaggingResult().Labels));
    }

    [Test]
    public void LabelsBeyondTheClassesOrTheLongestLengthAreRefused()
    {
        ResponseFrame response = Tagging();
        response.Labels[4] = 3;
        Assert.That(new ResponseFrame().Decode(response.Encode()), Is.EqualTo(FrameError.Range));
        response.Labels = new byte[FrameFormat.MaxLength + 1];
        response.LabelCount = FrameFormat.MaxLength;
        Assert.That(new ResponseFrame().Decode(response.Encode()), Is.EqualTo(FrameError.None));
        response.LabelCount++;
        Assert.That(new ResponseFrame().Decode(response.Encode()), Is.EqualTo(FrameError.Range));
    }

    [TestCase(0, -12.75f)]
    [TestCase(1, 1e-20f)]
    public void ATelemetryRecordKeepsAValue(int label, float value)
    {
        TelemetryFrame sent = Telemetry(), read = new();
        TelemetryRecord record = sent.Records[0];
        (record.HasValue, record.Value, record.Label) = (true, value, label);
        Assert.That(read.Decode(sent.Encode()), Is.EqualTo(FrameError.None));
        TelemetryRecord kept = read.Records[0];
        Assert.That((kept.HasValue, kept.Value, kept.Label, kept.ConfidencePerMille, kept.Target), Is.EqualTo((true, value, label, 0, record.Target)));
        Assert.That(read.Records[1].HasValue, Is.False);
    }

    [Test]
    public void ATelemetryRecordWithAValueThatIsNoNumberIsRefused()
    {
        TelemetryFrame sent = Telemetry();
        (sent.Records[0].HasValue, sent.Records[0].Value) = (true, float.NaN);
        Assert.That(new TelemetryFrame().Decode(sent.Encode()), Is.EqualTo(FrameError.Range));
    }
}
