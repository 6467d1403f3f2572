// The options that say about a network file what the file leaves open.

using System.CommandLine;
using Crime.Modelling.Import.Network;

namespace Crime.Cli.Verbs;

/// <summary>The options of an import.</summary>
internal sealed class ImportOptionSet
{
    private readonly Option<string?> _head = Options.OptionalOneOf(
        "--head", "For a state dict: what of the last layer the head sees; h_n where nothing is said.", "hidden", "cell", "last", "first", "mean", "max", "every");
    private readonly Option<string?> _activation = Options.OptionalOneOf(
        "--activation", "For a state dict: the function between the states and the head.", "none", "relu", "tanh");
    private readonly Option<string?> _nonlinearity = Options.OptionalOneOf("--nonlinearity", "For a state dict with an nn.RNN: its function.", "tanh", "relu");
    private readonly Option<string?> _answer = Options.OptionalOneOf(
        "--answer", "The outputs are a class, one logit of two classes, or values: a regression or a forecast.", "class", "logit", "value");

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _head, _activation, _nonlinearity, _answer }) command.Add(option);
    }

    /// <summary>Returns what the user says.</summary>
    public ImportOptions Read(ParseResult parsed) => new()
    {
        Head = parsed.GetValue(_head),
        Activation = parsed.GetValue(_activation),
        Nonlinearity = parsed.GetValue(_nonlinearity),
        Answer = parsed.GetValue(_answer),
    };
}
