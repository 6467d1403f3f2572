// The inputs of a model that a request can carry. The frames have the limits; convert, predict, train, demo and report state the consequences.

using Crime.Frames;
using Crime.Model;

namespace Crime.Modelling.Limits;

/// <summary>The requests of a model.</summary>
/// <param name="ValuesPerStep">Numbers per timestep.</param>
/// <param name="Encoding">The form of the numbers.</param>
public sealed record RequestLimits(int ValuesPerStep, SequenceEncoding Encoding)
{
    private const int LastToken8 = 256;

    /// <summary>Most timesteps that a request carries; 0 where no request has so many numbers a timestep.</summary>
    public int LongestLength => RequestFrame.LongestLength(ValuesPerStep * RequestFrame.ValueSize(Encoding), 0);

    /// <summary>True when no request can carry an input, so that no gateway ever gets one.</summary>
    public bool CarryNothing => LongestLength == 0;

    /// <summary>Returns the limits of a model file.</summary>
    public static RequestLimits Of(ModelFile model) => Of(model.Input, model.InputCount, model.VocabularyCount);

    /// <summary>Returns the limits of a model.</summary>
    /// <param name="input">The kind of its inputs.</param>
    /// <param name="featureCount">Features per timestep; any number for tokens.</param>
    /// <param name="vocabularyCount">Tokens; any number for features.</param>
    public static RequestLimits Of(InputKind input, int featureCount, int vocabularyCount) =>
        input == InputKind.Tokens
            ? new RequestLimits(1, vocabularyCount <= LastToken8 ? SequenceEncoding.Token8 : SequenceEncoding.Token16)
            : new RequestLimits(featureCount, SequenceEncoding.Int16);

    /// <summary>Returns the consequence of the limits for inputs up to a length.</summary>
    /// <param name="longestInput">Longest input in timesteps; 0 when it is not known.</param>
    /// <param name="isForBoards">False for a model that only gateways can compute.</param>
    /// <returns>A line for people; null when a request carries every input.</returns>
    public string? Describe(int longestInput, bool isForBoards)
    {
        if (CarryNothing)
            return $"none carries {ValuesPerStep} numbers a timestep (at most {FrameFormat.MaxValuesPerStep}): no gateway ever gets an input"
                + (isForBoards ? ", every one stays on the board" : "");
        if (longestInput > 0 && longestInput <= LongestLength) return null;
        return $"carry up to {LongestLength} timesteps; longer inputs {(isForBoards ? "always stay on the board" : "get no result: only gateways can compute them")}"
            + (longestInput > 0 ? $" (the data have up to {longestInput})" : "");
    }

    /// <summary>Refuses a model that only gateways can compute, and whose inputs no request can carry.</summary>
    /// <param name="where">The file.</param>
    /// <param name="obstacle">The reason why boards cannot compute it; null for a model of boards.</param>
    /// <exception cref="UserInputException">Neither boards nor gateways can use the model.</exception>
    public void CheckUsable(string where, string? obstacle)
    {
        if (obstacle != null && CarryNothing)
            throw new UserInputException($"{where}: {ValuesPerStep} features a timestep, of which a request carries at most {FrameFormat.MaxValuesPerStep}, and boards "
                + $"cannot compute the network themselves ({obstacle}): leave features out, or train an LSTM or GRU that boards run");
    }

    /// <summary>Refuses inputs of which a gateway would not get every one.</summary>
    /// <param name="where">The model or the data set.</param>
    /// <param name="longestInput">Longest input in timesteps.</param>
    /// <exception cref="UserInputException">A request cannot carry an input.</exception>
    public void CheckCarries(string where, int longestInput)
    {
        if (CarryNothing)
            throw new UserInputException(
                $"{where}: {ValuesPerStep} features a timestep, and a request carries at most {FrameFormat.MaxValuesPerStep}: no gateway can get an input; "
                + "leave features out");
        if (longestInput > LongestLength)
            throw new UserInputException(
                $"{where}: a sequence of {longestInput} timesteps, and a request carries at most {LongestLength} of this model; "
                + "cut the sequences, or leave the long ones out");
    }
}
