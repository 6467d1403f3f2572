// The options of verbs that compare a model with a data set: what its labels mean for answers other than one class.

using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;

namespace Crime.Cli.Verbs;

/// <summary>The options that make answers of a data set.</summary>
internal sealed class AnswerOptions
{
    private readonly Option<string?> _normal = new("--normal")
    {
        Description = "For anomalies: the normal classes of the data, as in idle,walk; without it the class 'normal'.",
    };

    private readonly Option<int?> _forecast = Options.OptionalNumber(
        "--forecast", "For values: the value of a channel so many timesteps after the end of the input.", 1, ForecastTarget.MostSteps);

    private readonly Option<int> _channel = Options.Number("--channel", "With --forecast: zero-based number of the channel.", 0, 0, ModelFormat.MaxInputs - 1);

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> All => [_normal, _forecast, _channel];

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_channel) is { Implicit: false } && result.GetResult(_forecast) == null)
                result.AddError("--channel needs --forecast: it names the channel that is forecast");
        });
    }

    /// <summary>Returns the normal classes; empty where none are given.</summary>
    public IReadOnlyList<string> Normal(ParseResult parsed) => Words(parsed.GetValue(_normal));

    /// <summary>Returns the forecast; null where none is asked for.</summary>
    public ForecastTarget? Forecast(ParseResult parsed) => parsed.GetValue(_forecast) is { } steps ? new ForecastTarget(steps, parsed.GetValue(_channel)) : null;

    /// <summary>Loads a data set and makes its answers.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">Folder of the data set.</param>
    /// <param name="testLinesPath">For text: file with the line numbers of the test part; null without one.</param>
    /// <param name="model">The model to compare with them.</param>
    /// <exception cref="UserInputException">There is no data set, it is malformed, cannot be forecast, or has other answers than the model.</exception>
    public TestAnswers Read(ParseResult parsed, string path, string? testLinesPath, ModelFile model)
    {
        Dataset data = DatasetFolder.LoadAny(path, testLinesPath);
        if (Forecast(parsed) is { } forecast) data = forecast.Apply(data);
        var answers = new TestAnswers(data) { NormalClasses = Normal(parsed) };
        new ModelInput(model).CheckFits(data);
        if (answers.ProblemWith(model) is { } problem) throw new UserInputException(problem);
        LoadedData.Report(path, data);
        return answers;
    }

    /// <summary>Returns the words of a list that commas separate; empty for null.</summary>
    public static IReadOnlyList<string> Words(string? list) => list == null ? [] : list.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>Returns the numbers of a list that commas separate; empty for null.</summary>
    /// <param name="list">The list.</param>
    /// <param name="option">Name of the option, for the message.</param>
    /// <exception cref="UserInputException">It holds something else.</exception>
    public static IReadOnlyList<float> Numbers(string? list, string option) => [.. Words(list).Select(word =>
        float.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && float.IsFinite(number)
            ? number : throw new UserInputException($"{option} takes numbers with commas between them; '{word}' is none"))];
}
