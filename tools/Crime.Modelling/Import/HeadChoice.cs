// A state dict holds weights and says nothing of the forward() that joins them. What lies between the recurrent layers and the
// head is said by the user, or by the metadata, or else the usual is taken and reported.

using System.Linq;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;
using Crime.Modelling.Import.Metadata;
using Crime.Modelling.Import.Network;

namespace Crime.Modelling.Import;

/// <summary>The choices that a state dict does not make.</summary>
internal sealed class HeadChoice
{
    private static readonly string[] s_heads = ["hidden", "final", "cell", "last", "first", "mean", "max", "every"];

    private readonly string _head;
    private readonly string? _function;

    /// <summary>Reads the choices.</summary>
    /// <param name="metadata">The metadata of the file: head_input, activation, nonlinearity.</param>
    /// <param name="options">The user's statements; they go before the metadata.</param>
    /// <param name="path">The file, for messages.</param>
    public HeadChoice(ModelMetadata metadata, ImportOptions options, string path)
    {
        string? head = options.Head ?? metadata.Text("head_input");
        string activation = options.Activation ?? metadata.Text("activation") ?? "none", nonlinearity = options.Nonlinearity ?? metadata.Text("nonlinearity") ?? "tanh";
        IsAssumed = head == null;
        // A prediction of each next timestep sees every timestep.
        _head = head ?? ((options.Answer ?? metadata.Text("answer")) == "anomaly" ? "every" : "hidden");
        if (!s_heads.Contains(_head))
            throw new UserInputException(
                $"{path}: metadata 'head_input' is '{head}'; it takes hidden or final (h_n), cell (c_n), last (output[-1]), first (output[0]), mean, max or every");
        _function = activation switch
        {
            "none" => null,
            "relu" => "Relu",
            "tanh" => "Tanh",
            _ => throw new UserInputException($"{path}: metadata 'activation' is '{activation}'; it takes none, relu or tanh"),
        };
        Nonlinearity = nonlinearity switch
        {
            "tanh" => Activation.Tanh,
            "relu" => Activation.Relu,
            _ => throw new UserInputException($"{path}: metadata 'nonlinearity' is '{nonlinearity}'; an nn.RNN has tanh or relu"),
        };
    }

    /// <summary>True when nobody says what the head sees.</summary>
    public bool IsAssumed { get; }

    /// <summary>The function of an nn.RNN.</summary>
    public Activation Nonlinearity { get; }

    /// <summary>Returns what the head sees of the last layer's states.</summary>
    public Combination Of(Combination states)
    {
        Combination seen = _head switch
        {
            "last" => states.At(StateMoment.Last),
            "first" => states.At(StateMoment.First),
            "mean" or "max" => Combination.Of(new PoolSignal(_head == "mean" ? PoolKind.Mean : PoolKind.Max, states)),
            "cell" => states.At(StateMoment.FinalCell),
            "every" => states,
            _ => states.At(StateMoment.Final),
        };
        return _function == null ? seen : Combination.Of(new FunctionSignal(_function, seen));
    }
}
