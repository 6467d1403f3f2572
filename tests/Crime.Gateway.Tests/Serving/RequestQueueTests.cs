using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Gateway.Serving;
using Crime.Gateway.Tests.Running;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Serving;

public sealed class RequestQueueTests
{
    [Test]
    public void FirstInIsFirstOutAcrossTheEndOfTheRing()
    {
        var queue = new RequestQueue(3);
        int next = 0;
        for (int added = 0; added < 20; added++)
        {
            Assert.That(queue.TryAdd(Costing(added)), Is.True);
            if (queue.Depth < 3) continue;
            Assert.That(queue.TryTake(out PendingRequest? request), Is.True);
            Assert.That(request!.CostUs, Is.EqualTo(next++));
        }
    }

    [Test]
    public void DepthAndWorkAreThoseOfWhatWaits()
    {
        var queue = new RequestQueue(2);
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((0, 0L)));
        queue.TryAdd(Costing(10));
        queue.TryAdd(Costing(200));
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((2, 210L)));
        Assert.That(queue.TryAdd(Costing(3000)), Is.False);
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((2, 210L)));
        queue.TryTake(out _);
        Assert.That((queue.Depth, queue.WaitingUs), Is.EqualTo((1, 200L)));
    }

    [Test]
    public async Task ATakerWaitsForTheNextRequest()
    {
        var queue = new RequestQueue(2);
        Task<PendingRequest?> taking = Task.Run(() => queue.TryTake(out PendingRequest? taken) ? taken : null);
        PendingRequest request = Costing(1);
        queue.TryAdd(request);
        Assert.That(await taking.WaitAsync(System.TimeSpan.FromMilliseconds(Deadline.Ms)), Is.SameAs(request));
    }

    [Test]
    public void ClosingWakesEveryTakerAndGivesBackTheRest()
    {
        var queue = new RequestQueue(4);
        Thread[] takers = Enumerable.Range(0, 3).Select(_ => new Thread(() => queue.TryTake(out PendingRequest? _))).ToArray();
        foreach (Thread taker in takers) taker.Start();
        Assert.That(queue.Close(), Is.Empty);
        foreach (Thread taker in takers) Assert.That(taker.Join(Deadline.Ms), Is.True);

        var other = new RequestQueue(4);
        other.TryAdd(Costing(1));
        other.TryAdd(Costing(2));
        Assert.That(other.Close().Select(request => request.CostUs), Is.EqualTo(new[] { 1, 2 }));
        Assert.That((other.Depth, other.WaitingUs), Is.EqualTo((0, 0L)));
        Assert.That(other.TryAdd(Costing(3)), Is.False);
        Assert.That(other.TryTake(out _), Is.False);
    }

    [Test]
    public void ClosingTheEntranceLetsOutWhatIsInside()
    {
        var queue = new RequestQueue(4);
        PendingRequest first = Costing(1), second = Costing(2);
        queue.TryAdd(first);
        queue.TryAdd(second);
        queue.CloseEntrance();
        Assert.That(queue.TryAdd(Costing(3)), Is.False);
        Assert.That(queue.TryTake(out PendingRequest? taken) && taken == first, Is.True);
        Assert.That(queue.TryTake(out taken) && taken == second, Is.True);
        Assert.That(queue.TryTake(out _), Is.False, "it ends instead of waiting");
    }

    [Test]
    public void ClosingTheEntranceWakesEveryTaker()
    {
        var queue = new RequestQueue(4);
        Thread[] takers = Enumerable.Range(0, 3).Select(_ => new Thread(() => queue.TryTake(out PendingRequest? _))).ToArray();
        foreach (Thread taker in takers) taker.Start();
        queue.CloseEntrance();
        foreach (Thread taker in takers) Assert.That(taker.Join(Deadline.Ms), Is.True);
    }

    [Test]
    public void RequestObjectsAreUsedAgain()
    {
        var queue = new RequestQueue(1);
        PendingRequest request = queue.Rent();
        Assert.That(queue.Rent(), Is.Not.SameAs(request));
        queue.Return(request);
        Assert.That(queue.Rent(), Is.SameAs(request));
    }

    private static PendingRequest Costing(int costUs) => new() { CostUs = costUs };
}
