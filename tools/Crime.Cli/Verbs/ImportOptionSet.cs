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
        "--answer", "The outputs are a class, one logit of two classes, values (a regression or a forecast), or predictions whose errors show an anomaly.",
        "class", "logit", "value", "anomaly");
    private readonly Option<string?> _unit = new("--unit") { Description = "With --answer value: units of the values, as in C or C,hPa." };
    private readonly Option<string?> _scale = new("--scale")
    {
        Description = "With --answer value: the value per 1 of an output, as in 2.5 or 2.5,100; 1 where nothing is said.",
    };
    private readonly Option<string?> _offset = new("--offset") { Description = "With --answer value: the value of an output of 0; 0 where nothing is said." };
    private readonly Option<double?> _threshold = Options.OptionalReal(
        "--threshold", "With --answer anomaly: mean squared error of prediction, in standardised features, above which a sequence is an anomaly.",
        value => value is >= 0 and <= float.MaxValue, "0 or more");

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _head, _activation, _nonlinearity, _answer, _unit, _scale, _offset, _threshold }) command.Add(option);
    }

    /// <summary>Returns what the user says.</summary>
    public ImportOptions Read(ParseResult parsed) => new()
    {
        Head = parsed.GetValue(_head),
        Activation = parsed.GetValue(_activation),
        Nonlinearity = parsed.GetValue(_nonlinearity),
        Answer = parsed.GetValue(_answer),
        Units = AnswerOptions.Words(parsed.GetValue(_unit)),
        Scales = AnswerOptions.Numbers(parsed.GetValue(_scale), "--scale"),
        Offsets = AnswerOptions.Numbers(parsed.GetValue(_offset), "--offset"),
        Threshold = (float?)parsed.GetValue(_threshold),
    };
}
