// The identity of an input, which no repeat changes.

namespace Crime.Gateway.Core.Results;

/// <summary>Identity of an input whose result is wanted behind the gateway.</summary>
/// <param name="Board">Id of its board.</param>
/// <param name="Origin">Session of the start of the board that has read it.</param>
/// <param name="Input">Its number within that session.</param>
public readonly record struct ResultKey(string Board, uint Origin, uint Input);
