// The rule that maps inputs to places.

namespace Crime.Node;

/// <summary>Mapping mode of a board.</summary>
public enum MappingMode
{
    /// <summary>The mapping engine decides.</summary>
    Auto = 0,

    /// <summary>The board computes every input.</summary>
    Local = 1,

    /// <summary>The fastest gateway computes every input; the board computes what no gateway answers.</summary>
    Gateway = 2,
}
