using Crime.Device.Inputs;
using Crime.Device.Sensors;
using Crime.Model;
using Crime.Sensing;
using NUnit.Framework;

namespace Crime.Device.Tests.Inputs;

/// <summary>Timesteps and whole sequences that an application gives.</summary>
public sealed class PushedInputsTests
{
    private const int Channels = 3;
    private const int Longest = 100;

    private readonly SegmenterSettings _settings = new() { GreatestLength = Longest, LeastLength = 5 };
    private SampleRing _ring = null!;
    private PushedInputs _pushed = null!;
    private LiveSource _source = null!;

    [SetUp]
    public void Make()
    {
        _ring = new SampleRing(Channels, 200);
        _pushed = new PushedInputs(Channels);
        _source = new LiveSource(_ring, _settings, _pushed);
    }

    [Test]
    public void NothingIsTakenBeforeTheBoardIsReady()
    {
        Assert.That((_pushed.Push(new short[3], false), _pushed.TryPut(new short[30], 10)), Is.EqualTo((false, false)));
        _pushed.Open(_ring, Longest);
        Assert.That((_pushed.Push(new short[3], false), _pushed.TryPut(new short[30], 10)), Is.EqualTo((true, true)));
        Assert.That(_ring.Count, Is.EqualTo(1));
    }

    [TestCase(0)]
    [TestCase(11, Description = "more than there are numbers")]
    [TestCase(101)]
    public void ALengthOutOfItsRangeIsRefused(int length)
    {
        _pushed.Open(_ring, Longest);
        Assert.That(_pushed.TryPut(new short[length == 101 ? 1000 : 30], length), Is.False);
    }

    [Test]
    public void ASequenceIsAnInputAndTheNextOneWaitsForItsResult()
    {
        _pushed.Open(_ring, Longest);
        short[] values = [1, 2, 3, 4, 5, 6];
        Assert.That(_pushed.TryPut(values, 2), Is.True);
        values[0] = 99;
        Assert.That(_pushed.TryPut(values, 2), Is.False, "it is not taken yet");
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
        Assert.That((_source.Length, _source.Raw[0], _source.Raw[5]), Is.EqualTo((2, (short)1, (short)6)), "a copy");
        Assert.That(_pushed.TryPut(values, 2), Is.False, "it is in work");
        Assert.That(_source.Read(), Is.EqualTo(InputState.None));
        Assert.That(_pushed.TryPut(values, 1), Is.True);
        Assert.That((_source.Read(), _source.Length), Is.EqualTo((InputState.Ready, 1)));
    }

    /// <summary>A sequence with the numbers of another one would be a wrong result.</summary>
    [Test]
    public void SequencesAndSignalKeepTheirNumbers()
    {
        _pushed.Open(_ring, Longest);
        for (int i = 0; i < 50; i++) _pushed.Push([0, 0, 256], false);
        Assert.That(_source.Read(), Is.EqualTo(InputState.None));
        short[] values = [7, 8, 9];
        _pushed.TryPut(values, 1);
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
        _source.Prepare(1, null!);
        Assert.That(_source.Values[..3], Is.EqualTo(values));
        for (int i = 0; i < 40; i++) _pushed.Push([(short)(i % 2 * 400), 1, 256], false);
        for (int i = 0; i < 40; i++) _pushed.Push([0, 0, 256], false);
        Assert.That(_source.Read(), Is.EqualTo(InputState.Ready));
        _source.Prepare(_source.Length, null!);
        Assert.That(_source.Values[..(_source.Length * Channels)], Is.EqualTo(_source.Raw[..(_source.Length * Channels)]));
        Assert.That(_source.Length, Is.InRange(40, 46));
    }

    /// <summary>Numbers of a signal are no tokens, but an application may give tokens as whole sequences.</summary>
    [Test]
    public void OnlyWholeSequencesFitAModelOfTokens()
    {
        var ring = new SampleRing(1, 200);
        var pushed = new PushedInputs(1);
        var source = new LiveSource(ring, _settings, pushed);
        ModelFile model = TestModels.Parse(TestModels.Write(TestModels.Make(4, [(CellKind.Lstm, 6)], 3, 20, 1, 1)));
        Assert.That(model.Input, Is.EqualTo(InputKind.Tokens));
        Assert.That(source.Fits(model), Is.False);
        pushed.Open(ring, Longest);
        pushed.TryPut([1, 2, 3], 3);
        Assert.That((source.Read(), source.Fits(model)), Is.EqualTo((InputState.Ready, true)));
    }
}
