using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Crime.Shared.Tests.Mapping.Topologies;

/// <summary>A thousand random topologies in which links and gateways fail while inputs are passed from hop to hop.</summary>
public sealed class FailingNetworkTests
{
    private const int Networks = 1000;

    [Test]
    public void EveryInputHasExactlyOneResultAndNoRequestGoesInACircle()
    {
        var counts = new NetworkCounts();
        for (int seed = 0; seed < Networks; seed++)
        {
            IReadOnlyList<int> results = new FailingNetwork(seed, counts).Run();
            if (results.Any(count => count != 1))
                Assert.Fail($"seed {seed}: {results.Count(count => count == 0)} inputs without a result, {results.Count(count => count > 1)} with several");
        }
        TestContext.Out.WriteLine(counts);
        // All that can go wrong has gone wrong, many times.
        Assert.That(counts.DeepestRelay, Is.GreaterThanOrEqualTo(5));
        int[] trouble =
        [
            counts.Refusals, counts.Timeouts, counts.LateAnswers, counts.RelayTimeouts, counts.RelayLate, counts.TakenBack, counts.HeldByTheDead,
            counts.Deaths, counts.LinkFailures,
        ];
        Assert.That(trouble, Is.All.GreaterThan(Networks / 2), counts.ToString());
        Assert.That(counts.Answers, Is.GreaterThan(counts.Inputs / 4));
    }
}
