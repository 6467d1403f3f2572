// crime train: a small network from a data set, or one that exists made better, for narrow weights too.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Crime.Model;
using Crime.Modelling.Training;

namespace Crime.Cli.Verbs;

internal sealed class TrainVerb
{
    private const string FloatOnly = "off";
    private const string Off = "off";

    private static readonly Dictionary<string, TrainingAnswer> s_answers = new()
    {
        ["class"] = TrainingAnswer.Class, ["logit"] = TrainingAnswer.Logit, ["value"] = TrainingAnswer.Value, ["step-class"] = TrainingAnswer.StepClass,
        ["anomaly"] = TrainingAnswer.Anomaly,
    };

    private readonly Argument<string> _data = new("DATA") { Description = "Folder of the data set, or the training file of a pair (see docs/data.md)." };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The safetensors file to write.", Required = true };
    private readonly Option<string?> _testLines = new("--test-lines") { Description = "For text: file with the zero-based line numbers of the test part." };
    private readonly Option<string?> _from = new("--from") { Description = "Train this network further, safetensors, ONNX or Keras: one LSTM or GRU layer." };
    private readonly Option<string> _qat = Options.OneOf(
        "--qat", "Bits of the weights to fine-tune for, with the board's fixed-point arithmetic as the forward pass.", FloatOnly, "16", "8", "6", "4");
    private readonly Option<string> _cell = Options.OneOf("--cell", "The cell of a new model.", "lstm", "gru");
    private readonly Option<int> _hidden = Options.Number("--hidden", "Hidden units of a new model.", 16, 1, ModelFormat.MaxHidden);
    private readonly Option<int> _embedding = Options.Number("--embedding", "For text: dimensions of a new model's embedding.", 16, 1, ModelFormat.MaxInputs);
    private readonly Option<int> _epochs = Options.Number("--epochs", "Passes over the training part; with --from 8 to 60, by its size.", 60, 1, 100_000);
    private readonly Option<int> _batch = Options.Number("--batch", "Sequences per step of the optimiser.", 16, 1, 4096);
    private readonly Option<double> _rate = Options.Real(
        "--learning-rate", "Largest step size; with --from 0.001.", 0.01, rate => rate is > 0 and <= 1, "above 0 and up to 1");
    private readonly Option<int> _truncate = Options.Number("--truncate", "Steps to go back through time at most; 0 for all.", 0, 0, int.MaxValue);
    private readonly Option<string?> _answer = Options.OptionalOneOf(
        "--answer", "The answer of a new model: a class, a class of two by one number, values, a class for each timestep, or an anomaly. A class where nothing is said.",
        s_answers.Keys.ToArray());
    private readonly Option<string?> _unit = new("--unit") { Description = "With --answer value: units of the values, as in C or C,hPa." };
    private readonly Option<double?> _quantile = Options.OptionalReal(
        "--quantile", "With --answer anomaly: share of the held out normal sequences below the threshold; 0.99 where nothing is said.",
        value => value is > 0 and <= 1, "above 0 and up to 1");
    private readonly AnswerOptions _labels = new();
    private readonly Option<string> _decoder = Options.OneOf(
        "--decoder", "Train a network that writes: the label of a line is its output, tokens with spaces between them. Boards run plain decoders only.",
        [Off, .. WriterTrainingRun.Decoders.Keys]);
    private readonly Option<int> _beam = Options.Number("--beam", "With --decoder: hypotheses that a gateway follows.", 1, 1, DecoderSection.MaxBeamWidth);
    private readonly Option<bool> _keepZeros = new("--keep-zeros") { Description = "With --from: weights that are zero stay zero, so a pruned model stays pruned." };
    private readonly Option<int> _seed = Options.Number("--seed", "Decides start values and order; the same seed gives the same bytes.", 1, 0, int.MaxValue);
    private readonly Option<int> _threads = Options.Number("--threads", "Threads; they do not change the result.", Environment.ProcessorCount, 1, 1024);
    private readonly Option<bool> _json = new("--json") { Description = "Print the result as JSON." };

    private TrainVerb()
    {
    }

