// The timesteps of one input: its length, those that have come, and those that are computed.

using Crime.Mapping;

namespace Crime.Node;

/// <summary>Counts the timesteps of an input. The length of a live input is not known before its end: the usual one stands for it. Used by one thread.</summary>
internal sealed class InputSteps
{
    // The last length counts a quarter.
    private const int UsualShift = 2;

    private bool _isOpen;
    private int _usualLength;

    /// <summary>Length of the input, or the one that stands for it.</summary>
    public int Length { get; private set; }

    /// <summary>Timesteps that have come.</summary>
    public int Arrived { get; private set; }

    /// <summary>Timesteps that are computed.</summary>
    public int Done { get; set; }

    /// <summary>Timesteps that are not computed.</summary>
    public int Rest => Length - Done;

    /// <summary>True when all timesteps have come.</summary>
    public bool IsComplete => Arrived == Length;

    /// <summary>Begins an input of a known length.</summary>
    /// <param name="length">Its timesteps, at least 1.</param>
    /// <param name="arrived">Those that have come, 0 to <paramref name="length"/>.</param>
    public void Begin(int length, int arrived)
    {
        _isOpen = false;
        Length = length;
        Arrived = arrived;
        Done = 0;
    }

    /// <summary>Begins an input whose end has not come. The usual length stands for its own, until more timesteps have come.</summary>
    /// <param name="arrived">Timesteps that have come, at least 1.</param>
    public void BeginOpen(int arrived)
    {
        Begin(_usualLength, arrived);
        _isOpen = true;
        Arrive(arrived);
    }

    /// <summary>Notes the timesteps that have come by now.</summary>
    public void Arrive(int arrived)
    {
        Arrived = arrived;
        if (_isOpen && Length <= arrived) Length = arrived + 1;
    }

    /// <summary>Notes the end of an input that was open.</summary>
    /// <param name="length">Its timesteps.</param>
    public void End(int length)
    {
        _usualLength = _usualLength == 0 ? length : _usualLength + ((length - _usualLength) >> UsualShift);
        _isOpen = false;
        Length = length;
        Arrived = length;
    }

    /// <summary>Leaves the input on the node where no request can carry its rest: a gateway drops a longer frame unread.</summary>
    /// <param name="engine">The engine of the node's model.</param>
    /// <param name="nowUs">The time in µs.</param>
    /// <param name="decision">Receives the node, where true is returned.</param>
    /// <returns>True when the rest stays on the node.</returns>
    public bool StayHere(MappingEngine engine, long nowUs, Decision decision)
    {
        if (Rest <= engine.LongestRequest(Done > 0)) return false;
        engine.DecideLocal(Rest, nowUs, decision);
        return true;
    }
}
