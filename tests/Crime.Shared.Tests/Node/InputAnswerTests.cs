using System.Collections.Generic;
using System.Linq;
using Crime.Frames;
using Crime.Model;
using Crime.Node;
using NUnit.Framework;

namespace Crime.Shared.Tests.Node;

/// <summary>The part of a result that depends on the model's kind of answer.</summary>
public sealed class InputAnswerTests
{
    private static InputAnswer Of(AnswerKind kind, int outputs = 3)
    {
        var answer = new InputAnswer();
        answer.SetModel(TestModels.Parse(TestModels.Write(TestModels.WithAnswer(TestModels.Make(2, [(CellKind.Lstm, 4)], outputs), kind))));
        return answer;
    }

    /// <summary>A stream asks for room timestep by timestep.</summary>
    [Test]
    public void RoomForLabelsGrowsAFewTimesAndKeepsThem()
    {
        InputAnswer answer = Of(AnswerKind.ClassPerStep);
        var rooms = new HashSet<byte[]>();
        for (int length = 1; length <= 400; length++)
        {
            byte[] room = answer.StepLabels(length);
            rooms.Add(room);
            room[length - 1] = (byte)(length % 3);
        }
        Assert.That(rooms, Has.Count.LessThan(12));
        Assert.That(answer.StepLabels(400).Take(400).Select(label => (int)label), Is.EqualTo(Enumerable.Range(1, 400).Select(length => length % 3)));
    }

    [Test]
    public void TheLabelsOfAGatewayFollowThoseOfTheBoard()
    {
        InputAnswer answer = Of(AnswerKind.ClassPerStep);
        answer.StepLabels(2)[0] = 2;
        answer.StepLabels(2)[1] = 1;
        var response = new ResponseFrame { Label = 1, ClassCount = 3, Logits = [0, 9, 0], LabelCount = 3, Labels = [0, 0, 1] };
        answer.TakeGateway(response, doneCount: 2, sentCount: 3);
        Assert.That(Enumerable.Range(0, answer.StepLabelCount).Select(answer.StepLabel), Is.EqualTo(new[] { 2, 1, 0, 0, 1 }));
    }

    /// <summary>A foreign gateway may answer with anything that is a frame.</summary>
    [TestCase(AnswerKind.ClassPerStep)]
    [TestCase(AnswerKind.Values)]
    [TestCase(AnswerKind.Anomaly)]
    public void NumbersOfAnotherModelAreNoAnswer(AnswerKind kind)
    {
        InputAnswer answer = Of(kind);
        answer.TakeGateway(new ResponseFrame { ClassCount = 4, Logits = [1, 2, 3, 4], LabelCount = 9, Labels = new byte[9] }, doneCount: 0, sentCount: 3);
        Assert.That((answer.ValueCount, answer.StepLabelCount), Is.EqualTo((0, 0)));
    }

    [Test]
    public void ValuesHaveTheirUnit()
    {
        InputAnswer answer = Of(AnswerKind.Values, 2);
        answer.TakeLocal([1 << 10, -2 << 10], 10, label: 0, score: 0, length: 7);
        Assert.That((answer.Value(0), answer.Value(1), answer.Scale.Unit(1), answer.HasClass), Is.EqualTo((22.5f, 16f, "C", false)));
        answer.TakeGateway(new ResponseFrame { ClassCount = 2, Logits = [3, 4], FractionBits = 1 }, doneCount: 0, sentCount: 7);
        Assert.That((answer.Value(0), answer.Value(1), answer.ConfidencePerMille), Is.EqualTo((23.75f, 26f, 0)));
    }
}
