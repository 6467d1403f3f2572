using Crime.Gateway.Access;
using MQTTnet;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Access;

public sealed class TopicPatternTests
{
    [TestCase("a/b", "a/b", true)]
    [TestCase("a/+", "a/b", true)]
    [TestCase("a/+", "a/+", true)]
    [TestCase("a/+", "a/", true)]
    [TestCase("a/+", "a", false)]
    [TestCase("a/+", "a/b/c", false)]
    [TestCase("a/+", "a/#", false)]
    [TestCase("a/+", "+/b", false)]
    [TestCase("a/+", "+/+", false)]
    [TestCase("a/+", "#", false)]
    [TestCase("a/+/c", "a/b/c", true)]
    [TestCase("a/+/c", "a/#/c", false)]
    [TestCase("a/b", "a/+", false)]
    [TestCase("a/b", "a/b/", false)]
    [TestCase("a/b", "A/b", false)]
    [TestCase("a/#", "a", true)]
    [TestCase("#", "a/#", true)]
    [TestCase("#", "#", true)]
    [TestCase("#", "a/b+", false)]
    [TestCase("#", "$share/g/a", false)]
    [TestCase("+/a", "$SYS/a", false)]
    [TestCase("$share/g/a/+", "$share/g/a/b", true)]
    [TestCase("a/+", "a/#b", false)]
    [TestCase("a/+", "a/b#", false)]
    [TestCase("a/+", "a/b+", false)]
    [TestCase("a/+", "", false)]
    public void AFilterLiesWithinAPattern(string pattern, string filter, bool isCovered) =>
        Assert.That(new TopicPattern(pattern).Covers(filter), Is.EqualTo(isCovered));

    /// <summary>A filter that is covered matches no topic that the pattern does not match, as MQTTnet matches them.</summary>
    [Test]
    public void ACoveredFilterMatchesNoMoreThanThePattern()
    {
        string[] levels = ["a", "b", "+", "#", "a+", "#b", ""], topics = ["a", "b", "a/a", "a/b", "b/a", "a/a/a", "a/b/a", "a/", "/a", "b/b/b", "a/a/b/b"];
        int covered = 0;
        foreach (string pattern in new[] { "a/+", "+/a", "+/+", "a/#", "#", "a/+/a", "a" })
        {
            foreach (string first in levels)
            {
                foreach (string second in levels)
                {
                    string filter = second == "" ? first : first + "/" + second;
                    if (!new TopicPattern(pattern).Covers(filter)) continue;
                    covered++;
                    foreach (string topic in topics)
                    {
                        bool isMatched = MqttTopicFilterComparer.Compare(topic, filter) == MqttTopicFilterCompareResult.IsMatch;
                        Assert.That(!isMatched || new TopicPattern(pattern).Covers(topic), $"{pattern} covers {filter}, which matches {topic}");
                    }
                }
            }
        }
        Assert.That(covered, Is.GreaterThan(20));
    }
}
