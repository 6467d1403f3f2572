// What crime convert says: every choice, what is left of the weights, what was cut off, and what it costs in accuracy.

using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Crime.Cli.Outputs;
using Crime.Model;
using Crime.Modelling.Conversions;
using Crime.Modelling.Datasets;
using Crime.Modelling.Evaluation;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using Crime.Modelling.Limits;
using Crime.Modelling.Quantisation;
using Crime.Modelling.Ranges;
using Spectre.Console;

namespace Crime.Cli.Verbs;

/// <summary>The report of a conversion.</summary>
/// <param name="imported">The network that was read.</param>
/// <param name="conversion">What was made.</param>
/// <param name="before">Accuracy without narrow weights and pruning; null when there were neither, or no data.</param>
/// <param name="path">The file that was written.</param>
/// <param name="check">The comparison with the original; null for none.</param>
internal sealed class ConvertReport(ImportedModel imported, Conversion conversion, EvaluationResult? before, string path, CheckResult? check)
{
    private readonly ModelFile _model = conversion.Model;
    private readonly Calibration _calibration = conversion.Calibration;
    private readonly RequestLimits _limits = RequestLimits.Of(conversion.Model);

    /// <summary>Longest input of the data in timesteps; 0 without data.</summary>
    public required int LongestInput { get; init; }

    /// <summary>The reason why the answers of the data set show nothing; null where they were compared, and without data.</summary>
    public required string? Uncompared { get; init; }

    /// <summary>Instructions of the cell states of 32 bits; null without them.</summary>
    public required CellCost? CellCost { get; init; }

    private string? Requests => _limits.Describe(LongestInput, _model.HasFixedPoint);

    public void WriteJson(Dataset? data) => Output.WriteJson(new
    {
        model = _model.Name,
        id = _model.Id.ToString("x8"),
        bytes = conversion.Bytes.Length,
        network = conversion.Trained.Describe(),
        inputs = _model.InputCount,
        classes = _model.Answer == AnswerKind.Sequence ? (int?)null : _model.ClassCount,
        output = _model.Answer == AnswerKind.Sequence ? WriterText.Json(_model) : null,
        vocabulary = _model.VocabularyCount,
        parameters = conversion.Trained.ParameterCount,
        head = imported.Head,
        head_assumed = imported.IsHeadAssumed,
        one_logit = imported.IsLogit,
        answer = AnswerText,
        values = Values(),
        threshold = _model.Answer == AnswerKind.Anomaly ? _model.Scale.Threshold : (float?)null,
        accuracy_obstacle = Uncompared,
        left_out_at_end = imported.Ends,
        check = check == null ? null : new { sequences = check.Sequences, max_difference = check.MaxDifference, end = check.End },
        calibration = _calibration.Source,
        percentile = conversion.Options.Percentile,
        max_input = _calibration.MaxInput,
        max_cell = _calibration.MaxCells,
        cell_margin = Calibration.CellMargin,
        longest_length = _calibration.LongestLength,
        input_format = Format(_model.InputFractionBits),
        boards = _model.HasFixedPoint,
        boards_obstacle = conversion.Trained.ObstacleForBoards,
        longest_request = _limits.LongestLength,
        requests = Requests,
        stored_weight_bits = conversion.Quantised?.WeightBits,
        pruned = conversion.Options.PruneFraction,
        logit_fraction_bits = conversion.Quantised?.LogitFractionBits,
        convolutions = conversion.Quantised?.Front.Select(layer => new
        {
            layer.Window.Size,
            layer.Window.Stride,
            layer.Window.Before,
            layer.Window.After,
            outputs = layer.Map?.OutputCount,
            function = layer.Map?.Function.ToString().ToLowerInvariant(),
            format = layer.Map == null ? null : Format(layer.Map.FractionBits),
            range = layer.Map == null ? (double?)null : Formats.RangeOf(layer.Map.FractionBits),
            layer.Seen,
        }),
        layers = conversion.Quantised?.Layers.Select(LayerJson),
        cell_cost = CellCost == null ? null : new
        {
            table_il_per_step = CellCost.Table,
            table_il_per_step_16 = CellCost.NarrowTable,
            compiled_il_per_step = CellCost.Compiled,
            compiled_il_per_step_16 = CellCost.NarrowCompiled,
        },
        accuracy = conversion.Accuracy,
        accuracy_before = before,
    }, data);

    private object LayerJson(QuantisedLayer layer, int index) => new
    {
        cell_format = layer.Shape.HasCellState ? FormatOfCell(layer) : null,
        cell_bits = conversion.CellFits[index]?.Bits,
        cell_range = conversion.CellFits[index]?.Range,
        cell_seen = conversion.CellFits[index]?.Seen,
        cell_margin = conversion.CellFits[index]?.Margin,
        cell_fits = conversion.CellFits[index]?.Fits,
        cell_reach = conversion.CellFits[index]?.Reach,
        row_fraction_bits_min = layer.RowFractionBits.Min(),
        row_fraction_bits_max = layer.RowFractionBits.Max(),
        weight_bits_min = layer.RowWeightBits.Min(),
        weight_bits_mean = layer.RowWeightBits.Average(),
        weight_bits_max = layer.RowWeightBits.Max(),
    };

