using System.Text;
using Crime.Frames;
using NUnit.Framework;

namespace Crime.Shared.Tests.Frames;

public sealed class SettingsTextTests
{
    [TestCase("objective=energy\n")]
    [TestCase("# sent today\r\n mapping = local \r\n\r\non.two words=gpio 4 toggle")]
    [TestCase("http.host=\n")]
    [TestCase("inputs.file=I:\\a=b\nrolex=1\nboard.identity=1\n")]
    public void TheFormIsRight(string text) => Assert.That(SettingsText.Problem(text, true), Is.Null);

    [TestCase("", "there is no setting")]
    [TestCase("# a comment\n\n", "there is no setting")]
    [TestCase("objective=time\nnonsense\n", "'nonsense' is no key=value")]
    [TestCase("=1", "'=1' is no key=value")]
    [TestCase("objective=time\nmapping=local\n objective = energy", "objective is there twice")]
    [TestCase("model.name=a\u0001b", "a line has a control character")]
    [TestCase("wifi.password=x", "wifi.password is not set over the air, where a wrong value cuts the board off")]
    [TestCase("objective=time\nbroker.port=1", "broker.port is not set over the air, where a wrong value cuts the board off")]
    [TestCase("board.id=other", "board.id is not set over the air, where a wrong value cuts the board off")]
    [TestCase("role=meter", "role is not set over the air, where a wrong value cuts the board off")]
    public void AWrongFormIsNamed(string text, string expected) => Assert.That(SettingsText.Problem(text, true), Is.EqualTo(expected));

    [Test]
    public void TheConsoleMaySetEverything() => Assert.That(SettingsText.Problem("wifi.password=x\nbroker.host=10.0.0.1", false), Is.Null);

    [TestCase("a=1", "a", "1")]
    [TestCase("ab=1\na=2\n a = 3 \r\nb=a=4", "a", "3")]
    [TestCase("ab=1\nb=a=4", "a", null)]
    [TestCase("a", "a", null)]
    [TestCase("a=", "a", "")]
    [TestCase("", "a", null)]
    public void TheLastValueOfAKeyIsFound(string text, string key, string? expected) => Assert.That(SettingsText.Find(text, key), Is.EqualTo(expected));

    [TestCase("", "b=2", "b=2\n")]
    [TestCase("a=1\nb=1\nc=1\n", "# new\nb=2\nd=2", "a=1\nc=1\nb=2\nd=2\n")]
    [TestCase("a=1\r\n# old\n b = 1", "", "a=1\nb = 1\n")]
    public void ALaterSettingReplacesTheFormer(string text, string added, string expected) => Assert.That(SettingsText.Merge(text, added), Is.EqualTo(expected));

    [Test]
    public void TheHashIsThatOfSpec() => Assert.That(SettingsText.HashOf(Encoding.ASCII.GetBytes("123456789")), Is.EqualTo(0xCBF43926u));
}
