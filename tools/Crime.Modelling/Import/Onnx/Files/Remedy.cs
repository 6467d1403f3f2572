// The second half of a refusal: what the user of the file can do.

namespace Crime.Modelling.Import.Onnx.Files;

/// <summary>Advice that several refusals share.</summary>
internal static class Remedy
{
    /// <summary>For an operator or a shape of network that is not known.</summary>
    public const string Listed = "docs/import.md lists the networks that convert";

    /// <summary>For a node that is in training mode.</summary>
    public const string Evaluation = "export the network after model.eval()";

    /// <summary>For a value that has to be a constant.</summary>
    public const string Constant = "export the network with this value as a constant";

    /// <summary>For a file that does not fit together.</summary>
    public const string Export = "export the network again";

    /// <summary>For a network that asks for more work than any that a model holds.</summary>
    public const string Smaller = "make the network smaller";

    /// <summary>For a network that mixes timesteps or sequences.</summary>
    public const string OneSequence = "a model reads one sequence, timestep by timestep: move what mixes timesteps or sequences out of the network";
}
