// A forecast as a regression: the inputs end some timesteps early, and the value is that of a channel at the end.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Crime.Modelling.Datasets;

/// <summary>Forecast of a channel.</summary>
/// <param name="Steps">Timesteps from the last one of the input to the one that is forecast, at least 1.</param>
/// <param name="Channel">Zero-based number of the channel.</param>
public sealed record ForecastTarget(int Steps, int Channel)
{
    /// <summary>Most timesteps ahead.</summary>
    public const int MostSteps = 4095;

    /// <summary>Makes the values of a data set. Its own labels do not count.</summary>
    /// <param name="data">A numeric data set.</param>
    /// <returns>Sequences that end <see cref="Steps"/> earlier, with the value of the channel at their former end, and at each of their timesteps.</returns>
    /// <exception cref="UserInputException">It is text, lacks the channel, or has no sequence that is long enough.</exception>
    public Dataset Apply(Dataset data)
    {
        if (data.IsText) throw new UserInputException($"data set '{data.Name}' is text, which has no channel to forecast");
        if (Channel >= data.FeatureCount)
            throw new UserInputException($"data set '{data.Name}' has the channels 0 to {data.FeatureCount - 1}; --channel {Channel} is none of them");
        LabelledSequence[] train = [.. Long(data.Train, data.FeatureCount)], test = [.. Long(data.Test, data.FeatureCount)];
        if (train.Length == 0 || (data.Test.Count > 0 && test.Length == 0))
            throw new UserInputException($"data set '{data.Name}' has no sequence of more than {Steps} timesteps in its "
                + $"{(train.Length == 0 ? "training" : "test")} part; give a smaller --forecast");
        int dropped = data.Train.Count + data.Test.Count - train.Length - test.Length;
        return data with
        {
            Train = train,
            Test = test,
            Labels = LabelKind.Values,
            ValueNames = [string.Create(CultureInfo.InvariantCulture, $"channel {Channel}")],
            LabelsWhere = $"{data.Name}, --forecast {Steps}",
            Remarks = dropped == 0 ? data.Remarks : [.. data.Remarks, $"left out: {dropped} sequences of at most {Steps} timesteps"],
        };
    }

    private IEnumerable<LabelledSequence> Long(IReadOnlyList<LabelledSequence> sequences, int channels) =>
        from sequence in sequences
        where sequence.Length > Steps
        let length = sequence.Length - Steps
        let values = Enumerable.Range(Steps, length).Select(step => sequence.Features[step * channels + Channel]).ToArray()
        select sequence with
        {
            Length = length,
            Label = values[^1].ToString("R", CultureInfo.InvariantCulture),
            Features = sequence.Features[..(length * channels)],
            Values = [values[^1]],
            StepValues = values,
            StepClasses = [],
        };
}
