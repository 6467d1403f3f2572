using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Ranges;
using Crime.Modelling.Training;

namespace Crime.VirtualBoard.Tests.Sensors;

/// <summary>A model of generated gestures, trained once for all tests of a run, and the segmenter's settings for their signal.</summary>
internal static class LiveModel
{
    // Each person holds the sensor in another way, and a network that has seen one way only does not know the others.
    private const int TrainingPersons = 60;
    private const int GesturesPerPerson = 6;
    private const int FirstTrainingSeed = 1000;

    private static readonly Dictionary<int, byte[]> s_images = [];

    /// <summary>Proposed by <c>crime segment</c> for the generated log that comes with it.</summary>
    public const string SegmentSettings =
        "segment.kind=activity\nsegment.start-level=63\nsegment.end-level=20\nsegment.span=8\nsegment.pre-roll=2\nsegment.hang-over=15\nsegment.least=15\n"
        + "segment.greatest=266\n";

    /// <summary>Returns the model.</summary>
    /// <param name="offset">Added to each number of the signal, as by a sensor whose rest is not at 0.</param>
    public static byte[] Image(int offset = 0)
    {
        lock (s_images)
        {
            if (!s_images.TryGetValue(offset, out byte[]? image)) s_images[offset] = image = Train(offset);
            return image;
        }
    }

    private static byte[] Train(int offset)
    {
        LabelledSequence[] sequences =
            [.. Enumerable.Range(FirstTrainingSeed, TrainingPersons).SelectMany(seed => Cut(GestureStream.Generate(seed, GesturesPerPerson), offset))];
        var data = new Dataset("live", false, GestureStream.Channels, sequences, sequences[..10]);
        TrainedModel model = new Trainer(new TrainingData(data), new TrainingOptions { Threads = 1 }).Train("live", null, CancellationToken.None);
        return TestModels.Write(model, calibration: Calibration.Measure(TestModels.Parse(TestModels.Write(model)), data));
    }

    private static IEnumerable<LabelledSequence> Cut(SensorLog log, int offset) => log.Marks.Select((mark, i) => new LabelledSequence(
        i, mark.Label, mark.Length,
        [.. log.Values.Skip(mark.Start * log.Channels).Take(mark.Length * log.Channels).Select(value => (float)(value + offset))], []));
}
