// The result of one input, for the console, telemetry and totals.

using Crime.Costs;
using Crime.Frames;
using Crime.Mapping;

namespace Crime.Node;

/// <summary>Result of an input.</summary>
public sealed class InputResult
{
    /// <summary>Number of the input since the start; set by the driver.</summary>
    public uint Input;

    /// <summary>Length of the input in timesteps.</summary>
    public int Length;

    /// <summary>Timesteps that the board had computed when the rest went to a gateway; 0 for an input in one piece.</summary>
    public int DoneCount;

    /// <summary>Value of <see cref="Label"/> when the gateway has the input and publishes its result: the board does not know it.</summary>
    public const int NoLabel = -1;

    /// <summary>The class, or <see cref="NoLabel"/>; without a meaning where the answer has values and no class.</summary>
    public int Label;

    /// <summary>Confidence of the class, values, or classes of the timesteps.</summary>
    public readonly InputAnswer Answer = new InputAnswer();

    /// <summary>Softmax of the class in per mille, 1 to 1000; 0 when it is not known, and for values.</summary>
    public int ConfidencePerMille
    {
        get => Answer.ConfidencePerMille;
        set => Answer.ConfidencePerMille = value;
    }

    /// <summary>The place that computed it.</summary>
    public Target Target;

    /// <summary>
    /// Time in µs from the arrival of the input to its result. An input that comes timestep by timestep arrives with the first one where its length is
    /// known, otherwise with its end.
    /// </summary>
    public long TimeUs;

    /// <summary>Time in µs from the arrival of the input until the radio no longer listens because of it; at least <see cref="TimeUs"/>.</summary>
    public long ActiveUs;

    /// <summary>Energy in µJ above the idle baseline, in <see cref="ActiveUs"/>; set by the driver from its meter.</summary>
    public int EnergyUj;

    /// <summary>Background energy in µJ since the result before; set by <see cref="InputFlow.AddBackground"/>.</summary>
    public int BackgroundUj;

    /// <summary>Break-even length, set by <see cref="InputFlow.AddBreakEvenLength"/>; see <see cref="Decision.BreakEvenLength"/>.</summary>
    public int BreakEvenLength;

    /// <summary>Requests that waited at the gateway of the decision, or at the least loaded one, as last reported.</summary>
    public int Depth;

    private bool _hasBreakEven;

    /// <summary>Forgets the result before.</summary>
    internal void Begin()
    {
        DoneCount = 0;
        Answer.Begin();
        BreakEvenLength = CostLine.Never;
        _hasBreakEven = false;
    }

    /// <summary>Sets the break-even length, where the result has none yet.</summary>
    /// <param name="engine">The engine; null while there is no model.</param>
    /// <param name="nowUs">The time in µs.</param>
    internal void AddBreakEvenLength(MappingEngine engine, long nowUs)
    {
        if (_hasBreakEven || engine == null) return;
        _hasBreakEven = true;
        BreakEvenLength = engine.BreakEvenLength(nowUs);
    }
}
