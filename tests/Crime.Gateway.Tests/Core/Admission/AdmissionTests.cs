using Crime.Frames;
using Crime.Gateway.Core.Actions;
using Crime.Gateway.Core.Queueing;
using NUnit.Framework;

namespace Crime.Gateway.Tests.Core.Admission;

/// <summary>Admission with no worker and a fixed time: every number is exact.</summary>
public sealed class AdmissionTests : CoreTest
{
    [Test]
    public void AFullQueueRefusesWithItsDepth()
    {
        for (int i = 0; i < Capacity; i++)
        {
            Ask();
            Assert.That(Core.Queue.Depth, Is.EqualTo(i + 1));
        }
        Assert.That(Actions.ReplyCount, Is.Zero);
        Reply refusal = Replied(Ask());
        Assert.That(refusal, Is.EqualTo(new Reply(ResponseCode.QueueFull, 0, 0, new ReportedLoad(Capacity, Capacity * CostUs))));
        Assert.That(Core.Queue.Depth, Is.EqualTo(Capacity));
    }

    [TestCase(CostUs, 0, true)]
    [TestCase(CostUs - 1, 0, false)]
    [TestCase(2 * CostUs, 1, true)]
    [TestCase(2 * CostUs - 1, 1, false)]
    [TestCase(0, 2, true)]
    public void ABudgetMustHoldWaitAndService(int budgetUs, int waiting, bool isAdmitted)
    {
        // The waiting requests are as urgent as possible: the new one has to stand behind them.
        for (int i = 1; i <= waiting; i++) Ask(budgetUs: i * CostUs);
        PendingRequest request = Ask(budgetUs);
        Assert.That(Core.Queue.Depth, Is.EqualTo(waiting + (isAdmitted ? 1 : 0)));
        if (!isAdmitted) Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.TooLate));
    }

    [Test]
    public void OnlyAcceptedWorkCountsAsUtilisation()
    {
        for (int i = 0; i < 10 * Capacity; i++) Ask();
        Assert.That(Core.Workers.Utilisation(NowUs), Is.EqualTo(StatusFrame.FullUtilisation * Capacity * CostUs / 1_000_000));
    }

    [Test]
    public void AnUnknownModelAndAWrongInputAreRefused()
    {
        Assert.That(Replied(Ask(modelId: ModelId + 1)).Code, Is.EqualTo(ResponseCode.UnknownModel));
        var request = new TestRequest();
        request.Frame.ModelId = ModelId;
        request.Frame.Length = Length;
        request.Frame.ValuesPerStep = 2;
        Core.OnRequest(request, NowUs);
        Assert.That(Replied(request).Code, Is.EqualTo(ResponseCode.WrongInput));
    }

    [Test]
    public void WithoutBudgetsNothingIsLate()
    {
        Use(Settings() with { UsesBudgets = false });
        Ask(budgetUs: 1);
        NowUs += 10 * CostUs;
        var batch = new Batch(worker: 0);
        Assert.That(Core.TryStart(batch, NowUs), Is.EqualTo(TakeOutcome.Taken));
    }

    [Test]
    public void AModelRemembersItsLastRequest()
    {
        Ask();
        Assert.That(Model.RequestedAtUs, Is.EqualTo(NowUs));
    }
}