    public static Command Create()
    {
        var verb = new TrainVerb();
        var command = new Command(
            "train",
            "Trains a single-layer LSTM or GRU: Adam, back-propagation through time, best epoch by a tenth held back.\n"
            + "Small on purpose; large models are trained in PyTorch and converted.\n\n"
            + "With --qat the model, a new one or that of --from, is then fine-tuned until weights of so few bits answer as its\n"
            + "float network does. The file holds exactly the numbers that converting it to so many bits gives.\n\n"
            + "The answer is a class unless --answer says otherwise. A set of values or with a class for each timestep needs its\n"
            + "--answer; --forecast makes values of a channel. For an anomaly the network learns to predict the next timestep of the\n"
            + "--normal classes, and a fifth of these sequences decides the threshold.\n\n"
            + "Examples:\n  crime train data/japanese-vowels -o vowels.safetensors --cell gru --hidden 16\n"
            + "  crime train data/japanese-vowels -o vowels-4.safetensors --from vowels.safetensors --qat 4\n"
            + "  crime train data/japanese-vowels -o next.safetensors --answer value --forecast 3 --channel 1 --unit dB\n"
            + "  crime train data/japanese-vowels -o watch.safetensors --answer anomaly --normal 1,2,3\n"
            + "  crime train numbers -o numbers.safetensors --decoder luong-dot --hidden 48 --epochs 20 --learning-rate 0.005")
        {
            verb._data, verb._output, verb._testLines, verb._from, verb._qat, verb._cell, verb._hidden, verb._embedding, verb._epochs,
            verb._batch, verb._rate, verb._truncate, verb._decoder, verb._beam, verb._keepZeros, verb._seed, verb._threads, verb._answer, verb._unit,
            verb._quantile, verb._json,
        };
        verb._labels.AddTo(command);
        command.Validators.Add(result =>
        {
            bool isGiven = result.GetResult(verb._from) != null;
            bool writes = result.GetValue(verb._decoder) is not null and not Off;
            foreach (Option option in verb._labels.All.Concat([verb._from, verb._qat, verb._truncate, verb._keepZeros, verb._answer, verb._unit, verb._quantile]))
                if (writes && result.GetResult(option) is { Implicit: false }) result.AddError($"{option.Name} cannot be given with --decoder");
            if (!writes && result.GetResult(verb._beam) is { Implicit: false }) result.AddError("--beam needs --decoder");
            foreach (Option option in new Option[] { verb._cell, verb._hidden, verb._embedding })
                if (isGiven && result.GetResult(option) is { Implicit: false }) result.AddError($"{option.Name} cannot be given with --from: that model has its own");
            if (!isGiven && result.GetResult(verb._keepZeros) is { Implicit: false }) result.AddError("--keep-zeros needs --from: a new model has no zeros");
        });
        command.SetAction(verb.Run);
        return command;
    }

    private Task<int> Run(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new TrainingOptions
        {
            Cell = parsed.GetValue(_cell) == "gru" ? CellKind.Gru : CellKind.Lstm,
            HiddenCount = parsed.GetValue(_hidden),
            EmbeddingCount = parsed.GetValue(_embedding),
            BatchSize = parsed.GetValue(_batch),
            TruncateSteps = parsed.GetValue(_truncate),
            KeepZeros = parsed.GetValue(_keepZeros),
            Seed = parsed.GetValue(_seed),
            Threads = parsed.GetValue(_threads),
        };
        if (parsed.GetRequiredValue(_decoder) is var decoder and not Off)
        {
            return new WriterTrainingRun
            {
                DataPath = parsed.GetRequiredValue(_data),
                TestLinesPath = parsed.GetValue(_testLines),
                OutputPath = parsed.GetRequiredValue(_output),
                Options = options with { Epochs = parsed.GetValue(_epochs), LearningRate = parsed.GetValue(_rate) },
                Attention = WriterTrainingRun.Decoders[decoder],
                BeamWidth = parsed.GetValue(_beam),
            }.Run(parsed.GetValue(_json), cancellation);
        }
        string qat = parsed.GetRequiredValue(_qat);
        string? answer = parsed.GetValue(_answer);
        return new TrainingRun
        {
            DataPath = parsed.GetRequiredValue(_data),
            TestLinesPath = parsed.GetValue(_testLines),
            FromPath = parsed.GetValue(_from),
            OutputPath = parsed.GetRequiredValue(_output),
            Options = options,
            Epochs = parsed.GetResult(_epochs) is { Implicit: false } ? parsed.GetValue(_epochs) : null,
            LearningRate = parsed.GetResult(_rate) is { Implicit: false } ? parsed.GetValue(_rate) : null,
            Answer = answer == null ? null : s_answers[answer],
            Units = AnswerOptions.Words(parsed.GetValue(_unit)),
            NormalClasses = _labels.Normal(parsed),
            Quantile = parsed.GetValue(_quantile),
            Forecast = _labels.Forecast(parsed),
            WeightBits = qat == FloatOnly ? null : int.Parse(qat, CultureInfo.InvariantCulture),
        }.Run(parsed.GetValue(_json), cancellation);
    }
}