    public void Print()
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("").AddColumn("");
        foreach (var (name, value) in Rows()) table.AddRow(new Text(name), new Text(value));
        AnsiConsole.Write(table);
    }

    private string Outputs => _model.Answer switch
    {
        AnswerKind.Values or AnswerKind.ValuesPerStep => _model.OutputCount == 1 ? "1 value" : $"{_model.OutputCount} values",
        AnswerKind.Anomaly => $"{_model.OutputCount} predictions",
        AnswerKind.Sequence => $"{_model.ClassCount} output tokens",
        _ => $"{_model.ClassCount} classes",
    };

    private string AnswerText => _model.Answer switch
    {
        AnswerKind.ClassPerStep => "one class per timestep",
        AnswerKind.Values => "values",
        AnswerKind.ValuesPerStep => "values per timestep",
        AnswerKind.Anomaly => "anomaly",
        AnswerKind.Sequence => "sequence",
        _ => "one class",
    };

    /// <summary>The values with their scales; empty for other answers.</summary>
    private object[] Values() => _model.Answer is not (AnswerKind.Values or AnswerKind.ValuesPerStep) ? [] : [.. _model.ClassNames.Select((name, i) => new
    {
        value = name, unit = _model.Scale.Unit(i), offset = _model.Scale.Offset(i), scale = _model.Scale.Factor(i),
    })];

    /// <summary>The answer in words, and the places that give it.</summary>
    private string DescribeAnswer()
    {
        string served = _model.Answer == AnswerKind.ValuesPerStep
            ? "no gateway serves it: no frame carries values of timesteps"
            : _model.HasFixedPoint ? "gateways serve it, and boards run it" : "gateways serve it; boards cannot run it";
        string UnitOf(int index) => _model.Scale.Unit(index).Length == 0 ? "" : $" in {_model.Scale.Unit(index)}";
        string text = _model.Answer switch
        {
            AnswerKind.Values or AnswerKind.ValuesPerStep => $"{AnswerText}: {string.Join(", ", _model.ClassNames.Select((name, i) => name + UnitOf(i)))}",
            AnswerKind.Anomaly => string.Create(
                CultureInfo.InvariantCulture, $"an anomaly when the mean squared error of prediction is above {_model.Scale.Threshold:0.####}, in standardised features"),
            _ => AnswerText,
        };
        return $"{text}; {served}";
    }

    private IEnumerable<(string Name, string Value)> Rows()
    {
        yield return ("model", $"{_model.Name} (id {_model.Id:x8})");
        yield return ("network", $"{_model.InputCount} {(_model.Input == InputKind.Tokens ? "embedding dimensions" : "features")}, "
            + $"{conversion.Trained.Describe()}, {Outputs}, {conversion.Trained.ParameterCount} parameters");
        yield return ("head", "sees " + imported.Head + (imported.IsHeadAssumed ? " (a state dict does not say; --head does)" : ""));
        if (_model.Answer == AnswerKind.Sequence) yield return ("answer", WriterText.Describe(_model));
        else if (_model.Answer != AnswerKind.Class) yield return ("answer", DescribeAnswer());
        if (imported.IsLogit) yield return ("classes", "two, from one output: 0 and the logit");
        if (imported.Ends.Count > 0) yield return ("left out at the end", $"{string.Join(", ", imported.Ends)}: the largest value stays the largest");
        if (check != null)
            yield return ("checked", string.Create(
                CultureInfo.InvariantCulture, $"equal to the original on {check.Sequences} sequences, largest difference {check.MaxDifference:0.0e0}")
                + (check.End == null ? "" : $", after {check.End}"));
        if (conversion.Trained.ObstacleForBoards is { } obstacle) yield return ("boards", $"cannot run it and send every input away: {obstacle}");
        if (Requests is { } requests) yield return ("requests", requests);
        yield return ("calibrated with", string.Create(CultureInfo.InvariantCulture, $"{_calibration.Source}: inputs up to {_calibration.MaxInput:0.00}")
            + (_model.Layers.Any(layer => layer.HasCellState) ? $", cell states up to {PerLayer(_calibration.MaxCells, "0.00")}" : ""));
        yield return ("inputs", Format(_model.InputFractionBits) + (_calibration.IsDefault && _model.Input == InputKind.Features
            ? string.Create(CultureInfo.InvariantCulture, $", a default: inputs beyond {Formats.RangeOf(_model.InputFractionBits)} are cut off (--calibrate)") : ""));
        if (conversion.Quantised is { } quantised)
            foreach (var row in Rows(quantised)) yield return row;
        if (Uncompared != null) yield return ("accuracy", $"not measured: {Uncompared}");
        if (before != null) yield return ("accuracy before", EvaluationText.Line(before));
        if (conversion.Accuracy is { } accuracy)
        {
            yield return (before != null ? "accuracy now" : "accuracy", EvaluationText.Line(accuracy));
            string? inputs = EvaluationText.CutOffInputs(accuracy) is { } count ? $"inputs: {count}" : null;
            if (accuracy.GateSaturations != null)
                yield return ("cut off in the test", (inputs == null ? "" : inputs + "; ") + $"cell states: {accuracy.CellSaturations}; "
                    + $"gate inputs beyond the table: {accuracy.GateSaturations} (harmless one by one) in {accuracy.Timesteps} steps");
            else if (inputs != null) yield return ("cut off in the test", inputs);
        }
        yield return ("written", $"{path}, {conversion.Bytes.Length} bytes");
    }

    private IEnumerable<(string Name, string Value)> Rows(QuantisedModel quantised)
    {
        foreach (QuantisedConvolution layer in quantised.Front) yield return ("convolution", Describe(layer));
        for (int index = 0; index < quantised.Layers.Count; index++)
        {
            QuantisedLayer layer = quantised.Layers[index];
            string name = quantised.Layers.Count > 1 ? $"layer {index}" : "layer";
            string cell = conversion.CellFits[index] is { } fit ? $"cell state {FormatOfCell(layer)} of {fit.Bits} bits{Describe(fit)}; " : "";
            yield return (name, cell + string.Create(
                CultureInfo.InvariantCulture,
                $"rows of {layer.RowFractionBits.Min()} to {layer.RowFractionBits.Max()} fraction bits, largest weights of "
                + $"{layer.RowWeightBits.Min()} to {layer.RowWeightBits.Max()} bits, {layer.RowWeightBits.Average():0.0} on average"));
        }
        if (CellCost is { } cost) yield return ("cell states of 32 bits", Describe(cost));
        yield return ("logits", $"{quantised.LogitFractionBits} fraction bits");
        if (!conversion.Options.IsPlain)
            yield return ("weights", string.Create(
                CultureInfo.InvariantCulture, $"stored in {quantised.WeightBits} bits, {100 * conversion.Options.PruneFraction:0.#} % of the pairs pruned"));
    }

    private static string Describe(QuantisedConvolution layer)
    {
        string window = $"{layer.Window.Size} timestep{(layer.Window.Size == 1 ? "" : "s")}, stride {layer.Window.Stride}, "
            + $"zeros {layer.Window.Before} before and {layer.Window.After} after";
        if (layer.Map is not { } map) return window + ", no weights";
        string function = map.Function == DenseFunction.None ? "" : $" {map.Function.ToString().ToLowerInvariant()}";
        string seen = layer.Seen is { } largest ? string.Create(CultureInfo.InvariantCulture, $"seen up to {largest:0.##}") : "holds every input";
        return $"{window}, {map.OutputCount} outputs{function}, {Format(map.FractionBits)} ({seen})";
    }

    /// <summary>Returns the margin of a cell format, or what it cuts off.</summary>
    private string Describe(CellFit fit)
    {
        string seen = string.Create(CultureInfo.InvariantCulture, $"seen up to {fit.Seen:0.#}")
            + (conversion.Options.Percentile < 100 ? ", of which --percentile leaves a part out" : "");
        return fit switch
        {
            { Fits: false } => string.Create(CultureInfo.InvariantCulture, $" does not fit: states beyond {fit.Range} are cut off ({seen}); --cell-bits 32 holds them"),
            { Margin: { } margin } => string.Create(CultureInfo.InvariantCulture, $" (margin {margin:0.00})"),
            { Seen: not null } => " (no state but 0 was seen)",
            { IsWide: true } => " (holds every state)",
            { IsGuess: true } => string.Create(
                CultureInfo.InvariantCulture,
                $", a guess: states beyond {fit.Range} are cut off, and constant inputs reach {fit.Reach:0.#} in {CellProbe.Steps} timesteps "
                + $"(--calibrate, or --cell-bits 32)"),
            _ => string.Create(CultureInfo.InvariantCulture, $", a default: states beyond {fit.Range} are cut off (--calibrate)"),
        };
    }

    private static string Describe(CellCost cost)
    {
        static string Both(double wide, double narrow) =>
            string.Create(CultureInfo.InvariantCulture, $"{wide:0} IL instructions per timestep, {narrow:0} with 16 bits (+{100 * (wide / narrow - 1):0.0} %)");
        return "table-driven kernel: " + Both(cost.Table, cost.NarrowTable)
            + (cost is { Compiled: { } compiled, NarrowCompiled: { } narrow } ? "; compiled: " + Both(compiled, narrow) : "");
    }

    private static string PerLayer(IEnumerable<float> values, string format) =>
        string.Join(" and ", values.Select(value => value.ToString(format, CultureInfo.InvariantCulture)));

    private static string FormatOfCell(QuantisedLayer layer) => Formats.NameOfCell(layer.CellFractionBits, layer.IsWideCell);

    private static string Format(int fractionBits) => Formats.NameOf(fractionBits);
}
