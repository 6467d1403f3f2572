using Crime.Frames;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

public sealed class ModelNoticeTests
{
    private ModelNotice _notice = null!;

    [SetUp]
    public void Make() => _notice = new ModelNotice("gestures") { Current = 1, Rejected = 9 };

    private void Publish(uint checksum, string name = "gestures") =>
        Assert.That(_notice.OnFrame(ModelsFrame.Encode([NodeKey.Of(name)], [checksum])), Is.EqualTo(FrameError.None));

    [TestCase(1u, false)]
    [TestCase(2u, true)]
    [TestCase(9u, false)]
    public void OnlyAnUnknownVersionIsDue(uint published, bool isDue)
    {
        Assert.That(_notice.IsDue, Is.False);
        Publish(published);
        Assert.That(_notice.IsDue, Is.EqualTo(isDue));
    }

    [Test]
    public void EachVersionIsAskedForOnce()
    {
        Publish(2);
        _notice.OnAsked(2);
        Assert.That(_notice.IsDue, Is.False, "the gateway that the board asks has another version than the one that has published");
        Publish(3);
        Assert.That(_notice.IsDue, Is.True);
        _notice.Current = 3;
        Assert.That(_notice.IsDue, Is.False);
    }

    [Test]
    public void AListWithoutTheModelChangesNothing()
    {
        Publish(2);
        Publish(5, "vowels");
        Assert.That(_notice.Published, Is.EqualTo(2));
        Assert.That(_notice.OnFrame([1, 11, 1, 0]), Is.EqualTo(FrameError.TooShort));
        Assert.That(_notice.Published, Is.EqualTo(2));
    }
}
