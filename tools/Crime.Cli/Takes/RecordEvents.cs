// The reports of a board that records.

namespace Crime.Cli.Takes;

/// <summary>Something that a board has reported.</summary>
internal abstract record RecordEvent;

/// <summary>The board records from now on, or no longer.</summary>
/// <param name="IsOn">True while it records.</param>
/// <param name="Channels">Numbers per timestep; 0 when it does not record.</param>
/// <param name="RateMilliHz">Timesteps per 1000 s; 0 where it is not known.</param>
internal sealed record Answered(bool IsOn, int Channels, int RateMilliHz) : RecordEvent;

/// <summary>The board cannot record.</summary>
/// <param name="Reason">The reason in its own words.</param>
internal sealed record Refused(string Reason) : RecordEvent;

/// <summary>The board has started anew: it does not record any more.</summary>
internal sealed record Restarted : RecordEvent;

/// <summary>A sequence has come as a whole.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Length">Its timesteps.</param>
/// <param name="Channels">Numbers per timestep.</param>
/// <param name="Values">The numbers, [timestep][channel].</param>
internal sealed record SequenceArrived(uint Id, int Length, int Channels, short[] Values) : RecordEvent;

/// <summary>Sequences are lost, because lines were damaged or have not come.</summary>
/// <param name="First">Number of the first one.</param>
/// <param name="Last">Number of the last one.</param>
/// <param name="Reason">The reason, as a clause.</param>
internal sealed record SequencesLost(uint First, uint Last, string Reason) : RecordEvent;

/// <summary>One timestep of the signal.</summary>
/// <param name="Values">A number per channel.</param>
internal sealed record SignalArrived(short[] Values) : RecordEvent;
