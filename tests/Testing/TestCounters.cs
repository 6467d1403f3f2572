using System.Collections.Generic;
using System.Linq;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;

namespace Crime.Testing;

/// <summary>A network that counts, by weights that are set by hand, and its data.</summary>
public static class TestCounters
{
    /// <summary>
    /// Returns cells that count the timesteps of a positive input up and those of a negative one down: forget, input and output gate stand open, the candidate
    /// follows the input. The class is "up" for a count above 0.
    /// </summary>
    /// <param name="layers">Layers of one unit each.</param>
    /// <param name="candidate">Weight of the candidate on the input.</param>
    /// <param name="isNormalised">Whether the inputs have a normalisation, of mean 0 and deviation 1.</param>
    /// <param name="forgetBias">Bias of the forget gate.</param>
    public static TrainedModel Make(int layers = 1, float candidate = 10, bool isNormalised = false, float forgetBias = 20)
    {
        RecurrentLayer Layer() => new()
        {
            Kind = CellKind.Lstm, InputCount = 1, HiddenCount = 1,
            Directions =
            [
                new DirectionWeights
                {
                    InputWeights = [0, 0, candidate, 0], RecurrentWeights = [0, 0, 0, 0], InputBias = [20, forgetBias, 0, 20], RecurrentBias = [0, 0, 0, 0],
                },
            ],
        };
        return new TrainedModel
        {
            Name = "counter", Input = InputKind.Features, InputCount = 1, ClassNames = ["up", "down"], Embedding = [],
            Layers = [.. Enumerable.Range(0, layers).Select(_ => Layer())], HeadWeights = [1, -1], HeadBias = [0, 0],
            Mean = isNormalised ? [0] : null, Deviation = isNormalised ? [1] : null,
        };
    }

    /// <summary>Returns data whose sequences have some timesteps of 1, then some of -1; training and test part are the same.</summary>
    /// <param name="parts">Timesteps of 1 and of -1, in each sequence.</param>
    public static Dataset Data(params (int Up, int Down)[] parts)
    {
        LabelledSequence Sequence((int Up, int Down) part, int index)
        {
            IEnumerable<float> features = Enumerable.Repeat(1f, part.Up).Concat(Enumerable.Repeat(-1f, part.Down));
            return new LabelledSequence(index, part.Up > part.Down ? "up" : "down", part.Up + part.Down, [.. features], []);
        }
        LabelledSequence[] sequences = [.. parts.Select(Sequence)];
        return new Dataset("counts", false, 1, sequences, sequences);
    }
}
